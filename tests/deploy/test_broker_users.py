"""The broker's users: each service may do what messaging needs, and nothing else."""

import base64
import hashlib
import os
import re
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aio_pika import ExchangeType, Message, connect
from aio_pika.abc import AbstractChannel
from aiormq.exceptions import ChannelAccessRefused, ProbableAuthenticationError

from services.shared.messaging import COMMANDS, EVENTS, UNROUTED, declare_topology, queue_of
from services.shared.messaging.preflight import preflight, require_alternate_exchange
from tests.deploy.files import DOCKER, SERVICES, composed, definitions
from tests.plumbing import subscribed
from tests.rabbitmq import PrivateNode

USERS = ("topology", *SERVICES)
PASSWORDS = {user: f"{user}-&/\\'\"-密码" for user in USERS}


def start(template: Path, file: Path, passwords: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run the broker's start, with a command in the broker's place that shows what it would be given."""
    given = {f"PASSWORD_{user.upper()}": password for user, password in passwords.items()}
    return subprocess.run(  # noqa: S603 -- our own script
        [template.with_name("start"), file, "env"],
        check=False,
        capture_output=True,
        text=True,
        env={"PATH": os.environ["PATH"], "LANG": "C.UTF-8", **given},
    )


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The definitions as they are when the broker starts."""
    file = tmp_path_factory.mktemp("definitions") / "definitions.json"
    done = start(DOCKER / "rabbitmq" / "definitions.json", file, PASSWORDS)
    assert done.returncode == 0, done.stderr
    return file


@pytest.fixture(scope="module")
def node(private_broker: PrivateNode, written: Path) -> PrivateNode:
    """A broker that has them."""
    private_broker.start()
    private_broker.control("import_definitions", written)
    return private_broker


@pytest.fixture
async def prepared(node: PrivateNode) -> PrivateNode:
    """One on which `topology` has declared what the services need, and whose queues are empty."""
    await declare_topology(url_of(node, "topology"), [subscribed(consumer=name) for name in SERVICES])
    async with channel_of(node, "topology") as channel:
        for name in (*map(queue_of, SERVICES), UNROUTED):
            await (await channel.get_queue(name, ensure=False)).purge()
    return node


def url_of(node: PrivateNode, user: str, password: str | None = None) -> str:
    quoted = (PASSWORDS[user] if password is None else password).encode()
    secret = "".join(f"%{byte:02X}" for byte in quoted)
    return node.url.replace("guest:guest@", f"{user}:{secret}@").removesuffix("/") + "/genjin"


@asynccontextmanager
async def channel_of(node: PrivateNode, user: str) -> AsyncIterator[AbstractChannel]:
    async with await connect(url_of(node, user)) as connection:
        yield await connection.channel(publisher_confirms=True, on_return_raises=True)


async def publish(node: PrivateNode, user: str, exchange: str, key: str) -> None:
    async with channel_of(node, user) as channel:
        place = await channel.get_exchange(exchange, ensure=False) if exchange else channel.default_exchange
        await place.publish(Message(key.encode(), user_id=user), routing_key=key)


async def taken(node: PrivateNode, user: str, queue: str) -> list[str]:
    async with channel_of(node, user) as channel:
        found = await channel.get_queue(queue, ensure=False)
        bodies = []
        while (message := await found.get(fail=False, no_ack=True)) is not None:
            bodies.append(message.body.decode())
        return bodies


def test_hashes_stand_where_passwords_belong_and_the_server_is_given_none(written: Path) -> None:
    done = start(DOCKER / "rabbitmq" / "definitions.json", written.with_name("again"), PASSWORDS)
    assert "PASSWORD" not in done.stdout
    text = written.read_text(encoding="utf-8")
    assert {password for password in PASSWORDS.values() if password in text} == set()
    for user, password in PASSWORDS.items():
        (hashed,) = re.findall(rf'"name": "{user}", "password_hash": "([^"]+)"', text)
        stored = base64.b64decode(hashed, validate=True)
        assert stored[4:] == hashlib.sha256(stored[:4] + password.encode()).digest()


def test_the_broker_does_not_start_without_a_password_for_each_user(tmp_path: Path) -> None:
    done = start(DOCKER / "rabbitmq" / "definitions.json", tmp_path / "file", {"topology": "only this one"})
    assert done.returncode != 0
    assert "customers" in done.stderr
    assert not (tmp_path / "file").exists()


def test_compose_gives_a_password_to_every_user() -> None:
    given = composed()["services"]["rabbitmq"]["environment"]
    named = {user["name"] for user in definitions()["users"]}
    assert {f"PASSWORD_{name.upper()}" for name in named} == given.keys()
    assert named == set(USERS)


def test_no_service_may_configure_anything_and_none_administers() -> None:
    assert {user["name"]: user["tags"] for user in definitions()["users"]} == {user: [] for user in USERS}
    configure = {each["user"]: each["configure"] for each in definitions()["permissions"]}
    assert configure == {"topology": r"^genjin\.", **dict.fromkeys(SERVICES, "^$")}


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_may_read_its_own_queues_and_no_other(service: str) -> None:
    (permission,) = [each for each in definitions()["permissions"] if each["user"] == service]
    queues = {f"genjin.{name}{kind}" for name in SERVICES for kind in ("", ".commands", ".dead")}
    queues |= {"genjin.log", UNROUTED, EVENTS, COMMANDS, "genjin.dlx", "amq.default"}
    readable = {queue for queue in queues if re.search(permission["read"], queue)}
    assert readable == {f"genjin.{service}", f"genjin.{service}.commands", f"genjin.{service}.dead"}


async def test_a_service_says_what_is_its_own_and_every_service_that_listens_hears_it(
    prepared: PrivateNode,
) -> None:
    await publish(prepared, "customers", EVENTS, "s07.customers.customer_created.v1")
    assert await taken(prepared, "rules", queue_of("rules")) == ["s07.customers.customer_created.v1"]
    assert await taken(prepared, "followups", queue_of("followups")) == ["s07.customers.customer_created.v1"]


@pytest.mark.parametrize("key", ["s07.customers.customer_created.v1", "s07.rulesx.a.v1", "customers", ""])
async def test_a_service_cannot_speak_for_another(prepared: PrivateNode, key: str) -> None:
    with pytest.raises(ChannelAccessRefused):
        await publish(prepared, "rules", EVENTS, key)
    assert await taken(prepared, "followups", queue_of("followups")) == []


async def test_a_service_may_try_whether_what_nobody_hears_is_kept(prepared: PrivateNode) -> None:
    await publish(prepared, "opportunities", EVENTS, "preflight.unrouted")
    assert await taken(prepared, "topology", UNROUTED) == ["preflight.unrouted"]


async def test_a_service_cannot_take_what_another_is_to_hear(prepared: PrivateNode) -> None:
    await publish(prepared, "customers", EVENTS, "s07.customers.customer_created.v1")
    with pytest.raises(ChannelAccessRefused):
        await taken(prepared, "followups", queue_of("rules"))
    assert len(await taken(prepared, "rules", queue_of("rules"))) == 1


@pytest.mark.parametrize("service", SERVICES)
async def test_a_service_can_declare_delete_and_bind_nothing(prepared: PrivateNode, service: str) -> None:
    async with channel_of(prepared, service) as channel:
        with pytest.raises(ChannelAccessRefused):
            await channel.declare_queue(f"genjin.{service}.mine", durable=True)
    async with channel_of(prepared, service) as channel:
        with pytest.raises(ChannelAccessRefused):
            await channel.declare_exchange("genjin.mine", ExchangeType.TOPIC, durable=True)
    async with channel_of(prepared, service) as channel:
        with pytest.raises(ChannelAccessRefused):
            await channel.queue_delete(queue_of(service))
    async with channel_of(prepared, service) as channel:
        queue = await channel.get_queue(queue_of(service), ensure=False)
        with pytest.raises(ChannelAccessRefused):
            await queue.bind(EVENTS, routing_key="#")


@pytest.mark.parametrize("service", SERVICES)
async def test_a_service_finds_all_that_it_needs(prepared: PrivateNode, service: str) -> None:
    url = url_of(prepared, service)
    await preflight(url, [subscribed(consumer=service)], declare=False)
    await require_alternate_exchange(url)


@pytest.mark.parametrize("exchange", [COMMANDS, "genjin.dlx", UNROUTED])
async def test_a_service_publishes_nowhere_else(prepared: PrivateNode, exchange: str) -> None:
    with pytest.raises(ChannelAccessRefused):
        await publish(prepared, "customers", exchange, "customers")


async def test_a_service_with_commands_answers_whoever_waits_for_it(prepared: PrivateNode) -> None:
    async with channel_of(prepared, "topology") as asking:
        answers = await asking.declare_queue("genjin.answers", exclusive=True)
        await publish(prepared, "followups", "", answers.name)
        answer = await answers.get(no_ack=True)
    assert answer is not None
    assert answer.body == b"genjin.answers"


async def test_a_service_without_commands_answers_nobody(prepared: PrivateNode) -> None:
    with pytest.raises(ChannelAccessRefused):
        await publish(prepared, "rules", "", queue_of("followups"))


async def test_who_declares_cannot_speak_for_anybody(prepared: PrivateNode) -> None:
    with pytest.raises(ChannelAccessRefused):
        await publish(prepared, "topology", EVENTS, "s07.rules.task_raised.v1")


@pytest.mark.parametrize("password", ["", "customers", "@customers@"])
async def test_a_wrong_password_is_refused(node: PrivateNode, password: str) -> None:
    with pytest.raises(ProbableAuthenticationError):
        await connect(url_of(node, "customers", password))
