"""Fixtures of the acceptance tests."""

import asyncio
import secrets
from collections.abc import Iterator
from functools import partial

import pytest
from sqlalchemy import make_url

from tests.acceptance.story import Telling, telling
from tests.postgres import Template, execute


@pytest.fixture
def story(migrated_template: Template) -> Telling:
    """Open stories as `telling` does, in copies of the migrated database."""
    return partial(telling, migrated_template)


@pytest.fixture
def database_url(migrated_template: Template) -> Iterator[str]:
    """The superuser's URL of a migrated database with nothing in it, for commands."""
    admin, name = migrated_template.admin_url, f"genjin_command_{secrets.token_hex(6)}"
    copy = f'create database "{name}" template "{migrated_template.name}" strategy file_copy'
    asyncio.run(execute(admin, copy))
    yield make_url(admin).set(database=name).render_as_string(hide_password=False)
    asyncio.run(execute(admin, f'drop database "{name}" with (force)'))
