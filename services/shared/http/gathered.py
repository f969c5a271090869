"""Routes that several services have, gathered on one port: whose answer is asked for (`?service=`)."""

from collections.abc import Iterable

from services.shared.errors import NotFoundError


class UnknownServiceError(NotFoundError):
    """The service {service!r} does not answer here; who does: {known}."""

    slug = "unknown-service"
    zh = "这里没有服务“{service}”;有:{known}。"
    members = ("service",)
    service: str
    known: str


def check_service(asked: str | None, known: Iterable[str]) -> None:
    """Raise UnknownServiceError when a service is asked for that is none of those that answer here."""
    names = sorted(known)
    if asked is not None and asked not in names:
        raise UnknownServiceError(service=asked, known=", ".join(names))
