"""Mapping files and load files: what may stand in them, and every mistake at its place."""

from contextlib import suppress
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.shared.imports.document import MAX_BYTES
from services.shared.imports.errors import BadDocumentError, UnknownFileError
from services.shared.imports.load_file import read_load_file
from services.shared.imports.mapping import ImportMapping, parse_mapping

FIELDS = {"name": None, "owner": None, "amount": None}


def problems(text: str, fields: dict[str, None] | None = None) -> list[str]:
    """What is said, in English, of a bad mapping."""
    with pytest.raises(BadDocumentError) as raised:
        parse_mapping(text.encode(), "m.yaml", fields)
    assert raised.value.message("zh").count("\n") == len(raised.value.problems)
    return [problem.message("en") for problem in raised.value.problems]


def parsed(text: str) -> ImportMapping:
    """A good mapping."""
    return parse_mapping(text.encode(), "m.yaml", FIELDS)


def test_a_column_may_be_given_by_its_name_alone() -> None:
    mapping = parsed("what: customers\nfields:\n  name: 客户名称\n  owner: {column: 负责人}\n")
    assert mapping.fields["name"].names == ("客户名称",)
    assert mapping.fields["owner"].names == ("负责人",)


def test_what_looks_like_a_number_or_a_date_stays_the_text_that_is_written() -> None:
    mapping = parsed("what: x\nfields: {name: {constant: 1.10}, owner: {constant: 2025-06-30}, amount: 2024}")
    assert mapping.fields["name"].constant == "1.10"
    assert mapping.fields["owner"].constant == "2025-06-30"
    assert mapping.fields["amount"].column == "2024"


def test_words_are_translated_to_words_or_to_nothing() -> None:
    source = parsed("what: x\nfields: {name: {column: a, values: {x: y, yes: true, none: ~}}}").fields["name"]
    assert source.values == {"x": "y", "yes": "true", "none": None}


def test_a_mapping_may_name_the_time_zone_of_a_file_and_of_a_field() -> None:
    mapping = parsed("what: x\nzone: Asia/Tokyo\nfields: {name: a, owner: {column: b, zone: Europe/Berlin}}")
    assert mapping.zone == ZoneInfo("Asia/Tokyo")
    assert mapping.fields["owner"].zone == ZoneInfo("Europe/Berlin")
    assert mapping.fields["name"].zone is None


@pytest.mark.parametrize("zone", ["Asia/Peking", "+08:00", "../x", "Asia", "[a]", "2024"])
def test_a_zone_that_does_not_exist_is_reported_at_its_place(zone: str) -> None:
    (problem,) = problems(f"what: x\nfields:\n  name: a\nzone: {zone}\n")
    assert problem.startswith("m.yaml:4:1: There is no time zone")


def test_amounts_may_be_rounded_to_the_cent_and_to_nothing_else() -> None:
    assert parsed("what: x\nfields: {name: {column: a, money: {round: cent}}}").fields["name"].money
    (problem,) = problems("what: x\nfields: {name: {column: a, money: {round: yuan}}}")
    assert "cent" in problem


def test_one_condition_or_several_may_leave_rows_out() -> None:
    one = parsed("what: x\nfields: {name: a}\nskip_when: {a: empty}")
    several = parsed("what: x\nfields: {name: a}\nskip_when: [{a: empty}, {b: [x, y]}]")
    assert one.skip_when == ({"a": ("empty",)},)
    assert several.skip_when == ({"a": ("empty",)}, {"b": ("x", "y")})


def test_ids_need_the_name_of_their_system() -> None:
    """Else they would be looked for as names."""
    (problem,) = problems("what: x\nfields: {owner: {column: a, by: external_id}}")
    assert "needs a source_system" in problem
    (problem,) = problems("what: x\nsource_system: ' '\nexternal_id: a\nfields: {name: a}")
    assert problem.startswith("m.yaml:2:1: ")
    with pytest.raises(BadDocumentError) as raised:
        parsed(f"what: x\nsource_system: {'9' * 201}\nexternal_id: a")
    assert "最多 200 个字符。" in raised.value.message("zh")
    assert (
        parsed("what: x\nsource_system: crm\nfields: {owner: {column: a, by: external_id}}")
        .fields["owner"]
        .by
        == "external_id"
    )


def test_every_problem_is_reported_at_once_with_its_place_and_a_suggestion() -> None:
    text = """\
what: customers
fields:
  name: {colum: a}
  owner: {column: a, constant: b}
  amount: {column: a, money: {unit: 斤}}
skip_wen: {a: empty}
keep: {latest: a}
"""
    assert problems(text) == [
        "m.yaml:3:10: The key 'colum' is not known. Did you mean 'column'?",
        "m.yaml:4:3: Give exactly one of column, columns, join and constant.",
        "m.yaml:5:23: '斤' is not a unit of money.",
        "m.yaml:7:1: 'latest_by' is missing.",
        "m.yaml:7:8: The key 'latest' is not known. Did you mean 'latest_by'?",
        "m.yaml:6:1: The key 'skip_wen' is not known. Did you mean 'skip_when'?",
    ]


def test_a_field_that_the_target_does_not_have_is_named_where_it_stands() -> None:
    text = "what: x\nfields:\n  nmae: a\nalso:\n  - fields: {ownr: b}\n"
    assert problems(text, FIELDS) == [
        "m.yaml:3:3: x has no field 'nmae'. Did you mean 'name'?",
        "m.yaml:5:14: x has no field 'ownr'. Did you mean 'owner'?",
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "m.yaml:1:1: Pairs of `key: value` are expected here."),
        ("- a", "m.yaml:1:1: Pairs of `key: value` are expected here."),
        ("a: &x 1\nb: *x\n", "m.yaml:2:4: Aliases (*) are not supported; write it out."),
        ("what: x\nwhat: y\n", "m.yaml:2:1: 'what' is here twice."),
        ("what: [", "m.yaml:1:8: This is not valid YAML"),
        ("what: x\n\tfields: 1", "m.yaml:2:1: This is not valid YAML"),
        ("[a]: b", "m.yaml:1:1: A key must be a word."),
        ("what: x\nfields: {name: a}\nexternal_id: id", "m.yaml:1:1: With external_id, source_system must"),
        ("what: x\nfields: {name: [a]}", "m.yaml:2:10: Pairs of `key: value` are expected here."),
        ("what: x\nfields: {name: a}\nheader_row: 0", "m.yaml:3:1: Input should be greater than"),
        (f"what: {'[' * 40}{']' * 40}", "m.yaml:1:"),
        ("#" * (MAX_BYTES + 1), "m.yaml:1:1: The file is too big."),
    ],
)
def test_a_document_that_is_not_understood_is_refused_with_line_and_column(text: str, said: str) -> None:
    assert problems(text)[0].startswith(said)


def test_bytes_that_are_not_utf8_are_refused_with_their_line() -> None:
    with pytest.raises(BadDocumentError, match=r"m\.yaml:2:1: The file is not UTF-8"):
        parse_mapping("what: x\n# 客户".encode("gb18030"), "m.yaml")


@settings(deadline=None)
@given(st.text(max_size=200))
def test_any_text_is_a_mapping_or_refused(text: str) -> None:
    with suppress(BadDocumentError):
        assert parse_mapping(text.encode("utf-8", "replace"), "m.yaml").what


def test_a_load_file_reads_all_it_names_in_order(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "a.csv").write_bytes(b"a")
    (tmp_path / "m.yaml").write_text("what: customers\nfields: {name: a}\n")
    (tmp_path / "load.yaml").write_text(
        "as_of: 2025-06-30T18:00+08:00\nsteps:\n"
        "  - {what: people, file: a.csv}\n  - {what: customers, file: a.csv, mapping: m.yaml}\n"
    )
    load = read_load_file(tmp_path / "load.yaml", files_from=tmp_path / "data")
    assert [(request.what, request.file) for request in load.requests] == [
        ("people", "a.csv"),
        ("customers", "a.csv"),
    ]
    assert load.as_of is not None
    assert load.as_of.isoformat() == "2025-06-30T18:00:00+08:00"


@pytest.mark.parametrize(
    ("text", "error", "said"),
    [
        ("steps: [{what: people, file: no.csv}]", UnknownFileError, r"no\.csv"),
        ("steps: []", BadDocumentError, r"load\.yaml:1:1"),
        ("step: [{what: people, file: a.csv}]", BadDocumentError, "Did you mean 'steps'"),
        ("as_of: 2025-06-30\nsteps: [{what: a, file: b}]", BadDocumentError, r"load\.yaml:1:1"),
    ],
)
def test_a_load_file_that_cannot_be_followed_is_refused_before_anything_is_imported(
    tmp_path: Path, text: str, error: type[Exception], said: str
) -> None:
    (tmp_path / "load.yaml").write_text(text)
    with pytest.raises(error, match=said):
        read_load_file(tmp_path / "load.yaml", files_from=tmp_path)


def test_a_form_of_dates_that_is_none_is_told() -> None:
    text = 'what: customers\ndates: ["%Y-%m-%d", "%Q"]\nfields: {name: {column: a, dates: "%"}}\n'
    assert problems(text) == [
        "m.yaml:2:21: '%Q' is no form of dates; write it like %Y-%m-%d.",
        "m.yaml:3:28: '%' is no form of dates; write it like %Y-%m-%d.",
    ]
