"""Tables that hold more than one kind of record: which kinds follow from a table of one, and their columns.

The tables of the documents name a contact, past contacts and a plan beside each customer (D2 table 1, D4).
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from services.shared.imports.cells import is_empty
from services.shared.imports.errors import NotInTableError, Reason
from services.shared.imports.table import Table

KINDS: Mapping[str, str] = {
    "customers": "客户",
    "contacts": "联系人",
    "purchases": "购买记录",
    "people": "人员",
    "plans": "跟进计划",
    "follow_ups": "跟进记录",
    "opportunities": "商机",
}
"""What the kinds of records are called in Chinese."""

_CUSTOMER = ("客户名称", "公司名称", "企业名称", "客户全称", "name")
_OWNER = ("负责人", "客户负责人", "销售代表", "owner")


@dataclass(frozen=True)
class Following:
    """Records of another kind in the same table: there if one of the columns `by` is, with `more` of them.

    Columns `beside` are of the table's own kind, and are read by this one as well.
    """

    what: str
    by: tuple[str, ...]
    more: tuple[str, ...] = ()
    beside: tuple[str, ...] = _CUSTOMER

    def columns(self, table: Table) -> tuple[str, ...]:
        """The table's columns that belong to this kind alone; none when it names no such record."""
        if not any(table.all_named(word) for word in self.by):
            return ()
        return _present(table, (*self.by, *self.more))

    def shared(self, table: Table) -> tuple[str, ...]:
        """The table's columns that its own kind reads too."""
        return _present(table, self.beside)

    def part(self, table: Table, *, also: Collection[str] = ()) -> Table:
        """The part of the table that is about this kind: its columns, and rows with something in them.

        Columns that are read `also` stay.
        """
        own = self.columns(table)
        rows = tuple(row for row in table.rows if any(not is_empty(table.cell(row, name)) for name in own))
        kept = (*self.shared(table), *own, *_present(table, also))
        return Table(table.file, table.columns, rows).only(kept)


FOLLOWING: Mapping[str, Sequence[Following]] = {
    "customers": (
        Following(
            "contacts",
            by=("联系人及职务", "联系人和职务", "联系人", "联系人姓名", "客户姓名"),
            more=(
                *("联系方式", "联系电话", "电话", "手机", "邮箱", "电子邮箱", "电子邮件"),
                *("职位", "职务", "决策角色", "沟通偏好", "联系偏好"),
            ),
        ),
        # Without the owner: who is responsible now need not be who held these contacts.
        Following("follow_ups", by=("互动历史", "最后联系日期", "最近联系日期", "最后联系时间")),
        Following("plans", by=("跟进计划",), beside=(*_CUSTOMER, *_OWNER)),
    )
}


@dataclass(frozen=True)
class Continuation:
    """A kind as which the same file is to be imported next, and the columns that it takes."""

    what: str
    columns: tuple[str, ...]


def continuations(what: str, table: Table) -> list[Continuation]:
    """The kinds that follow from a table of records of the kind `what`."""
    found = [each for each in FOLLOWING.get(what, ()) if each.part(table).rows]
    return [Continuation(each.what, each.columns(table)) for each in found]


def following(main: str, what: str) -> Following:
    """How records of the kind `what` stand in a table of the kind `main`; raises NotInTableError."""
    for each in FOLLOWING.get(main, ()):
        if each.what == what:
            return each
    raise NotInTableError(what=what, main=main)


def belongs_to(what: str, column: str, table: Table) -> Reason | None:
    """The kind that a column of a table of `what` belongs to, if that is another one."""
    for each in FOLLOWING.get(what, ()):
        if any(column in table.all_named(word) for word in (*each.by, *each.more)):
            return belonging(each.what)
    return None


def belonging(what: str) -> Reason:
    """Say that a column is one of another kind of records."""
    return Reason(
        zh=f"该列属于{KINDS.get(what, what)}，可将同一文件再按 {what} 导入",
        en=f"This column belongs to {what}: import the file as {what} too",
    )


def _present(table: Table, words: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for word in words for name in table.all_named(word)))
