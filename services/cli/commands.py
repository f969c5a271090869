"""All commands: each calls one function of a service or sends requests to Genjin."""

import typer

from services.cli import dead_letters, events, loads, operation, rules, tasks, topology, up

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
app.add_typer(dead_letters.app, name="dead-letters")
app.add_typer(events.app, name="events")
app.command("serve")(operation.serve)
app.command("migrate")(operation.migrate)
app.command("topology")(topology.topology)
app.command("audit")(operation.show_audit)
