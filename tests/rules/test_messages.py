"""The words of what is reported about rule files: plain in both languages, with examples that can be used."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from contracts.text import Problem, Text
from services.rules.ruleset.definition import Field, FieldType
from services.rules.ruleset.loader.cells import examples, read_test
from services.rules.ruleset.loader.nodes import MapNode, read_documents
from services.rules.ruleset.problems import Findings
from services.shared.business_time import BadDurationError, CalendarDefinition, Duration
from tests.rule_files import load_files
from tests.rules.test_bad_files import BAD, BASE, read

HERE = Path(__file__).parent
_HAN = "一-鿿"
# What a Chinese sentence may quote: names in “…”, examples in "…", {…}, […], file names, dates and signs.
_QUOTED = re.compile(r'“[^“”]*(?:“[^“”]*”[^“”]*)?”|"[^"]*"|\{[^{}]*\}|\[[^\[\]]*\)?|[\w.-]+\.yaml|[\w/]+/\w+')
_KEYS = {
    *("decision", "clock", "vocabulary", "otherwise", "task", "asks", "completes", "person", "priority"),
    *("path", "department", "manager", "department.product", "queue", "fallback", "owner", "assignee"),
    *("product",),
    *("latest_of", "first_of", "values", "absent", "null", "not", "or", "has", "true", "false", "number"),
    *("older", "than", "within", "last", "next", "YAML", "KB", "UTF-8", "zh", "en", "accept"),
}
_UNIT = re.compile(r"[0-9]+(?:min|mo|wh|wd|h|d|w|q)")
_VALUES = re.compile(
    r"（有 [^（）]*）|先由 .* 决定|（[^（）]*）会|互相依赖：[^（]*|这里应写 [a-z、]+ 之一|，可写 .*"
)
_FIELD = re.compile(r"^[a-z_]+：")


def problems() -> Iterator[Problem]:
    for path in BAD:
        yield from read(path)[1].problems


def foreign_words(sentence: str) -> set[str]:
    """Return the Latin words of a Chinese sentence that are no names, keys, values or units."""
    for quoted in (_FIELD, _QUOTED, _VALUES, _UNIT):
        sentence = quoted.sub("", sentence)
    words = re.findall(r"[A-Za-z][A-Za-z_.-]*", sentence)
    return {word for word in words if not {word, word.rstrip(".")} & _KEYS}


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.stem)
def test_no_english_stands_in_a_chinese_sentence(path: Path) -> None:
    for problem in read(path)[1].problems:
        assert foreign_words(problem.message.zh) == set(), problem.message.zh


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.stem)
def test_no_half_width_punctuation_stands_beside_chinese_characters(path: Path) -> None:
    for problem in read(path)[1].problems:
        plain = _QUOTED.sub("", problem.message.zh)
        assert not re.search(rf"[{_HAN}”）][,;:?!()]|[,;:?!()][{_HAN}“（]", plain), problem.message.zh


@pytest.mark.parametrize("language", ["zh", "en"])
def test_no_value_is_shown_as_python_writes_it(language: str) -> None:
    for problem in problems():
        words = getattr(problem.message, language)
        assert not re.search(r"'[^']*'(?!s)|\bTrue\b|\bFalse\b|\bNone\b|datetime|<[A-Z]\w+", words), words


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.stem)
def test_no_place_is_blamed_twice(path: Path) -> None:
    places = [(problem.line, problem.column) for problem in read(path)[1].problems]
    assert len(places) == len(set(places))


FIELDS = [
    Field("intent", FieldType.ENUM, values=("high", "mid", "low"), absent="未评估"),
    Field("once", FieldType.ENUM, values=("only",), absent="无"),
    Field("benchmark", FieldType.BOOL),
    Field("amount", FieldType.MONEY, absent="尚无", minimum=0),
    Field("staff", FieldType.NUMBER),
    Field("contact_at", FieldType.INSTANT, absent="从未联系", past=True),
    Field("end_at", FieldType.INSTANT),
    Field("tags", FieldType.TAGS),
    Field("owner_id", FieldType.ID, absent="无"),
]


@pytest.mark.parametrize(
    ("field", "example"),
    [(field, example) for field in FIELDS for example in examples(field)],
    ids=lambda each: getattr(each, "name", each),
)
def test_every_example_of_a_condition_can_be_copied_into_a_file(field: Field, example: str) -> None:
    documents, found = read_documents("x.yaml", f"if: {{{field.name}: {example}}}\n")
    assert (documents is not None, found) == (True, ())
    findings = Findings()
    for document in documents or ():
        assert isinstance(document, MapNode)
        condition = document.entries[0][1]
        assert isinstance(condition, MapNode)
        read_test(condition.entries[0][1], field, findings.about(None))
    assert findings.problems == []


def test_every_duration_that_a_refusal_names_is_one() -> None:
    with pytest.raises(BadDurationError) as refused:
        Duration.parse("soon")
    for example in re.split(r"、| 或 ", refused.value.message("zh").split("请写 ")[1].rstrip("。")):
        assert Duration.parse(example).terms


def test_every_example_of_a_calendar_can_be_used() -> None:
    calendar = CalendarDefinition.model_validate(
        {
            "timezone": "Asia/Shanghai",
            "working_weekdays": ["mon", "tue"],
            "working_hours": [{"from": "09:00", "to": "24:00"}],
            "extra_holidays": ["2027-10-01..2027-10-07", "2027-12-31"],
        }
    )
    assert calendar.timezone == "Asia/Shanghai"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("500,000", "500000"),
        ("５０万", "50万"),
        ("50 万", "50万"),
    ],
)
def test_a_number_is_suggested(written: str, meant: str) -> None:
    message = message_of(f'">= {written}"', Field("amount", FieldType.MONEY))
    assert f"是否应为“{meant}”？" in message.zh


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ('"≤ 50万"', "<= 50万"),
        ('"=< 50万"', "<= 50万"),
        ('"[50万，60万)"', "[50万, 60万)"),
        ("50万", "= 50万"),
    ],
)
def test_a_range_is_suggested(written: str, meant: str) -> None:
    assert f"did you mean “{meant}”?" in message_of(written, Field("amount", FieldType.MONEY)).en


@pytest.mark.parametrize(
    ("written", "meant"), [("是", "true"), ("on", "true"), ("否", "false"), ("0", "false"), ("TRUE", "true")]
)
def test_yes_and_no_are_true_and_false(written: str, meant: str) -> None:
    assert f"did you mean “{meant}”?" in message_of(written, Field("benchmark", FieldType.BOOL)).en


@pytest.mark.parametrize(
    ("written", "meant"),
    [("高", "high"), ("不高", None), ("high、mid", "[high, mid]"), ("“high”", "high"), ("高意向", "high")],
)
def test_a_value_is_suggested_for_its_label(written: str, meant: str | None) -> None:
    field = Field(
        "intent",
        FieldType.ENUM,
        values=("high", "mid", "low"),
        labels={"high": Text(zh="高意向", en="High"), "mid": Text(zh="中意向", en="Medium")},
    )
    message = message_of(written, field)
    assert (f"did you mean “{meant}”?" in message.en) == (meant is not None)


def message_of(written: str, field: Field) -> Text:
    """Return what is reported about a cell."""
    documents, _ = read_documents("x.yaml", f"if: {{{field.name}: {written}}}\n")
    assert documents is not None
    document = documents[0]
    assert isinstance(document, MapNode)
    condition = document.entries[0][1]
    assert isinstance(condition, MapNode)
    findings = Findings()
    read_test(condition.entries[0][1], field, findings.about(None))
    return findings.problems[0].message if findings.problems else Text(zh="读得懂。", en="It can be read.")


def test_a_large_file_with_a_slip_has_its_place() -> None:
    text = "".join(f"k{at}: {{zh: 甲，乙, en: a}}\n" for at in range(3000)) + "at：14d\nlast: x\n"
    _, found = read_documents("x.yaml", text)
    assert [(problem.line, problem.column) for problem in found] == [(3001, 3)]


def test_texts_comments_and_titles_keep_their_punctuation() -> None:
    text = '# 说明：“甲”，乙｛丙｝\ntitle: {zh: 甲：乙，“丙”（丁）, en: "“a”：b"}\nwords: 提醒：跟进\n'
    assert read_documents("x.yaml", text)[1] == ()


def test_tabs_after_the_text_of_a_line_are_harmless() -> None:
    documents, found = read_documents("x.yaml", "at: 14d\t\n \t\ndo: {}\n")
    assert (str(documents[0]) if documents else None, found) == ("{at: 14d, do: {}}", ())


def test_a_misspelt_key_is_not_missing_too() -> None:
    texts = {**BASE, "x.yaml": "clock: due\nsubject: customer\nstarts_at: last_contact_at\nladders: []\n"}
    found = [problem.message.en for problem in load_files(texts).problems]
    assert found == [
        "There is no key “ladders”; did you mean “ladder”?",
        "Write a list of rungs here.",
    ]


def test_a_decision_that_is_gone_is_not_reported_at_every_use() -> None:
    row = "  - {{id: r{0}, if: {{zzzz: A}}, then: {{result: yes_{0}}}}}\n"
    rows = "".join(row.format(at) for at in range(3))
    table = (
        "decision: table\nsubject: customer\nreturns: {result: [yes_0, yes_1, yes_2]}\nhit: first\nrows:\n"
    )
    found = load_files({**BASE, "x.yaml": f"{table}{rows}otherwise: {{result: yes_0}}\n"}).problems
    assert [problem.message.en for problem in found] == ["There is no field “zzzz” of customer."]


def test_a_key_that_is_written_twice_is_no_overlap_too() -> None:
    rows = "  - {id: a, if: {benchmark: true, benchmark: false}, then: {result: one}}\n"
    rows += "  - {id: b, if: {benchmark: true}, then: {result: two}}\n"
    table = "decision: table\nsubject: customer\nreturns: {result: [one, two]}\nhit: unique\nrows:\n"
    found = load_files({**BASE, "x.yaml": table + rows}).problems
    assert [problem.message.en for problem in found] == ["“benchmark” is written twice."]
