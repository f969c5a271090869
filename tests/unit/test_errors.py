import pytest

from services.shared.errors import (
    GenjinError,
    NotFoundError,
    RefusedError,
    SettingError,
    TransientError,
    UnreachableError,
)


class PersonMissingError(NotFoundError):
    """No person is named {name!r}.

    Raised where a file names an owner.
    """

    slug = "person-missing"
    zh = "没有名为“{name}”的人员。"
    name: str


def test_the_docstring_is_the_message() -> None:
    assert str(PersonMissingError(name="Li Lei")) == "No person is named 'Li Lei'."


def test_only_the_first_paragraph_of_the_docstring_is_the_message() -> None:
    assert "Raised where" not in PersonMissingError(name="Li Lei").message("en")


def test_the_message_is_also_there_in_chinese() -> None:
    assert PersonMissingError(name="李雷").message("zh") == "没有名为“李雷”的人员。"


def test_facts_are_attributes() -> None:
    error = PersonMissingError(name="李雷")
    assert (error.name, error.facts) == ("李雷", {"name": "李雷"})


def test_a_fact_that_was_not_given_is_found_when_the_error_is_made() -> None:
    with pytest.raises(KeyError, match="name"):
        PersonMissingError()


def test_braces_in_a_fact_are_left_as_they_are() -> None:
    assert PersonMissingError(name="{every}").message("zh") == "没有名为“{every}”的人员。"


@pytest.mark.parametrize(
    ("kind", "exit_status", "http_status"),
    [
        (RefusedError, 1, 422),
        (NotFoundError, 1, 404),
        (SettingError, 2, 500),
        (UnreachableError, 3, 503),
        (TransientError, 3, 503),
    ],
)
def test_the_kind_decides_both_statuses(kind: type[GenjinError], exit_status: int, http_status: int) -> None:
    assert (exit_status, http_status) == (kind.exit_status, kind.http_status)


def test_a_reason_has_the_statuses_of_its_kind() -> None:
    assert PersonMissingError(name="李雷").http_status == 404


def test_an_error_without_words_cannot_be_defined() -> None:
    with pytest.raises(TypeError, match="MuteError says nothing of its own in __doc__, slug, zh"):
        type("MuteError", (RefusedError,), {})


def test_an_error_whose_chinese_message_needs_more_facts_cannot_be_defined() -> None:
    with pytest.raises(TypeError, match="names facts that the English one does not"):
        type("TornError", (RefusedError,), {"__doc__": "No {a}.", "slug": "torn", "zh": "没有{b}。"})
