"""A wrong or missing setting stops the start with a sentence that names it."""

from pathlib import Path

import pytest

from services.shared.settings import MissingSettingError, Settings, WrongSettingError


@pytest.fixture(autouse=True)
def _no_settings_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for field in Settings.model_fields:
        monkeypatch.delenv(f"GENJIN_{field.upper()}", raising=False)


def test_without_any_variable_there_are_defaults() -> None:
    settings = Settings.load()
    assert (settings.timezone, settings.locale, settings.currency) == ("Asia/Shanghai", "zh", "CNY")
    assert settings.database_url is None
    assert settings.data_dir.name == "genjin"
    assert settings.rules_dir == settings.data_dir / "rules"
    assert settings.encryption_keys == ()


def test_variables_are_read_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GENJIN_DATABASE_URL", "postgresql://u:p@db/genjin")
    monkeypatch.setenv("GENJIN_DATA_DIR", "/srv/genjin")
    monkeypatch.setenv("GENJIN_LOCALE", "en")
    settings = Settings.load()
    assert settings.database_url == "postgresql://u:p@db/genjin"
    assert settings.data_dir == Path("/srv/genjin")
    assert settings.rules_dir == Path("/srv/genjin/rules")
    assert settings.locale == "en"


def test_what_is_given_goes_before_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GENJIN_LOCALE", "en")
    assert Settings.load({"locale": "zh"}).locale == "zh"


def test_an_empty_variable_counts_as_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GENJIN_AMQP_URL", "")
    assert Settings.load().amqp_url is None


@pytest.mark.parametrize("written", ["one,two", " one , two ,", '["one", "two"]'])
def test_keys_are_a_list(monkeypatch: pytest.MonkeyPatch, written: str) -> None:
    monkeypatch.setenv("GENJIN_ENCRYPTION_KEYS", written)
    assert [key.get_secret_value() for key in Settings.load().encryption_keys] == ["one", "two"]


def test_host_names_are_a_list_in_lower_case(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GENJIN_ALLOWED_HOSTS", "Genjin.example.com, crm")
    assert Settings.load().allowed_hosts == ("genjin.example.com", "crm")


def test_keys_do_not_show_when_settings_are_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GENJIN_ENCRYPTION_KEYS", "very-secret")
    assert "very-secret" not in repr(Settings.load())


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("GENJIN_TIMEZONE", "Asia/Peking"),
        ("GENJIN_DATABASE_URL", "postgresql://u:p@db:notaport/genjin"),
        ("GENJIN_TIMEZONE", "../etc/passwd"),
        ("GENJIN_LOCALE", "fr"),
        ("GENJIN_LOG_FORMAT", "xml"),
        ("GENJIN_CURRENCY", "yuan"),
        ("GENJIN_DATABASE_URL", "mysql://localhost/genjin"),
        ("GENJIN_AMQP_URL", "http://localhost"),
        ("GENJIN_ENCRYPTION_KEYS", "[1,"),
        ("GENJIN_ALLOWED_HOSTS", "https://genjin.example.com"),
        ("GENJIN_ALLOWED_HOSTS", "genjin.example.com:443"),
        ("GENJIN_ALLOWED_HOSTS", "*"),
    ],
)
def test_a_wrong_variable_is_named(monkeypatch: pytest.MonkeyPatch, variable: str, value: str) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(WrongSettingError, match=variable) as caught:
        Settings.load()
    assert caught.value.exit_status == 2


def test_a_secret_in_a_wrong_url_is_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GENJIN_DATABASE_URL", "mysql://u:hidden@localhost/genjin")
    with pytest.raises(WrongSettingError) as caught:
        Settings.load()
    assert "hidden" not in str(caught.value)


def test_a_missing_setting_is_named_with_what_it_is_for() -> None:
    with pytest.raises(MissingSettingError, match="GENJIN_AMQP_URL is missing: services meet on RabbitMQ"):
        Settings.load().require("amqp_url", purpose="services meet on RabbitMQ")


def test_a_setting_that_is_there_is_returned() -> None:
    assert Settings.load({"amqp_url": "amqp://h/"}).require("amqp_url", purpose="x") == "amqp://h/"
