"""One line and one measurement per request: what was asked for, never what with."""

from time import perf_counter

import structlog
from litestar.types import ASGIApp, Message, Receive, Scope, Send
from structlog.contextvars import bind_contextvars, clear_contextvars

from adapters.http.calls import Call, call_of
from adapters.http.metrics import Metrics

_QUIET = ("/static/", "/health/", "/metrics")
_NOWHERE = "(none)"
_MOUNTS = ("/static",)

_log = structlog.get_logger("portal.http")


class AccessLog:
    """Logs and measures by the route's template: ids make no series of their own."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; log it when the answer is out."""
        call, method = call_of(scope), str(scope.get("method", ""))
        clear_contextvars()
        bind_contextvars(request_id=call.request_id)
        began = perf_counter()
        status = 500

        async def send_and_note(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, send_and_note)
        finally:
            seconds = perf_counter() - began
            route = route_of(scope)
            self._metrics.note(method, route, status, seconds)
            _line(scope["path"], call, method, route, status, seconds)


def route_of(scope: Scope) -> str:
    """Return the template of the route that took the request."""
    for mount in _MOUNTS:
        if scope["path"].startswith(f"{mount}/"):
            return mount
    return str(scope.get("path_template") or _NOWHERE)


def _line(
    path: str, call: Call, method: str, route: str, status: int, seconds: float
) -> None:
    log = _log.debug if path.startswith(_QUIET) and status < 400 else _log.info  # noqa: PLR2004
    actor = call.actor
    log(
        "request",
        method=method,
        route=route,
        status=status,
        ms=round(seconds * 1_000, 1),
        address=call.address,
        actor=actor.kind.value if actor else "nobody",
        actor_id=str(actor.id) if actor and actor.id else None,
    )
