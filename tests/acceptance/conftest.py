"""Fixtures of the acceptance tests."""

import asyncio
import secrets
from collections.abc import Iterator

import pytest
from sqlalchemy import make_url

from tests.acceptance.story import Stage, Telling
from tests.postgres import Template, execute
from tests.rabbitmq import PrivateNode


@pytest.fixture(scope="session", params=["embedded", "distributed"])
def stage(request: pytest.FixtureRequest, migrated_template: Template) -> Stage:
    """Where stories are told: every story in both ways to run."""
    if request.param == "embedded":
        return Stage(migrated_template)
    node: PrivateNode = request.getfixturevalue("private_broker")
    return Stage(migrated_template, node)


@pytest.fixture
def story(stage: Stage) -> Telling:
    """Open stories as `Stage.telling` does, in copies of the migrated database."""
    return stage.telling


@pytest.fixture
def database_url(migrated_template: Template) -> Iterator[str]:
    """The superuser's URL of a migrated database with nothing in it, for commands."""
    admin, name = migrated_template.admin_url, f"genjin_command_{secrets.token_hex(6)}"
    copy = f'create database "{name}" template "{migrated_template.name}" strategy file_copy'
    asyncio.run(execute(admin, copy))
    yield make_url(admin).set(database=name).render_as_string(hide_password=False)
    asyncio.run(execute(admin, f'drop database "{name}" with (force)'))
