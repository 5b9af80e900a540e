"""HTTP to strangers: checked addresses, no redirects, short patience, small answers."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator
from email.utils import parsedate_to_datetime
from functools import cached_property

import httpx

from adapters.net.guard import NetworkGuard
from portal_core.automation.ports import Sent
from portal_core.errors import Unavailable

LONGEST_ANSWER = 64_000
TOTAL_SECONDS = 20.0
_BODY_SECONDS = 3.0
_MOST_ADDRESSES = 3
_MOST_HOSTS = 100
_HEADERS = {"user-agent": "Atrium/1 (webhooks)", "accept-encoding": "identity"}


class GuardedClient:
    """Calls addresses that the guard has checked, and only these."""

    def __init__(
        self,
        guard: NetworkGuard,
        *,
        total_seconds: float = TOTAL_SECONDS,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._total_seconds = total_seconds
        self._client = httpx.AsyncClient(
            transport=_CheckedTransport(guard, tls),
            # below the total: httpx closes the connection of a handshake that hangs
            timeout=httpx.Timeout(15.0, connect=min(5.0, total_seconds / 2)),
            follow_redirects=False,
            trust_env=False,
            headers=_HEADERS,
        )

    async def post(self, url: str, body: bytes, headers: dict[str, str]) -> Sent:
        return await self._send("POST", url, body, headers)

    async def get(self, url: str, headers: dict[str, str]) -> Sent:
        return await self._send("GET", url, None, headers)

    async def _send(
        self, method: str, url: str, body: bytes | None, headers: dict[str, str]
    ) -> Sent:
        try:
            async with (
                asyncio.timeout(self._total_seconds) as limit,
                self._client.stream(method, url, content=body, headers=headers) as answer,
            ):
                limit.reschedule(None)  # the status says whether it was taken
                return await _sent(answer)
        except (httpx.HTTPError, httpx.InvalidURL, OSError, TimeoutError) as error:
            raise Unavailable(f"No answer: {type(error).__name__}.") from error

    async def fetch(self, url: str) -> AsyncIterator[bytes]:
        """Yield what lies there. Raises Forbidden, and Unavailable unless it is 200."""
        try:
            async with self._client.stream("GET", url) as answer:
                if answer.status_code != httpx.codes.OK:
                    raise Unavailable(f"The address answered {answer.status_code}.")
                async for piece in answer.aiter_raw():
                    yield piece
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            raise Unavailable(f"No answer: {type(error).__name__}.") from error

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()


class _CheckedTransport(httpx.AsyncBaseTransport):
    """Connects to the address that was checked, in the name of the host that was asked.

    Hosts have connections of their own: one that was made in the name of another host,
    and has its certificate, is never used again for this one.
    """

    def __init__(self, guard: NetworkGuard, tls: ssl.SSLContext | None) -> None:
        self._guard = guard
        self._given_tls = tls
        self._by_host: dict[str, httpx.AsyncHTTPTransport] = {}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        host = request.url.host
        port = request.url.port or (443 if request.url.scheme == "https" else 80)
        addresses = await self._guard.addresses_of(host, port)
        connections = await self._connections(host)
        request.extensions = {**request.extensions, "sni_hostname": host}
        *others, last = addresses[:_MOST_ADDRESSES]
        for address in others:
            with contextlib.suppress(httpx.ConnectError, httpx.ConnectTimeout):
                request.url = request.url.copy_with(host=address)
                return await connections.handle_async_request(request)
        request.url = request.url.copy_with(host=last)
        return await connections.handle_async_request(request)

    async def aclose(self) -> None:
        for connections in self._by_host.values():
            await connections.aclose()
        self._by_host.clear()

    async def _connections(self, host: str) -> httpx.AsyncHTTPTransport:
        if host not in self._by_host:
            if len(self._by_host) >= _MOST_HOSTS:
                oldest = self._by_host.pop(next(iter(self._by_host)))
                await oldest.aclose()
            limits = httpx.Limits(max_connections=50, keepalive_expiry=30.0)
            self._by_host[host] = httpx.AsyncHTTPTransport(
                verify=self._tls, limits=limits, trust_env=False
            )
        return self._by_host[host]

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        """What every connection trusts; reading it in takes a while, so it is done once."""
        return self._given_tls or httpx.create_ssl_context()


async def _sent(answer: httpx.Response) -> Sent:
    """Read as much of the body as we keep and as comes in time; nothing is unpacked."""
    body = b""
    with contextlib.suppress(TimeoutError, httpx.HTTPError):
        async with asyncio.timeout(_BODY_SECONDS):
            async for piece in answer.aiter_raw():
                body += piece
                if len(body) >= LONGEST_ANSWER:
                    break
    text = body[:LONGEST_ANSWER].decode(errors="replace").replace("\x00", "")
    return Sent(answer.status_code, text, _retry_after(answer.headers))


def _retry_after(headers: httpx.Headers) -> float | None:
    """Return for how many seconds the receiver wants to be left alone, if it says so."""
    text = headers.get("retry-after", "")
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        wait = parsedate_to_datetime(text) - parsedate_to_datetime(headers.get("date", ""))
    except (TypeError, ValueError):
        return None
    return max(0.0, wait.total_seconds())
