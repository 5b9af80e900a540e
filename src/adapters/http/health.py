"""Whether the portal lives and can serve, and what robots and reporters are told."""

from datetime import timedelta
from typing import Protocol

import structlog
from litestar import Controller, MediaType, Response, get
from litestar.di import NamedDependency

from adapters.http.csrf import PUBLIC
from adapters.http.house import House
from portal_core.clock import Clock

_log = structlog.get_logger("portal.http")
_EXPIRES = timedelta(days=180)


class Readiness(Protocol):
    """Knows whether the database answers and has the schema that this version needs."""

    async def check(self) -> None:
        """Raise an exception that says what is missing."""


class ReadinessProbe:
    """Asks what serving depends on; any failure at all means not ready."""

    def __init__(self, readiness: Readiness) -> None:
        self._readiness = readiness

    async def ready(self) -> bool:
        """Return whether the portal can serve; why not stands in the log."""
        try:
            await self._readiness.check()
        except Exception as error:  # noqa: BLE001 - whatever it is, we are not ready
            _log.warning("not ready", reason=str(error))
            return False
        return True


class SecurityContact:
    """What security.txt says (RFC 9116)."""

    def __init__(self, house: House, clock: Clock, contact: str) -> None:
        self._house = house
        self._clock = clock
        self._contact = f"mailto:{contact}" if contact else f"{house.public_url}/"

    def text(self) -> str:
        """Return the file, valid for half a year from today."""
        expires = (self._clock() + _EXPIRES).strftime("%Y-%m-%dT00:00:00Z")
        here = self._house.public_url
        return (
            f"Contact: {self._contact}\nExpires: {expires}\nPreferred-Languages: en\n"
            f"Canonical: {here}/.well-known/security.txt\n"
        )


class Wayside(Controller):
    """Small answers for machines that pass by."""

    opt = {PUBLIC: True}  # noqa: RUF012 - Litestar reads it so

    @get("/health/live", media_type=MediaType.TEXT)
    async def live(self) -> str:
        """Answer at all."""
        return "alive\n"

    @get("/health/ready")
    async def ready(self, readiness: NamedDependency[ReadinessProbe]) -> Response[str]:
        """Answer 200 only if the database answers and its schema fits."""
        good = await readiness.ready()
        return Response(
            "ready\n" if good else "not ready\n",
            status_code=200 if good else 503,
            media_type=MediaType.TEXT,
            headers={} if good else {"retry-after": "5"},
        )

    @get("/robots.txt", media_type=MediaType.TEXT)
    async def robots(self) -> str:
        """Ask robots to stay away: there is nothing to find without signing in."""
        return "User-agent: *\nDisallow: /\n"

    @get("/.well-known/security.txt", media_type=MediaType.TEXT)
    async def reporting(self, security: NamedDependency[SecurityContact]) -> str:
        """Say where to report a weakness."""
        return security.text()
