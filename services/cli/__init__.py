"""The `genjin` command. Each sub-command calls one function of a service or sends requests to Genjin.

`main` is the door: it says every expected failure in one clear sentence and gives its exit status.
`connection` finds whom a command speaks to, `console` knows the language, `running` knows the signals.
"""

from collections.abc import Sequence

import typer

from services.cli import loads, operation, rules, tasks, up
from services.cli.console import complain
from services.shared.errors import GenjinError

app = typer.Typer(
    name="genjin",
    help="跟进 Genjin: no customer is forgotten. Imports, grades, reminds, escalates, and says why.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command("up")(up.up)
app.command("load")(loads.load_files)
app.command("import")(loads.import_one)
app.add_typer(rules.app, name="rules")
app.command("why")(tasks.explain)
app.command("tasks")(tasks.list_tasks)
app.command("serve")(operation.serve)
app.command("migrate")(operation.migrate)
app.command("audit")(operation.audit)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command; ends with SystemExit: 0 done, 1 refused, 2 wrong usage or setting, 3 not reachable."""
    try:
        app(args=arguments)
    except GenjinError as error:
        complain(error)
        raise SystemExit(error.exit_status) from None
