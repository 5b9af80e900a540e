"""Somebody at the door."""

from msgspec import Struct


class Visitor(Struct, frozen=True):
    """Somebody at the door, before we know who: network address, browser, request.

    `browser` is what the browser says it is. `known_as` are the tokens by which people who
    signed in there before would know it again.
    """

    address: str
    browser: str = ""
    request_id: str | None = None
    known_as: tuple[str, ...] = ()
