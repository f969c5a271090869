"""`genjin keys create`: a key for the personal data of contacts."""

from services.cli.console import say
from services.shared.privacy import new_key


def create() -> None:
    """Print a new encryption key, for GENJIN_ENCRYPTION_KEYS; keep a copy where no backup of the data is.

    Keys are separated by commas: the first encrypts, all decrypt. So put a new one in front.
    """
    say(new_key())
