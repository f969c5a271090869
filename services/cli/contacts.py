"""`genjin contacts` and `genjin people reveal-log`: how customers are reached, and who looked it up."""

from typing import Annotated

import typer

from contracts.vocabulary import BuyingRole
from services.cli.connection import connect
from services.cli.console import locale, pick, say, say_json, say_long_json
from services.cli.environment import settings
from services.cli.options import AsJson, DataDir
from services.cli.running import run
from services.cli.tables import add_row, pick_from, printable, second, table_of
from services.cli.terminal import output
from services.client import Client, Json
from services.shared.errors import NotFoundError, RefusedError
from services.shared.settings import Settings

MOST_NAMESAKES = 20

Customer = Annotated[
    str, typer.Argument(metavar="CUSTOMER", help="A customer number, an id, or an exact name.")
]

_FIELDS = {
    "name": ("姓名", "name"),
    "phone": ("电话", "phone"),
    "email": ("邮箱", "e-mail"),
    "preference": ("偏好", "preference"),
}


class UnknownCustomerNameError(NotFoundError):
    """No customer has the number, id or name “{customer}”."""

    slug = "unknown-customer-name"
    zh = "没有编号、ID 或名称为“{customer}”的客户。"
    customer: str


class AmbiguousCustomerError(RefusedError):
    """Several customers are named “{customer}”: give the number of one ({numbers})."""

    slug = "ambiguous-customer"
    zh = "有多个客户名为“{customer}”，请改用其中一个的编号（{numbers}）。"
    customer: str
    numbers: str


def list_contacts(
    customer: Customer,
    *,
    reveal: Annotated[
        bool,
        typer.Option("--reveal", help="Names, numbers and addresses in plain words; each look is logged."),
    ] = False,
    reason: Annotated[
        str | None, typer.Option(metavar="WORDS", help="With --reveal: why, for the log.")
    ] = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """List the contacts at a customer, masked; with --reveal as they are, for the person at the machine."""
    if reason and not reveal:
        message = "--reason goes with --reveal"
        raise typer.BadParameter(message)
    found = run(_contacts(settings(data_dir), customer, reveal=reveal, reason=reason))
    if as_json:
        say_json(found)
    else:
        _show_contacts(found)


def show_reveal_log(
    *,
    customer: Annotated[
        str | None,
        typer.Option(metavar="C", help="Only at this customer: a number, an id, or an exact name."),
    ] = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """List who looked at which contact data, in order of time."""
    run(_reveal_log(settings(data_dir), customer, as_json=as_json))


async def _contacts(configured: Settings, customer: str, *, reveal: bool, reason: str | None) -> Json:
    async with connect(configured, is_working=False) as client:
        named = await _find_customer(client, customer)
        path = f"/v1/customers/{named['customer_id']}/contacts"
        contacts = [contact async for contact in client.items(path)]
        if reveal:
            body = {"reason": reason} if reason else None
            contacts = [
                await client.post(f"{path}/{contact['contact_id']}/reveal", body=body) for contact in contacts
            ]
    return {
        **{name: named[name] for name in ("customer_id", "customer_number", "name")},
        "contacts": contacts,
    }


async def _find_customer(client: Client, name: str) -> Json:
    """Return the customer of a number, an id or a name; UnknownCustomerNameError, AmbiguousCustomerError."""
    found: list[Json] = (await client.get("/v1/customers", named=name, limit=MOST_NAMESAKES))["items"]
    if not found:
        raise UnknownCustomerNameError(customer=name)
    if len(found) > 1:
        numbers = ", ".join(customer["customer_number"] for customer in found)
        raise AmbiguousCustomerError(customer=name, numbers=numbers)
    return found[0]


def _show_contacts(found: Json) -> None:
    say(printable(f"{found['name']}  {found['customer_number']}"))
    if not found["contacts"]:
        say(pick(zh="该客户没有联系人。", en="The customer has no contacts."))
        return
    headings = ("姓名", "Name"), ("职务", "Title"), ("决策角色", "Buying role"), ("电话", "Phone")
    table = table_of(*headings, ("邮箱", "E-mail"), ("沟通偏好", "Preference"))
    for contact in found["contacts"]:
        role = BuyingRole(contact["buying_role"]).label(locale()) if contact["buying_role"] else None
        reached = (contact["phone"], contact["email"], contact["preference"])
        add_row(table, contact["name"], contact["title"], role, *reached)
    output().print(table)


async def _reveal_log(configured: Settings, customer: str | None, *, as_json: bool) -> None:
    async with connect(configured, is_working=False) as client:
        wanted = (await _find_customer(client, customer))["customer_id"] if customer else None
        reveals = client.items("/v1/customers/reveals", customer=wanted)
        if as_json:
            await say_long_json(reveals)
        else:
            _show_reveals([reveal async for reveal in reveals], configured)


def _show_reveals(reveals: list[Json], configured: Settings) -> None:
    if not reveals:
        say(pick(zh="没有人查看过联系方式。", en="Nobody has looked at contact data."))
        return
    headings = (
        ("时间", "At"),
        ("查看人", "Who"),
        ("来自", "From"),
        ("客户", "Customer"),
        ("联系人", "Contact"),
    )
    table = table_of(*headings, ("查看内容", "Fields"), ("事由", "Reason"))
    for reveal in reveals:
        fields = pick(zh="、", en=", ").join(pick_from(_FIELDS, name) for name in reveal["fields"])
        who = (second(reveal["logged_at"], configured.zone), reveal["revealed_by"], reveal["address"])
        whom = (reveal["customer_name"], reveal["contact_title"] or reveal["contact_id"])
        add_row(table, *who, *whom, fields, reveal["reason"])
    output().print(table)
