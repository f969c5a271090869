"""The `genjin` command line.

`main` is the door: it says every expected failure in one clear sentence and gives its exit status.
`commands` lists the commands, `connection` finds whom they speak to, `console` knows the language, `running`
the signals.
"""

import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module

from services.cli.console import complain
from services.shared.errors import GenjinError


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command; ends with SystemExit: 0 done, 1 refused, 2 wrong usage or setting, 3 not reachable."""
    with _quiet_interrupts():
        # Here, and not above: loading all services takes a second or two, in which Ctrl-C must work too.
        app = import_module("services.cli.commands").app
        try:
            app(args=arguments)
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
