"""One organisation, one currency: amounts that others send are in it (A14)."""

from collections.abc import Iterable, Mapping

from contracts.money import Money
from services.shared.errors import RefusedError


class OtherCurrencyError(RefusedError):
    """The field {field} is in {currency}; amounts are taken in {base} only."""

    slug = "other-currency"
    zh = "字段 {field} 的币种是 {currency},而系统只接受 {base}。"
    members = ("field", "base")
    field: str
    currency: str
    base: str


def check_currency(values: Mapping[str, object], fields: Iterable[str], *, base: str) -> None:
    """Raise OtherCurrencyError when one of these fields has an amount that is not in the base currency."""
    for field in fields:
        money = values.get(field)
        if isinstance(money, Money) and money.currency != base:
            raise OtherCurrencyError(field=field, currency=money.currency, base=base)
