"""How many requests one visitor may make in a minute, per process.

It keeps a page in a loop from slowing others down. Guessing of passwords has its own,
stricter budget in the core, shared by all processes.
"""

import hashlib
import re
from collections import OrderedDict
from collections.abc import Callable
from math import ceil
from time import monotonic

from litestar.types import ASGIApp, Message, Receive, Scope, Send

from adapters.http.calls import Call, call_of
from adapters.http.errors import Refusal, refuse
from adapters.http.house import SESSION
from portal_core.events import ActorKind
from portal_core.identity.throttle import network_of

SIGNED_IN = 600
ANONYMOUS = 120
WINDOW = 60.0
_MOST_BUCKETS = 50_000
_SESSION = re.compile(rb"(?:^|;\s*)(?:__Host-)?%s=([^;]+)" % SESSION.encode())
_API = "/api/"
_FREE = ("/static/", "/health/", "/metrics", "/favicon.ico")


class Buckets:
    """Tokens by visitor: a full bucket at first, refilled evenly over a minute."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait(self, key: str, size: int) -> float:
        """Take a token; return for how many seconds there is none, or 0."""
        now = self._clock()
        tokens, at = self._buckets.pop(key, (float(size), now))
        tokens = min(float(size), tokens + (now - at) * size / WINDOW)
        wait = 0.0 if tokens >= 1 else (1 - tokens) * WINDOW / size
        self._buckets[key] = (tokens - 1 if tokens >= 1 else tokens, now)
        if len(self._buckets) > _MOST_BUCKETS:
            self._buckets.popitem(last=False)
        return wait

    def left(self, key: str, size: int) -> tuple[int, int]:
        """Return how many tokens are left, and in how many seconds all are back."""
        tokens, _ = self._buckets.get(key, (float(size), 0.0))
        return int(tokens), ceil((size - tokens) * WINDOW / size)


class Limits:
    """Turns away visitors who ask too often.

    A cookie or key buys the larger budget only after it has opened the door once, so
    that made-up ones do not help.
    """

    def __init__(self, app: ASGIApp, buckets: Buckets) -> None:
        self._app = app
        self._buckets = buckets
        self._known: OrderedDict[bytes, None] = OrderedDict()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer 429."""
        if scope["path"].startswith(_FREE):
            await self._app(scope, receive, send)
            return
        call, credential = call_of(scope), _credential(scope)
        key, size = self._budget(call, credential)
        wait = self._buckets.wait(key, size)
        if scope["path"].startswith(_API):
            send = _telling(send, size, *self._buckets.left(key, size))
        if wait:
            headers = {"retry-after": str(ceil(wait))}
            message = "Too many requests. Wait a moment, then try again."
            refusal = Refusal(429, "throttled", message, headers)
            await refuse(refusal, scope, receive, send)
            return
        await self._app(scope, receive, send)
        self._learn(call, credential)

    def _budget(self, call: Call, credential: bytes) -> tuple[str, int]:
        """Return whose bucket it is, and how many tokens fit into it."""
        if credential in self._known:
            return credential.hex(), SIGNED_IN
        return network_of(call.address), ANONYMOUS

    def _learn(self, call: Call, credential: bytes) -> None:
        """Remember a credential that opened the door."""
        opened = call.actor is not None and call.actor.kind is not ActorKind.SYSTEM
        if not credential or not opened:
            return
        self._known[credential] = None
        self._known.move_to_end(credential)
        if len(self._known) > _MOST_BUCKETS:
            self._known.popitem(last=False)


def _telling(send: Send, size: int, left: int, seconds: int) -> Send:
    """Let programs read their budget (draft-ietf-httpapi-ratelimit-headers-10)."""
    told = [
        (b"ratelimit-policy", b'"burst";q=%d;w=%d' % (size, WINDOW)),
        (b"ratelimit", b'"burst";r=%d;t=%d' % (left, seconds)),
    ]

    async def telling(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message["headers"], *told]
        await send(message)

    return telling


def _credential(scope: Scope) -> bytes:
    """Return a digest of the session's cookie or of the key; empty if there is neither."""
    found = b""
    for name, value in scope["headers"]:
        if name == b"cookie" and (cookie := _SESSION.search(value)):
            found = cookie[1]
        if name in {b"authorization", b"x-api-key"}:
            found = value
    return hashlib.blake2b(found, digest_size=16).digest() if found else b""
