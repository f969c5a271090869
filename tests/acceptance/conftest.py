"""Fixtures of the acceptance tests."""

from functools import partial

import pytest

from tests.acceptance.story import Telling, telling
from tests.postgres import Template


@pytest.fixture
def story(migrated_template: Template) -> Telling:
    """What opens a story, as in `async with story(rules, at="2025-03-03T09:00") as told:`."""
    return partial(telling, migrated_template)
