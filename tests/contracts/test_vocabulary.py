"""The one table of values: every word finds its value, and only one."""

import pytest

from contracts import vocabulary
from contracts.vocabulary import OpportunityStage, Urgency, Word

VOCABULARIES = sorted(
    (each for each in vars(vocabulary).values() if isinstance(each, type) and issubclass(each, Word)),
    key=lambda each: each.__name__,
)
VOCABULARIES = [each for each in VOCABULARIES if each is not Word]


@pytest.mark.parametrize("words", VOCABULARIES)
def test_every_word_finds_its_value(words: type[Word]) -> None:
    known = words.by_alias()
    for member in words:
        for word in (member.value, member.zh, member.en, *member.aliases):
            assert known[word.casefold()] is member


@pytest.mark.parametrize("words", VOCABULARIES)
def test_every_value_has_a_label_in_both_languages(words: type[Word]) -> None:
    for member in words:
        assert member.label("zh") == member.zh
        assert member.label("en") == member.en
        assert member.zh


def test_the_stage_names_of_all_documents_are_understood() -> None:
    """K4: the documents name the stages differently."""
    known = OpportunityStage.by_alias()

    assert known["初步接洽"] is known["线索获取"] is known["prospecting"] is OpportunityStage.FIRST_CONTACT
    assert known["方案呈现"] is known["engaging"] is OpportunityStage.PROPOSAL
    assert known["签约履约"] is OpportunityStage.SIGNING


def test_a_value_is_its_code() -> None:
    assert str(Urgency.MID) == "mid"
