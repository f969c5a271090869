"""What a data directory is given at its first start: a key, and the shipped rules to be edited there."""

import shutil

from pydantic import SecretStr

from services.hosting.shipped import RULES
from services.shared.privacy import KEY_FILE, keys_in
from services.shared.settings import Settings


def with_keys(settings: Settings) -> Settings:
    """Return the settings with the encryption keys of the data directory, unless the environment has some.

    The first start makes one. Raises BadEncryptionKeyError.
    """
    if settings.encryption_keys:
        return settings
    _ = keys_in(settings.data_dir)
    keys = (settings.data_dir / KEY_FILE).read_text(encoding="utf-8").split()
    return settings.model_copy(update={"encryption_keys": tuple(map(SecretStr, keys))})


def place_rules(settings: Settings) -> None:
    """Copy the shipped rules into the data directory at the first start; later edits are never touched.

    A directory that was named with GENJIN_RULES_DIR is left as it is: a missing one is a mistake to be told.
    """
    place = settings.rules_dir
    if place != settings.data_dir / "rules" or place.exists():
        return
    aside = place.with_name("rules.new")
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True)
    for path in RULES.glob("*.yaml"):
        shutil.copyfile(path, aside / path.name)
    aside.replace(place)
