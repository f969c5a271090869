"""Why a place of a request is not valid, in the caller's language: pydantic speaks English only."""

import re
from collections.abc import Mapping
from typing import Any

from services.shared.errors import Locale, Worded

_ZH: Mapping[str, str] = {
    "missing": "此项必填",
    "extra_forbidden": "没有这个字段",
    "json_invalid": "不是有效的 JSON",
    "json_type": "须为 JSON",
    "model_type": "须为对象",
    "model_attributes_type": "须为对象",
    "dict_type": "须为对象",
    "mapping_type": "须为对象",
    "list_type": "须为数组",
    "tuple_type": "须为数组",
    "too_long": "最多 {max_length} 项",
    "too_short": "至少 {min_length} 项",
    "string_type": "须为字符串",
    "string_unicode": "须为有效的 Unicode 字符串",
    "string_too_short": "至少 {min_length} 个字符",
    "string_too_long": "最多 {max_length} 个字符",
    "string_pattern_mismatch": "不符合规定的格式，或含有不允许的字符",
    "string_sub_type": "须为字符串",
    "uuid_parsing": "不是有效的 UUID",
    "uuid_type": "须为 UUID",
    "enum": "须为以下之一：{expected}",
    "literal_error": "须为以下之一：{expected}",
    "bool_type": "须为 true 或 false",
    "bool_parsing": "须为 true 或 false",
    "int_type": "须为整数",
    "int_parsing": "须为整数",
    "int_parsing_size": "整数过大",
    "int_from_float": "须为整数",
    "float_type": "须为数字",
    "float_parsing": "须为数字",
    "finite_number": "须为有限的数字",
    "greater_than": "须大于 {gt}",
    "greater_than_equal": "须不小于 {ge}",
    "less_than": "须小于 {lt}",
    "less_than_equal": "须不大于 {le}",
    "decimal_type": "须为十进制数",
    "decimal_parsing": "须为十进制数",
    "decimal_max_digits": "总共最多 {max_digits} 位数字",
    "decimal_max_places": "最多 {decimal_places} 位小数",
    "decimal_whole_digits": "最多 {whole_digits} 位整数",
    "datetime_type": "须为时刻",
    "datetime_parsing": "不是有效的时刻",
    "datetime_from_date_parsing": "不是有效的时刻",
    "datetime_object_invalid": "不是有效的时刻",
    "timezone_aware": "须带时区，例如 2025-03-03T10:00:00+08:00",
    "date_type": "须为日期",
    "date_parsing": "不是有效的日期",
    "date_from_datetime_parsing": "不是有效的日期",
    "date_from_datetime_inexact": "须为日期，不带时刻",
    "not_iso_8601": "须写成 {form} 的形式",
    "instant_out_of_range": "须为 1900 年至 2099 年之间的时刻",
    "negative_amount": "不能为负数",
}


_OR = re.compile(r"(?<='), (?=')|(?<=') or (?=')")
"""Between the values that pydantic lists."""


def why_invalid(place: Mapping[str, Any], locale: Locale) -> str:
    """Return why one of pydantic's errors is one; in Chinese, one without words of its own names its type."""
    facts = dict(place.get("ctx", {}))
    reason = getattr(facts.get("error"), "reason", None)
    if isinstance(reason, Worded):
        return reason.message(locale)
    if locale == "en":
        return str(place["msg"])
    words = _ZH.get(place["type"], "此处的值无效（{type}）")
    if "expected" in facts:
        facts["expected"] = _OR.sub("、", facts["expected"])
    return words.format(**{**facts, "type": place["type"]})
