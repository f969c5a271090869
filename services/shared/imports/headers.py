"""What a header names: stars, "mandatory", hints of form and units in brackets are no part of it."""

import re
from functools import lru_cache

from services.shared.imports.text import normalise_label, plain

_BRACKETS = re.compile(r"[(\[【〔{「](?P<inside>[^()\[\]【】〔〕{}「」]*)[)\]】〕}」]")
_HINT = re.compile(
    r"必填|必须|必选|选填|可选|格式|示例|例如|样例|^例|^如|填写|请|单位|required|optional|mandatory|format|e\.g"
    r"|^[\dymdhs年月日时分秒/.:\- ]+$",
)
_UNIT = re.compile(
    r"(?:单位:?)?(?P<unit>(?:[百千万亿]|十万|百万|千万|十亿)?(?:元|圆|人民币元?|rmb|cny|美元|usd|欧元|eur|港元|hkd)?)"
)


@lru_cache(4096)
def header_label(text: str) -> str:
    """The form in which headers are compared: as labels, without marks, hints and units."""
    bare = _BRACKETS.sub(_kept, plain(text).casefold())
    return normalise_label(bare.strip(" *※:")) or normalise_label(text)


@lru_cache(4096)
def header_unit(text: str) -> str | None:
    """The unit that a header gives for bare amounts, such as `万元` in `年营收(万元)`."""
    for bracket in _BRACKETS.finditer(plain(text).casefold()):
        unit = _UNIT.fullmatch(bracket["inside"].replace(" ", ""))
        if unit and unit["unit"]:
            return unit["unit"]
    return None


def _kept(bracket: re.Match[str]) -> str:
    """What stays of a bracket: all of it, unless it is a hint or a unit."""
    inside = bracket["inside"].strip()
    is_no_name = not inside or _HINT.search(inside) or _UNIT.fullmatch(inside.replace(" ", ""))
    return "" if is_no_name else bracket[0]
