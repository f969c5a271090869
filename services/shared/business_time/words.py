"""Durations in the words of a sentence: `14d + 2wd` is 14天再加2个工作日, as a rhythm `2w` is 每两周一次."""

from contracts.text import Text
from services.shared.business_time.duration import Duration, Unit

_UNITS = {
    Unit.MIN: ("分钟", "minute"),
    Unit.H: ("小时", "hour"),
    Unit.D: ("天", "day"),
    Unit.W: ("周", "week"),
    Unit.MO: ("个月", "month"),
    Unit.Q: ("个季度", "quarter"),
    Unit.WH: ("个工作小时", "working hour"),
    Unit.WD: ("个工作日", "working day"),
}
_SINGLE = {Unit.MO: "月", Unit.Q: "季度"}
"""Units that have no measure word after 每."""


def in_words(duration: Duration) -> Text:
    """Return a duration as people say it; a negative one is so long before."""
    if not duration.terms:
        return Text(zh="当时", en="at once")
    terms = [_term(amount, unit) for amount, unit in duration.terms]
    if all(amount < 0 for amount, _ in duration.terms):
        zh, en = "又".join(term.zh for term in terms), " and ".join(term.en for term in terms)
        return Text(zh=f"提前{zh}", en=f"{en} before")
    later = continued(Duration(duration.terms[1:]))
    early_zh, early_en = ("提前", " before") if duration.terms[0][0] < 0 else ("", "")
    return Text(zh=f"{early_zh}{terms[0].zh}{later.zh}", en=f"{terms[0].en}{early_en}{later.en}")


def continued(duration: Duration) -> Text:
    """Return what is added to a length that was named before: 再加3个工作日."""
    zh = en = ""
    for amount, unit in duration.terms:
        term = _term(amount, unit)
        zh += f"{'再减' if amount < 0 else '再加'}{term.zh}"
        en += f" {'less' if amount < 0 else 'and'} {term.en}"
    return Text(zh=zh, en=en)


def as_rhythm(duration: Duration) -> Text:
    """Return how often something comes when it comes again after each such duration."""
    if len(duration.terms) != 1 or duration.terms[0][0] < 0:
        words = in_words(duration)
        return Text(zh=f"每隔{words.zh}一次", en=f"every {words.en}") if duration.terms else words
    amount, unit = duration.terms[0]
    zh, en = _UNITS[unit]
    if amount == 1:
        article = "an" if unit is Unit.H else "a"
        return Text(zh=f"每{_SINGLE.get(unit, zh)}一次", en=f"once {article} {en}")
    if amount == 2:  # noqa: PLR2004 - two has a word of its own
        return Text(zh=f"每两{zh}一次", en=f"every two {en}s")
    return Text(zh=f"每{amount}{zh}一次", en=f"every {amount} {en}s")


def as_steps(duration: Duration) -> Text:
    """Return the terms as they are added and taken away: `+ 14天 + 2个工作日`."""
    steps = [("-" if amount < 0 else "+", _term(amount, unit)) for amount, unit in duration.terms]
    if not steps:
        return Text(zh="+ 0", en="+ 0")
    return Text(
        zh=" ".join(f"{sign} {term.zh}" for sign, term in steps),
        en=" ".join(f"{sign} {term.en}" for sign, term in steps),
    )


def _term(amount: int, unit: Unit) -> Text:
    zh, en = _UNITS[unit]
    number = abs(amount)
    return Text(zh=f"{number}{zh}", en=f"{number} {en}{'' if number == 1 else 's'}")
