"""What compose.yaml runs, run: its commands, settings and users, on servers of our own."""

import secrets
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import pytest
from sqlalchemy import make_url

from services.audit import audit
from services.cli.connection import distributed
from services.hosting.shipped import RULES, SAMPLE
from services.loading import load
from services.report.result import open_tasks
from services.shared.imports.load_file import read_load_file
from services.shared.settings import SERVICES, Settings
from tests.acceptance.deployment import PATIENCE_SECONDS, ClockFile, Deployment, forget_messages
from tests.acceptance.process import start as start_command
from tests.acceptance.story import Quiet, local
from tests.deploy.files import DOCKER, composed, made_settings
from tests.deploy.test_broker_users import start
from tests.postgres import execute, reachable_directory
from tests.rabbitmq import PrivateNode


@pytest.fixture(scope="module")
def given() -> dict[str, str]:
    """The settings that `docker/make-env` makes."""
    return made_settings()


@pytest.fixture
def node(private_broker: PrivateNode, given: Mapping[str, str], tmp_path: Path) -> PrivateNode:
    """A broker with the users of the deployment."""
    file = tmp_path / "definitions.json"
    users = ("topology", *SERVICES)
    passwords = {user: given[f"{user.upper()}_BROKER_PASSWORD"] for user in users}
    assert start(DOCKER / "rabbitmq" / "definitions.json", file, passwords).returncode == 0
    private_broker.start()
    private_broker.control("import_definitions", file)
    return private_broker


@pytest.fixture
async def admin_url(postgres_url: str) -> AsyncIterator[str]:
    """The administrator's URL of an empty database."""
    name = f"genjin_deployed_{secrets.token_hex(6)}"
    await execute(postgres_url, f'create database "{name}"')
    yield make_url(postgres_url).set(database=name).render_as_string(hide_password=False)
    await execute(postgres_url, f'drop database "{name}" with (force)')


async def test_it_is_made_in_two_steps_and_then_works_with_users_that_may_do_no_more(
    node: PrivateNode, admin_url: str, given: dict[str, str]
) -> None:
    """R180: no service may declare anything, or see another's schema or queue; all is heard all the same."""
    parts = composed(given)["services"]
    settings = {
        name: _environment(parts[name], node, admin_url) for name in ("migrate", "topology", *SERVICES)
    }
    with reachable_directory() as directory:
        clock = ClockFile(directory / "clock", local("2025-06-30T18:00"))
        common = {"GENJIN_RULES_DIR": str(RULES), "GENJIN_CLOCK_FILE": str(clock.path)}
        for step in ("topology", "migrate"):
            process = start_command(step, **settings[step], GENJIN_DATA_DIR=str(directory / step))
            _, said = process.communicate(timeout=PATIENCE_SECONDS)
            assert process.returncode == 0, said
        await forget_messages(settings["topology"]["GENJIN_AMQP_URL"])
        deployment = Deployment(
            directory, settings=common, own={name: _own(settings[name]) for name in SERVICES}
        )
        with deployment.running():
            async with distributed(_addresses(deployment)) as client:
                sample = read_load_file(SAMPLE / "load.yaml", files_from=SAMPLE)
                await load(client, sample.requests, Quiet())
                audited = await audit(client)
                assert (audited.missing, audited.dead) == (0, 0)
                assert [task async for task in open_tasks(client)]


def _environment(part: Mapping[str, object], node: PrivateNode, admin_url: str) -> dict[str, str]:
    """The settings of a container, with the addresses of our servers in the place of its own."""
    environment = part["environment"]
    assert isinstance(environment, dict)
    settings = {name: str(value) for name, value in environment.items()}
    if "GENJIN_AMQP_URL" in settings:
        port = make_url(node.url).port
        settings["GENJIN_AMQP_URL"] = settings["GENJIN_AMQP_URL"].replace(
            "rabbitmq:5672", f"127.0.0.1:{port}"
        )
    if "GENJIN_DATABASE_URL" in settings:
        user = make_url(settings["GENJIN_DATABASE_URL"]).username
        url = make_url(admin_url).set(drivername="postgresql", username=user)
        settings["GENJIN_DATABASE_URL"] = url.render_as_string(hide_password=False)
    return settings


def _own(settings: Mapping[str, str]) -> dict[str, str]:
    """Without the places that are only in a container, and the language, which is the test's."""
    elsewhere = {"GENJIN_RULES_DIR", "GENJIN_LOCALE", *(f"GENJIN_{name.upper()}_URL" for name in SERVICES)}
    return {name: value for name, value in settings.items() if name not in elsewhere}


def _addresses(deployment: Deployment) -> Settings:
    return Settings.load({f"{name}_url": url for name, url in deployment.urls.items()})
