"""All commands and where they are: each calls one function of a service or sends requests to Genjin."""

from services.cli.lazy import Group

COMMANDS = Group(
    "跟进 Genjin: no customer is forgotten. Imports, grades, reminds, escalates, and says why.",
    {
        "up": "services.cli.up:up",
        "load": "services.cli.loads:load_files",
        "import": "services.cli.loads:import_one",
        "why": "services.cli.tasks:explain",
        "tasks": "services.cli.tasks:list_tasks",
        "contacts": "services.cli.contacts:list_contacts",
        "people": Group(
            "Our own people: who looked at which contact data.",
            {
                "reveal-log": "services.cli.contacts:show_reveal_log",
            },
        ),
        "notices": "services.cli.notices:list_notices",
        "serve": "services.cli.operation:serve",
        "migrate": "services.cli.operation:migrate",
        "topology": "services.cli.topology:topology",
        "audit": "services.cli.operation:show_audit",
        "keys": Group(
            "The keys by which personal data is encrypted.",
            {
                "create": "services.cli.keys:create",
            },
        ),
        "rules": Group(
            "The rules: check them, see what is in force and what waits, confirm it.",
            {
                "check": "services.cli.rules.check:check_rules",
                "status": "services.cli.rules.status:show_status",
                "publish": "services.cli.rules.status:publish",
            },
        ),
        "dead-letters": Group(
            "Messages that could not be handled: read, try, give up.",
            {
                "list": "services.cli.dead_letters:list_letters",
                "groups": "services.cli.dead_letters:list_groups",
                "show": "services.cli.dead_letters:show",
                "dry-run": "services.cli.dead_letters:rehearse",
                "replay": "services.cli.dead_letters:replay",
                "discard": "services.cli.dead_letters:discard",
            },
        ),
        "events": Group(
            "Follow what the services say.",
            {
                "tail": "services.cli.events:tail",
            },
        ),
    },
)
