"""Fixtures of the acceptance tests."""

from functools import partial

import pytest

from tests.acceptance.story import Telling, telling
from tests.postgres import Template


@pytest.fixture
def story(migrated_template: Template) -> Telling:
    """Open stories as `telling` does, in copies of the migrated database."""
    return partial(telling, migrated_template)
