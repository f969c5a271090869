"""Whatever a cell holds, each kind of field has a value for it or a reason."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.vocabulary import Intent
from services.shared.imports import kinds
from services.shared.imports.amounts import AmountForm
from services.shared.imports.cells import CellError, is_empty, shown
from services.shared.imports.conversion import Form, convert, is_hidden, says_nothing, to_id
from services.shared.imports.table import Cell, FormattedNumber, MissingResult

FORM = Form(ZoneInfo("Asia/Shanghai"), AmountForm("CNY"), dates=("%m/%d/%Y",))
CELLS = st.one_of(
    st.text(max_size=30),
    st.text("0123456789+-.,:/()年月日 万亿元¥%eE*@转", max_size=20),
    st.floats(),
    st.sampled_from([float("inf"), float("-inf"), float("nan"), 1e308, 1e16, -0.0]),
    st.from_regex(r"\A-?[0-9]{1,40}(\.[0-9]{1,30})?\Z"),
    st.integers(),
    st.booleans(),
    st.dates(),
    st.datetimes(),
    st.times(),
    st.timedeltas(),
    st.builds(MissingResult, st.text(max_size=5)),
    st.builds(FormattedNumber, st.floats(), st.text(max_size=5)),
)
KINDS: list[kinds.Kind] = [
    *(kinds.Text(), kinds.Name(), kinds.Integer(), kinds.Number(), kinds.Amount(), kinds.Amount(signed=True)),
    *(kinds.Day(), kinds.Moment(), kinds.Moment(is_deadline=True), kinds.Choice.of(Intent), kinds.Flag()),
    *(kinds.Filled(), kinds.Phone(), kinds.Email(), kinds.Tags(), kinds.Ref("customer")),
]


@pytest.mark.parametrize("kind", KINDS, ids=str)
@settings(deadline=None, max_examples=300)
@given(CELLS)
def test_every_cell_has_a_value_or_a_reason(kind: kinds.Kind, cell: Cell) -> None:
    assert isinstance(shown(cell), str)
    if is_empty(cell) or says_nothing(kind, cell) or is_hidden(kind, cell):
        return
    try:
        value = convert(kind, cell, FORM)
    except CellError:
        return
    assert value is not None
    assert not isinstance(cell, MissingResult)


@settings(deadline=None)
@given(CELLS)
def test_every_id_is_one_or_has_a_reason(cell: Cell) -> None:
    try:
        code = to_id(cell)
    except CellError:
        return
    assert to_id(code) == code
    assert not isinstance(cell, MissingResult | bool | date | datetime | time | timedelta)
