"""Which addresses outgoing calls may reach.

A name is resolved once, every address behind it is checked, and the caller connects to a
checked one: a name that answers differently a moment later changes nothing. Numbers in odd
spelling (decimal, octal, hex) are what the resolver makes of them, so they are checked.
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Sequence
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from urllib.parse import urlsplit

from portal_core.errors import Forbidden, Invalid, Unavailable

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
Resolve = Callable[[str, int], Awaitable[Sequence[str]]]

# IANA's special-purpose registries (RFC 6890 and its successors), listed here because
# Python's `is_global` differs between versions.
_CLOSED_V4 = tuple(
    IPv4Network(text)
    for text in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/3",
    )
)
_OPEN_V6 = IPv6Network("2000::/3")
_CLOSED_V6 = tuple(
    IPv6Network(text) for text in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")
)
_NAT64 = IPv6Network("64:ff9b::/96")
_WEB_PORTS = {80, 443}
_FREE_PORTS = 1_024
_PATIENCE = 5.0


async def resolve(host: str, port: int) -> Sequence[str]:
    """Return the addresses behind a host name, as the system knows them."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]).partition("%")[0] for entry in found))


class NetworkGuard:
    """Lets calls through to public addresses, and to the networks that are allowed."""

    def __init__(self, *, allowed: Sequence[str] = (), resolve: Resolve = resolve) -> None:
        self._allowed: tuple[Network, ...] = tuple(ip_network(text) for text in allowed)
        self._resolve = resolve

    async def check(self, url: str) -> None:
        try:
            parts = urlsplit(url)
            port = parts.port or (443 if parts.scheme == "https" else 80)
            await self.addresses_of(parts.hostname or "", port)
        except (Forbidden, Unavailable) as refusal:
            raise Invalid(refusal.message, field="url", code="address") from refusal
        except ValueError as error:
            raise Invalid("This is not an address.", field="url") from error

    async def addresses_of(self, host: str, port: int) -> Sequence[str]:
        """Return the addresses to connect to, best first; every one was checked.

        Raises Forbidden if one is not to be reached, Unavailable if there is none.
        """
        if port < _FREE_PORTS and port not in _WEB_PORTS:
            raise Forbidden(
                f"Port {port} belongs to another service. Use 80, 443, or one from "
                f"{_FREE_PORTS} up."
            )
        try:
            async with asyncio.timeout(_PATIENCE):
                found = await self._resolve(host, port)
        except (OSError, UnicodeError, TimeoutError) as error:
            raise Unavailable(f"There is no address behind the name {host}.") from error
        addresses = [ip_address(text) for text in found]
        if not addresses:
            raise Unavailable(f"There is no address behind the name {host}.")
        for address in addresses:
            if not self._may_reach(address):
                raise Forbidden(
                    f"{host} leads to {address}, which is not a public address. An "
                    "operator can allow its network (PORTAL_WEBHOOK_ALLOWED_NETWORKS)."
                )
        return [str(address) for address in addresses]

    def _may_reach(self, address: Address) -> bool:
        plain = _embedded(address) or address
        listed = any(
            each in network for network in self._allowed for each in (address, plain)
        )
        return listed or (_is_public(address) and _is_public(plain))


def _embedded(address: Address) -> IPv4Address | None:
    """Return the IPv4 address that an IPv6 address stands for, if it stands for one."""
    if isinstance(address, IPv4Address):
        return None
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour


def _is_public(address: Address) -> bool:
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _CLOSED_V4)
    return address in _OPEN_V6 and not any(address in network for network in _CLOSED_V6)
