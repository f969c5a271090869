"""What an unknown word was probably meant to be: a near name, a label, a full-width sign, another unit."""

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches
from typing import Final

from contracts.text import Text

_INVISIBLE: Final = re.compile("[\u200b-\u200f\u2060\ufeff]")
_AROUND: Final = "“”‘’\"' "
# Names that people use for what the vocabulary of rules names otherwise; each counts only where it is known.
_COMMON: Final = {
    "true": ("是", "对", "真", "有", "yes", "y", "on", "1"),
    "false": ("否", "不", "不是", "假", "无", "没有", "no", "n", "off", "0"),
    "manager": ("经理", "主管", "上级"),
    "director": ("总监",),
    "lead": ("组长", "负责人"),
    "owner": ("负责人", "跟进人", "本人"),
    "deputy": ("代理人", "副手"),
    "high": ("高",),
    "mid": ("中", "medium", "middle"),
    "low": ("低",),
    "customer": ("客户",),
    "opportunity": ("商机",),
    "plan": ("计划", "跟进计划"),
    "normal": ("普通", "一般"),
    "warning": ("警告", "提醒", "warn"),
    "breach": ("违规", "超时", "严重"),
    "duration": ("时长",),
    "money": ("金额",),
    "number": ("数字", "数量"),
    "bool": ("是否", "boolean"),
    "unique": ("唯一",),
    "first": ("第一个",),
    "priority": ("优先",),
    "null": ("空", "none"),
}
_SIGNS: Final = (
    ("、", ", "),
    ("=>", ">="),
    ("=<", "<="),
    ("≥", ">="),
    ("≤", "<="),
    ("≧", ">="),
    ("≦", "<="),
    ("==", "="),
    ("－", "-"),
    ("—", "-"),
    ("–", "-"),
    ("−", "-"),
    ("【", "["),
    ("】", "]"),
)
_UNITS: Final = (
    (r"(?:个)?工作日|business days?|working days?", "wd"),
    (r"(?:个)?工作小时|(?:个)?工时|working hours?", "wh"),
    (r"(?:个)?小时|hours?|hrs?", "h"),
    (r"分钟|分|minutes?|mins?", "min"),
    (r"天|日|days?", "d"),
    (r"周|(?:个)?星期|weeks?", "w"),
    (r"(?:个)?月|months?|mon", "mo"),
    (r"(?:个)?季度|quarters?", "q"),
)
_LOOSE_UNIT: Final = re.compile(r"(?<=[0-9]) (?=[百千万亿])")
_THOUSANDS: Final = re.compile(r"(?<=[0-9]), ?(?=[0-9]{3}(?![0-9]))")


def likely(name: str, known: Iterable[str], labels: Mapping[str, Text | None]) -> str | None:
    """Return the known name that was meant, or a list of known names; None when nothing is near."""
    words = {word.casefold(): word for word in known}
    plain = half_width(name).strip(_AROUND).casefold()
    return words.get(plain) or _listed(plain, words) or _by_label(plain, words, labels) or _near(plain, words)


def _listed(plain: str, words: Mapping[str, str]) -> str | None:
    parts = [part.strip() for part in re.split(r"[,、|/;]|\s或\s|\sor\s", plain.strip("[]"))]
    if len(parts) > 1 and all(part in words for part in parts):
        return f"[{', '.join(words[part] for part in parts)}]"
    return None


def _by_label(plain: str, words: Mapping[str, str], labels: Mapping[str, Text | None]) -> str | None:
    named = {word: label for word, label in labels.items() if label}
    for word, label in named.items():
        if plain in {label.zh.casefold(), label.en.casefold()}:
            return word
    for word, others in _COMMON.items():
        if plain in others and word in words:
            return words[word]
    parts = [word for word, label in named.items() if plain and (plain in label.zh or label.zh in plain)]
    return parts[0] if len(parts) == 1 else None


def _near(plain: str, words: Mapping[str, str]) -> str | None:
    near = get_close_matches(plain, words, n=1, cutoff=0.6)
    return words[near[0]] if near else None


def without_invisible(written: str) -> str:
    """Return a text without the characters that have no width."""
    return _INVISIBLE.sub("", written)


def half_width(written: str) -> str:
    """Return a text with the signs of the Latin keyboard: `５０万` as `50万`, `≥` as `>=`."""
    plain = unicodedata.normalize("NFKC", without_invisible(written).replace("，", ", "))
    for sign, meant in _SIGNS:
        plain = plain.replace(sign, meant)
    return " ".join(plain.split())


def corrected(written: str, reads: Callable[[str], bool]) -> str | None:
    """Return the first correction of a text that can be read: of its signs, its numbers or its units."""
    plain = half_width(written).strip(_AROUND)
    whole = _LOOSE_UNIT.sub("", _THOUSANDS.sub("", plain))
    candidates = [
        *(plain, with_units(plain), whole, with_units(whole)),
        *(f"= {whole}", f"has {plain}"),
        re.sub(r"^>=? *", "older than ", with_units(plain)),
        re.sub(r"^<=? *", "within last ", with_units(plain)),
    ]
    return next((each for each in candidates if each != written and reads(each)), None)


def with_units(written: str) -> str:
    """Return a duration with the units that rules use: `2周` as `2w`, `3 个工作日` as `3wd`."""
    for words, unit in _UNITS:
        written = re.sub(rf"([0-9]+) *(?:{words})(?![A-Za-z0-9])", rf"\g<1>{unit}", written)
    return re.sub(r"([0-9]+) *年", lambda found: f"{int(found[1]) * 12}mo", written)
