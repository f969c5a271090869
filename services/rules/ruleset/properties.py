"""Names of the properties that the engine tests: it knows them by a 32-bit hash only."""

from collections.abc import Iterable

from services.shared.errors import RefusedError

KIND = "k"
"""What every fact has and every rule asks for: after an action the engine asserts its own state as well, and
a rule that asks only for absent properties would match that state, act, and so match it again for ever."""

RESERVED_PROPERTIES = ("sid", "id", "$s", "$forward", KIND)
"""Names that mean something to the engine, or to us."""


class PropertyCollisionError(RefusedError):
    """The engine cannot tell the properties {first} and {second} apart."""

    slug = "property-collision"
    zh = "规则引擎无法区分属性 {first} 和 {second}。"
    first: str
    second: str


def property_name(place: int) -> str:
    """Return the name of the property for the feature at this place of a table."""
    return f"f{place}"


def refuse_collisions(names: Iterable[str]) -> None:
    """Refuse names that share a hash with each other or with a reserved one.

    Raises:
        PropertyCollisionError: two of them collide.
    """
    seen: dict[int, str] = {}
    for name in (*RESERVED_PROPERTIES, *names):
        other = seen.setdefault(property_hash(name), name)
        if other != name:
            raise PropertyCollisionError(first=other, second=name)


def property_hash(name: str) -> int:
    """Return what the engine knows a property by: 32-bit FNV-1a."""
    value = 0x811C9DC5
    for byte in name.encode():
        value = (value ^ byte) * 0x01000193 & 0xFFFFFFFF
    return value
