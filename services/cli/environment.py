"""What the environment and `--data` set for a command."""

from pathlib import Path

from services.cli.console import locale
from services.shared.logs import configure_logs
from services.shared.settings import Settings


def settings(data_dir: Path | None = None) -> Settings:
    """Read the environment, prepare the logs, and return the settings. WrongSettingError."""
    given: dict[str, object] = {} if data_dir is None else {"data_dir": data_dir.absolute()}
    loaded = Settings.load(given)
    configure_logs(loaded.log_format, loaded.log_level)
    return _with_rules_beside_the_data(loaded).model_copy(update={"locale": locale()})


def _with_rules_beside_the_data(loaded: Settings) -> Settings:
    # Rules that nobody has placed elsewhere live in the data directory, wherever that is.
    if "rules_dir" in loaded.model_fields_set:
        return loaded
    return loaded.model_copy(update={"rules_dir": loaded.data_dir / "rules"})
