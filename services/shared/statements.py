"""Parts of SQL statements."""

from collections.abc import Collection
from typing import TypeVar

from sqlalchemy import ARRAY, ColumnElement, any_, literal

V = TypeVar("V")


def is_one_of(column: ColumnElement[V], values: Collection[V]) -> ColumnElement[bool]:
    """Return the test that a column holds one of the values, however many: they are one argument."""
    return column == any_(literal(list(values), ARRAY(column.type)))
