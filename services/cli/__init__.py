"""The `genjin` command line.

`main` is the door: it says every expected failure in one clear sentence and gives its exit status.
`commands` lists the commands, `lazy` imports the one that is asked for, `connection` finds whom it speaks to,
`console` knows the language, `running` the signals.
"""

import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from services.cli.commands import COMMANDS
from services.cli.console import complain
from services.cli.lazy import LazyGroup
from services.shared.errors import GenjinError


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command; ends with SystemExit: 0 done, 1 refused, 2 wrong usage or setting, 3 not reachable."""
    with _quiet_interrupts():
        try:
            LazyGroup(COMMANDS, "genjin")(args=arguments)
        except GenjinError as error:
            complain(error)
            raise SystemExit(error.exit_status) from None


@contextmanager
def _quiet_interrupts() -> Iterator[None]:
    """Let Ctrl-C end us without a traceback, until a command has something to close and sees to it itself."""
    before = signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
