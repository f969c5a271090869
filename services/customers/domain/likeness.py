"""When two names are likely to be of one company: a key without what people write in different ways."""

import re
from collections.abc import Callable, Collection, Mapping

from opencc import OpenCC

from contracts.vocabulary import Difference
from services.shared.imports.text import normalise_name

_TO_SIMPLIFIED = OpenCC("t2s")
_PROVINCES = (
    "北京|天津|上海|重庆|河北|山西|辽宁|吉林|黑龙江|江苏|浙江|安徽|福建|江西|山东|河南|湖北|湖南|广东|海南|"
    "四川|贵州|云南|陕西|甘肃|青海|台湾|内蒙古|广西|西藏|宁夏|新疆|香港|澳门"
)
_OF_PROVINCE = "省|市|(?:壮族|回族|维吾尔)?自治区|特别行政区"
_CITY = "[\u4e00-\u9fff]{2,3}?(?<![城超都门夜股上集])市(?![场政])"
"""A city with its 市, which is none in 城市, 超市, 市场 and the like."""
_PROVINCE_OF_CITY = re.compile(f"^(?:{_PROVINCES})(?:{_OF_PROVINCE})?(?={_CITY})")
_PROVINCE = re.compile(f"^({_PROVINCES})(?:{_OF_PROVINCE})")
_NAMED_CITY = re.compile(f"^(?={_CITY})([^市]+)市")
_COUNTRY = re.compile("(?<=.)中国|(?<=.) ?\\bchina\\b")
_CHINESE_FORM = re.compile("(?:(?:股份|有限|责任)*(?<![分子])公司|股份)$")
_FOREIGN_FORM = re.compile(
    r"(?:\s*\b(?:co|company|corp|corporation|inc|incorporated|ltd|limited|llc|llp|plc|gmbh|ag|sa|srl|bv|nv"
    r"|pte|pty))+\s*$"
)


def _without_legal_form(name: str) -> str:
    bare = re.sub(r"[^\w()]+", " ", name.replace(".", ""))
    stripped = _CHINESE_FORM.sub("", _FOREIGN_FORM.sub("", bare))
    return re.sub(r"\s+", "", stripped) or name


def _without_brackets(name: str) -> str:
    return _COUNTRY.sub("", normalise_name(re.sub("[()]", " ", name)))


def _without_administration(name: str) -> str:
    return _NAMED_CITY.sub(r"\1", _PROVINCE.sub(r"\1", _PROVINCE_OF_CITY.sub("", name)))


_STEPS: Mapping[Difference, Callable[[str], str]] = {
    Difference.SCRIPT: _TO_SIMPLIFIED.convert,
    Difference.BRACKETS: _without_brackets,
    Difference.LEGAL_FORM: _without_legal_form,
    Difference.PLACE: _without_administration,
}
"""What beside style does not count between names, in the order in which it is taken away."""


def likeness_key(name: str) -> str:
    """Return what is left of a full name without its style, script, brackets, legal form and 省 or 市."""
    return _without(name, _STEPS)


def differences(names: Collection[str]) -> tuple[Difference, ...]:
    """Return in what the names of one likeness key differ; empty when they are the same."""
    if len({normalise_name(name) for name in names}) == 1:
        return (Difference.STYLE,) if len(set(names)) > 1 else ()
    return tuple(
        left for left in _STEPS if len({_without(name, _STEPS.keys() - {left}) for name in names}) > 1
    )


def _without(name: str, taken: Collection[Difference]) -> str:
    """Return a name in one style, without these differences."""
    name = normalise_name(name)
    for difference, step in _STEPS.items():
        if difference in taken:
            name = step(name)
    return name
