"""When a directory that is being written is looked at."""

from services.rules.watcher import READ_SECONDS, Patience


def test_a_reading_is_looked_at_when_the_next_one_equals_it() -> None:
    patience = Patience()
    assert patience.seen("a", 0.0) is None
    assert patience.seen("a", READ_SECONDS) == READ_SECONDS


def test_a_directory_that_changes_at_every_reading_is_not_looked_at() -> None:
    patience = Patience()
    assert [patience.seen(name, at * READ_SECONDS) for at, name in enumerate("abcdef")] == [None] * 6


def test_what_was_answered_is_not_looked_at_again_until_it_changes() -> None:
    patience = Patience(answered="a")
    assert patience.seen("a", 0.0) is None
    assert patience.seen("a", 10.0) is None
    assert patience.seen("b", 20.0) is None
    assert patience.seen("b", 20.5) == 0.5


def test_a_reading_that_is_not_answered_grows_older() -> None:
    patience = Patience()
    patience.seen("half", 1.0)
    assert patience.seen("half", 4.0) == 3.0
    assert patience.seen("half", 7.5) == 6.5


def test_a_file_that_is_emptied_and_written_again_leaves_nothing_to_look_at() -> None:
    patience = Patience(answered="whole")
    assert patience.seen("emptied", 1.0) is None
    assert patience.seen("whole", 1.3) is None
    assert patience.seen("whole", 2.0) is None
