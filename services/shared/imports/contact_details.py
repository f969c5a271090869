"""Telephone numbers and e-mail addresses, each in one form however it is written."""

import re

import phonenumbers
from email_validator import EmailNotValidError, validate_email
from phonenumbers import PhoneNumber, PhoneNumberFormat, PhoneNumberType
from phonenumbers.shortnumberinfo import is_possible_short_number_for_region

from services.shared.imports.cells import CellError
from services.shared.imports.text import plain

_REGION = "CN"
"""Where a number without a country code is dialled (A14: one organisation, one country)."""
_LABEL = re.compile(
    r"(?:联系电话|联系方式|电子邮箱|电话|手机号?|座机|邮箱|邮件|tel|phone|mobile|e-?mail)\s*:\s*",
    re.IGNORECASE,
)
_SEVERAL = re.compile(
    r"[;；,，、|｜\n]|(?<=\d{7})\s*/\s*(?=[+(]?\d{3})|(?<=\d{11})\s+(?=1\d{10})|(?<=\w)\s*/\s*(?=\S+@)"
)
_MASKED = re.compile(r"[\d\s()+*-]+|[^\s@]+@[^\s@]+", re.ASCII)
_MOST_LEFT_VISIBLE = 9
"""Of a masked telephone number; with more digits it is a number with an asterisk."""
_WRITTEN = re.compile(
    r"(?P<number>[+(]*\d[\d\s()./-]*)(?:(?:转|分机|ext\.?|x|#)\s*(?P<extension>\d{1,6}))?", re.ASCII
)
_DASHES = str.maketrans("‐‑‒–—―", "------")
_MOBILE = re.compile(r"1[3-9]\d{7,}", re.ASCII)
_MOBILE_DIGITS = 11
_BY_THE_MINUTE = {PhoneNumberType.TOLL_FREE, PhoneNumberType.SHARED_COST}


def parts_of(text: str) -> list[str]:
    """The numbers or addresses that a cell lists, without masked ones; the cell itself if it is one."""
    parts = [part.strip() for part in _SEVERAL.split(text)]
    return [part for part in parts if part and not is_masked(part)] or [text]


def is_masked(text: str) -> bool:
    """Whether a number or an address was made unreadable on purpose: `电话:*`, `138****0000` (D4, R181)."""
    bare = _unlabelled(text)
    if "*" not in bare or not _MASKED.fullmatch(bare):
        return False
    return "@" in bare or sum(map(str.isdigit, bare)) <= _MOST_LEFT_VISIBLE


def to_phone(text: str) -> str:
    """A telephone number as it is dialled in China: `13800138000`, `021-55556666`, `021-55556666转12`.

    One of another country has its code: `+1 650-253-0000`. A number that is read again stays as it is.
    Raises CellError.
    """
    written = _WRITTEN.fullmatch(_unlabelled(text).casefold().translate(_DASHES))
    if written is None:
        raise _no_phone()
    number = _parsed(written["number"])
    if not (phonenumbers.is_possible_number(number) or is_possible_short_number_for_region(number, _REGION)):
        raise _no_phone()
    dialled = _dialled(number, written["number"])
    if _parsed(dialled) != number:
        raise _no_phone()
    return f"{dialled}转{written['extension']}" if written["extension"] else dialled


def _parsed(text: str) -> PhoneNumber:
    try:
        return phonenumbers.parse(text, _REGION)
    except phonenumbers.NumberParseException:
        raise _no_phone() from None


def _dialled(number: PhoneNumber, written: str) -> str:
    if phonenumbers.region_code_for_country_code(number.country_code or 0) != _REGION:
        return phonenumbers.format_number(number, PhoneNumberFormat.INTERNATIONAL)
    digits = phonenumbers.national_significant_number(number)
    if _MOBILE.fullmatch(digits) and len(digits) != _MOBILE_DIGITS:
        raise _no_phone()
    if area := phonenumbers.length_of_geographical_area_code(number):
        return f"0{digits[:area]}-{digits[area:]}"
    if phonenumbers.number_type(number) in _BY_THE_MINUTE:
        return phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL).replace(" ", "-")
    # A number of a range that is not known keeps its area code, if it has one.
    return digits if phonenumbers.is_valid_number(number) else _tidied(written)


def _tidied(written: str) -> str:
    return re.sub(r"-+", "-", re.sub(r"[\s.(/]", "", written).replace(")", "-")).strip("-")


def to_email(text: str) -> str:
    """An e-mail address, its domain in lower case; raises CellError. No name server is asked."""
    try:
        return validate_email(_unlabelled(text), check_deliverability=False).normalized
    except EmailNotValidError:
        raise CellError(zh="不是有效的邮箱地址", en="This is not a valid e-mail address") from None


def _unlabelled(text: str) -> str:
    return _LABEL.sub("", plain(text))


def _no_phone() -> CellError:
    return CellError(zh="不是有效的电话号码", en="This is not a valid telephone number")
