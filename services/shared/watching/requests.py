"""One canonical line, one count and one span for each request over HTTP."""

from http import HTTPMethod
from time import perf_counter

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.shared import metrics
from services.shared.logs import canonical, is_shown
from services.shared.telemetry import current_trace, requested

_QUIET = frozenset({"/healthz", "/readyz", "/metrics"})
"""Asked every few seconds by machines: counted, and neither told nor traced."""

_METHODS = frozenset(HTTPMethod)
_LOGGER = __name__


class WatchedRequests:
    """Goes around an application: `app.add_middleware(WatchedRequests, service=…)`.

    Of the address only the template of its route is told: queries and bodies name people.
    """

    def __init__(self, app: ASGIApp, *, service: str) -> None:
        self._app = app
        self._service = service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, and tell of it when it is answered."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
        elif scope["path"] in _QUIET:
            await _Told(self._app, scope)(receive, send)
        else:
            with requested(self._service, _traceparent(scope), _method(scope)) as span:
                told = _Told(self._app, scope)
                try:
                    await told(receive, send)
                finally:
                    span.update_name(f"{_method(scope)} {told.route}")
                    span.set_attribute("http.route", told.route)
                    span.set_attribute("http.response.status_code", told.status)
                    told.tell()


class _Told:
    """One request on its way through the application."""

    def __init__(self, app: ASGIApp, scope: Scope) -> None:
        self._app = app
        self._scope = scope
        self._seconds = 0.0
        self.status = 500  # what is answered when the application breaks

    @property
    def route(self) -> str:
        """The template of the route, whole where it is made of several routers."""
        route = self._scope.get("fastapi", {}).get("effective_route_context") or self._scope.get("route")
        return str(getattr(route, "path", None) or "unknown")

    async def __call__(self, receive: Receive, send: Send) -> None:
        """Run the application and count."""
        started = perf_counter()

        async def watched_send(message: Message) -> None:
            if message["type"] == "http.response.start":
                self.status = message["status"]
            await send(message)

        try:
            await self._app(self._scope, receive, watched_send)
        finally:
            self._seconds = perf_counter() - started
            method = _method(self._scope)
            metrics.requests.labels(self.route, method, str(self.status)).inc()
            metrics.request_seconds.labels(self.route, method).observe(self._seconds)

    def tell(self) -> None:
        """Write the canonical line."""
        if is_shown(_LOGGER):
            line = {
                "method": _method(self._scope),
                "route": self.route,
                "status": self.status,
                "seconds": round(self._seconds, 4),
                "problem": self._scope.get("state", {}).get("problem"),
                "trace_id": current_trace(),
            }
            canonical(_LOGGER, "request_handled", [line])


def _method(scope: Scope) -> str:
    method = str(scope["method"])
    return method if method in _METHODS else "OTHER"


def _traceparent(scope: Scope) -> str | None:
    for name, value in scope["headers"]:
        if name == b"traceparent":
            return str(value, "latin-1")
    return None
