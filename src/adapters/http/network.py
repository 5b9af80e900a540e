"""Where a request comes from and whom it was sent to, as far as we can believe it."""

import re
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import urlsplit

from litestar.datastructures import Headers
from litestar.types import ASGIApp, Receive, Scope, Send

from adapters.http.calls import Call, attach
from adapters.http.errors import Refusal, refuse
from portal_core.ids import new_id

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
_ANY_HOST = ("/health/", "/metrics")
_UNKNOWN = "unknown"

Address = IPv4Address | IPv6Address


class Network:
    """The networks of our own proxies, and the one address of the portal."""

    def __init__(self, *, public_url: str, trusted_proxies: Sequence[str]) -> None:
        parts = urlsplit(public_url)
        self.public_url = public_url
        self.https = parts.scheme == "https"
        self._host = (parts.hostname or "").lower()
        self._trusted = tuple(ip_network(entry) for entry in trusted_proxies)

    def trusts(self, address: str) -> bool:
        """Return whether the address is one of our proxies."""
        parsed = _parsed(address)
        return parsed is not None and any(parsed in network for network in self._trusted)

    def inside(self, call: Call) -> bool:
        """Return whether a call comes from this machine or from our proxies' networks."""
        parsed = _parsed(call.address)
        if parsed is None or not call.known_sender:
            return False
        return parsed.is_loopback or self.trusts(call.address)

    def call(self, scope: Scope, headers: Headers) -> Call:
        """Return what is known of a request. Only our proxies forward anything."""
        client = scope.get("client")
        peer = _plain(client[0]) if client else _UNKNOWN
        trusted = self.trusts(peer)
        forwarded = headers.get("x-forwarded-for", "")
        https = scope.get("scheme") == "https"
        if trusted:
            https = _last(headers.get("x-forwarded-proto", "")) == "https" or https
        return Call(
            request_id=_request_id(headers.get("x-request-id", "")),
            address=self._furthest(peer, forwarded) if trusted else peer,
            https=https or self.https,
            known_sender=trusted or not forwarded,
        )

    def accepts(self, scope: Scope, headers: Headers) -> bool:
        """Return whether the request was sent to the portal's own name."""
        if scope["path"].startswith(_ANY_HOST):
            return True
        client = scope.get("client")
        host = headers.get("host", "")
        if client and self.trusts(_plain(client[0])):
            host = _last(headers.get("x-forwarded-host", "")) or host
        return _name_of(host) == self._host

    def _furthest(self, peer: str, forwarded: str) -> str:
        """Return the last address that our own proxies vouch for, read from the right."""
        address = peer
        for hop in reversed(forwarded.split(",")):
            if not self.trusts(address):
                break
            candidate = _plain(hop.strip())
            if _parsed(candidate) is None:
                break
            address = candidate
        return address


class Doorstep:
    """Notes who calls from where, and gives the request its id."""

    def __init__(self, app: ASGIApp, network: Network) -> None:
        self._app = app
        self._network = network

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Attach the call to the scope, and go on."""
        attach(scope, self._network.call(scope, Headers.from_scope(scope)))
        await self._app(scope, receive, send)


class HostCheck:
    """Turns away requests that were sent to another name than the portal's."""

    def __init__(self, app: ASGIApp, network: Network) -> None:
        self._app = app
        self._network = network

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Go on if the host is ours."""
        if self._network.accepts(scope, Headers.from_scope(scope)):
            await self._app(scope, receive, send)
            return
        message = f"This portal is at {self._network.public_url}, and answers nowhere else."
        await refuse(Refusal(400, "wrong_host", message), scope, receive, send)


def _request_id(text: str) -> str:
    return text if _REQUEST_ID.fullmatch(text) else new_id().hex


def _plain(text: str) -> str:
    """Return an address without port and brackets, IPv4 written as IPv4."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    parsed = _parsed(text)
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return text if parsed is None else str(parsed)


def _parsed(text: str) -> Address | None:
    try:
        return ip_address(text)
    except ValueError:
        return None


def _last(text: str) -> str:
    return text.rpartition(",")[2].strip().lower()


def _name_of(host: str) -> str:
    if host.startswith("["):
        return host[1:].partition("]")[0].lower()
    return host.partition(":")[0].lower()
