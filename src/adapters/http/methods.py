"""HEAD and OPTIONS, for every address alike (RFC 9110 §9.3)."""

from typing import cast

from litestar.types import ASGIApp, HTTPScope, Message, Receive, Scope, Send

_ASKING = "?"
_NOT_ALLOWED = 405
_NO_CONTENT = 204
_LENGTHS = {b"content-length", b"content-type"}


class Methods:
    """Answers HEAD wherever there is a GET, and OPTIONS wherever there is anything."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, as another one where that gives the answer."""
        method = scope.get("method")
        if method == "HEAD":
            cast("HTTPScope", scope)["method"] = "GET"
            send = _without_body(send)
        elif method == "OPTIONS":
            # Litestar's own answer knows only the methods of the first of several handlers;
            # its refusal of a method that nobody has names all of them.
            cast("dict[str, object]", scope)["method"] = _ASKING
            send = _without_body(_as_content(send))
        await self._app(scope, receive, send)


def _without_body(send: Send) -> Send:
    async def send_without_body(message: Message) -> None:
        if message["type"] == "http.response.body":
            message["body"] = b""
        await send(message)

    return send_without_body


def _as_content(send: Send) -> Send:
    """Turn the refusal of a method into what OPTIONS asked for: the list of methods."""

    async def send_as_content(message: Message) -> None:
        if message["type"] == "http.response.start" and message["status"] == _NOT_ALLOWED:
            message["status"] = _NO_CONTENT
            headers = message["headers"]
            message["headers"] = [pair for pair in headers if pair[0] not in _LENGTHS]
        await send(message)

    return send_as_content
