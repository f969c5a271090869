"""The command line: usage, settings, exit statuses, and one clear sentence for every expected failure."""

import json
import logging
import shutil
import stat
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import structlog
from pydantic import SecretStr

from services.cli import main
from services.cli.commands import COMMANDS
from services.cli.environment import settings
from services.cli.lazy import Group
from services.cli.options import BadInstantError, instant
from services.cli.rules.shipped import lacking_in
from services.hosting.instance import announce, announced, serving, token_of, withdraw
from services.hosting.shipped import RULES
from services.shared.privacy import Cipher


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No setting of the machine, and a data directory that is not there yet."""
    for name in ("GENJIN_RULES_DIR", "GENJIN_LOCALE", "GENJIN_DATABASE_URL", "GENJIN_AMQP_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GENJIN_DATA_DIR", str(tmp_path / "data"))


@pytest.fixture(autouse=True)
def _own_logs() -> Iterator[None]:
    """Commands configure the logs of their process, which here is the tests'."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers, root.level = handlers, level
    structlog.reset_defaults()


def status_of(*arguments: str) -> int:
    """Run a command and return its exit status."""
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    return int(caught.value.code or 0)


def test_help_names_the_commands(capsys: pytest.CaptureFixture[str]) -> None:
    assert status_of("--help") == 0

    shown = capsys.readouterr().out
    for command in ("up", "load", "import", "rules", "why", "tasks", "notices", "serve", "migrate", "audit"):
        assert command in shown


def paths(group: Group, *names: str) -> Iterator[tuple[str, ...]]:
    """The names by which each command of a group is run."""
    for name, found in group.commands.items():
        if isinstance(found, Group):
            yield from paths(found, *names, name)
        else:
            yield (*names, name)


@pytest.mark.parametrize("path", list(paths(COMMANDS)), ids=" ".join)
def test_each_command_of_the_table_has_its_help(
    path: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert status_of(*path, "--help") == 0
    assert f" {' '.join(path)} " in capsys.readouterr().out


def test_a_mistyped_command_gets_its_suggestion(capsys: pytest.CaptureFixture[str]) -> None:
    assert status_of("rules", "chek") == 2
    assert "'check'" in capsys.readouterr().err


def test_help_shows_groups_with_what_they_are_for(capsys: pytest.CaptureFixture[str]) -> None:
    assert status_of("--help") == 0
    assert "check them, see what is in force" in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments",
    [
        ("fly",),
        ("up", "--port", "far"),
        ("up", "--port", "70000"),
        ("up", "--sample", "--load", "load.yaml"),
        ("import", "customers"),
        ("serve", "tea"),
    ],
)
def test_wrong_usage_is_status_2(arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    assert status_of(*arguments) == 2
    assert "Traceback" not in capsys.readouterr().err


@pytest.mark.parametrize(
    ("variable", "value", "command"),
    [
        ("GENJIN_TIMEZONE", "Asia/Atlantis", ("tasks",)),
        ("GENJIN_CURRENCY", "yuan", ("tasks",)),
        ("GENJIN_LOCALE", "fr", ("tasks",)),
        ("GENJIN_DATABASE_URL", "mysql://x", ("tasks",)),
    ],
)
def test_a_wrong_setting_is_named_with_status_2(
    variable: str,
    value: str,
    command: tuple[str, ...],
    *,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv(variable, value)

    assert status_of(*command) == 2
    assert variable in one_line(capsys)


@pytest.mark.parametrize("missing", ["GENJIN_AMQP_URL", "GENJIN_DATABASE_URL"])
def test_a_missing_setting_is_named_with_status_2(
    missing: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GENJIN_AMQP_URL", "amqp://127.0.0.1:1")
    monkeypatch.setenv("GENJIN_DATABASE_URL", "postgresql://127.0.0.1:1/x")
    monkeypatch.delenv(missing)

    assert status_of("serve", "rules") == 2
    assert missing in one_line(capsys)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("import", "customers", "nowhere.csv"), "nowhere.csv"),
        (("load", "nowhere.yaml"), "nowhere.yaml"),
        (("up", "--load", "nowhere.yaml", "--once"), "nowhere.yaml"),
        (("rules", "check", "nowhere"), "nowhere"),
    ],
)
def test_an_unknown_file_is_one_sentence_with_status_1(
    arguments: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert status_of(*arguments) == 1
    assert said in one_line(capsys)
    assert not (tmp_path / "data").exists()


def test_a_load_file_with_mistakes_tells_all_of_them_with_their_places(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = tmp_path / "load.yaml"
    file.write_text("steps:\n- {wat: customers, file: a.csv}\nspeed: high\n")

    assert status_of("load", str(file)) == 1
    said = capsys.readouterr().err
    for place in (":2:", ":3:", "wat", "speed"):
        assert place in said


def test_sentences_are_chinese_unless_english_is_asked_for(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert status_of("rules", "check", "nowhere") == 1
    assert "没有规则目录" in one_line(capsys)

    monkeypatch.setenv("GENJIN_LOCALE", "en")
    assert status_of("rules", "check", "nowhere") == 1
    assert "There is no rules directory" in one_line(capsys)


def test_the_shipped_rules_are_in_order(capsys: pytest.CaptureFixture[str]) -> None:
    """Before the first start, `genjin rules check` checks what will be copied to the data directory."""
    assert status_of("rules", "check") == 0
    assert "规则检查通过" in capsys.readouterr().out


def test_a_rules_directory_of_an_older_release_is_told_what_it_lacks(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """R218: without the rules for plans no deadline reminds anybody, and nothing else says so."""
    directory = tmp_path / "rules"
    shutil.copytree(RULES, directory)
    (directory / "plans.yaml").unlink()

    assert status_of("rules", "check", str(directory)) == 0
    last = capsys.readouterr().out.splitlines()[-1]
    assert "规则目录中没有的规则：计划到期。" in last
    assert str(RULES / "plans.yaml") in last

    assert status_of("rules", "check", str(directory), "--json") == 0
    assert json.loads(capsys.readouterr().out)["shipped_only"] == ["plan_due"]


def test_a_rules_directory_that_is_gone_lacks_nothing(tmp_path: Path) -> None:
    """The rules in force are in the database: a start needs no directory."""
    assert lacking_in(tmp_path / "nowhere", timezone="Asia/Shanghai") == ()


def test_bad_rules_are_refused_with_file_line_and_column(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    directory = tmp_path / "rules"
    directory.mkdir()
    (directory / "grading.yaml").write_text("decision: grade\nsubjekt: customer\n")

    assert status_of("rules", "check", str(directory)) == 1
    assert "grading.yaml:2:1:" in capsys.readouterr().out

    assert status_of("rules", "check", str(directory), "--json") == 1
    told = json.loads(capsys.readouterr().out)
    assert told["ok"] is False
    assert told["rules"] == []
    assert {"file", "line", "column", "rule", "message"} <= set(told["problems"][0])


def test_good_rules_are_listed_in_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert status_of("rules", "check", "--json") == 0
    told = json.loads(capsys.readouterr().out)

    assert told["ok"] is True
    assert told["problems"] == []
    assert {"grade", "followup_due"} <= set(told["rules"])


def test_an_instant_without_an_offset_is_local_time() -> None:
    six_in_shanghai = datetime(2017, 12, 31, 10, tzinfo=UTC)

    assert instant("2017-12-31T18:00", timezone="Asia/Shanghai") == six_in_shanghai
    assert instant("2017-12-31T18:00+08:00", timezone="UTC") == six_in_shanghai
    assert instant("2017-12-31T10:00Z", timezone="Asia/Shanghai") == six_in_shanghai
    assert instant(None, timezone="Asia/Shanghai") is None


def test_what_is_no_instant_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(BadInstantError):
        instant("yesterday", timezone="Asia/Shanghai")

    assert status_of("up", "--as-of", "yesterday", "--once") == 2
    assert "yesterday" in one_line(capsys)


def test_rules_live_in_the_data_directory_unless_placed_elsewhere(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert settings(tmp_path / "here").rules_dir == tmp_path / "here" / "rules"

    monkeypatch.setenv("GENJIN_RULES_DIR", str(tmp_path / "ours"))
    assert settings(tmp_path / "here").rules_dir == tmp_path / "ours"


def test_an_instance_tells_where_it_is_for_as_long_as_it_serves(tmp_path: Path) -> None:
    assert announced(tmp_path) is None

    announce(tmp_path, "http://127.0.0.1:8000")
    found = announced(tmp_path)
    assert found is not None
    assert found.url == "http://127.0.0.1:8000"

    withdraw(tmp_path)
    assert announced(tmp_path) is None


def test_the_token_lies_beside_the_data_for_its_owner_while_it_is_served(tmp_path: Path) -> None:
    """A17."""
    (tmp_path / "token").write_text("of an instance that was killed")
    (tmp_path / "token").chmod(0o644)
    with serving(tmp_path, "http://127.0.0.1:8000", SecretStr("of-this-start")):
        assert token_of(tmp_path) == SecretStr("of-this-start")
        assert stat.S_IMODE((tmp_path / "token").stat().st_mode) == 0o600

    assert token_of(tmp_path) is None
    assert announced(tmp_path) is None


def test_a_new_key_encrypts_and_decrypts(capsys: pytest.CaptureFixture[str]) -> None:
    keys = []
    for _ in range(2):
        assert status_of("keys", "create") == 0
        keys.append(capsys.readouterr().out.strip())

    assert len(set(keys)) == 2
    old, new = keys
    sealed = Cipher([old]).encrypt("13800000000")
    assert Cipher([new, old]).decrypt(sealed) == "13800000000"


def test_a_damaged_announcement_announces_nobody(tmp_path: Path) -> None:
    (tmp_path / "instance.json").write_text('{"url": ')

    assert announced(tmp_path) is None


def one_line(capsys: pytest.CaptureFixture[str]) -> str:
    """What was said on standard error, which has to be one sentence."""
    said = capsys.readouterr().err.strip()
    assert "\n" not in said
    return said
