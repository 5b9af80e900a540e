"""What is known of a request before any handler sees it, in one place with a type."""

import secrets
from typing import Any

from litestar.connection import ASGIConnection, Request
from litestar.types import Scope

from portal_core.companies.access import Visit
from portal_core.events import ActorRef
from portal_core.identity.visitor import Visitor

AnyRequest = Request[Any, Any, Any]

_KEY = "call"
_LONGEST_BROWSER = 200


class Call:
    """One request: who calls from where, and how it is named in logs and pages.

    `address` and `https` are what the visitor's side saw, forwarded headers resolved.
    `known_sender` is False if a forwarded header came from somebody we do not trust.
    `visit` and `actor` are filled in by whoever opens the door.
    """

    __slots__ = (
        *("actor", "address", "https", "known_sender", "nonce", "request_id", "visit"),
    )

    def __init__(
        self, *, request_id: str, address: str, https: bool, known_sender: bool
    ) -> None:
        self.request_id = request_id
        self.address = address
        self.https = https
        self.known_sender = known_sender
        self.nonce = secrets.token_urlsafe(16)
        self.visit: Visit | None = None
        self.actor: ActorRef | None = None


def attach(scope: Scope, call: Call) -> None:
    """Make the call the one of this request, and of no other."""
    scope["state"] = {**scope.get("state", {}), _KEY: call}


def call_of(connection: ASGIConnection[Any, Any, Any, Any] | Scope) -> Call:
    """Return the call of a request."""
    scope = connection.scope if isinstance(connection, ASGIConnection) else connection
    call = scope["state"][_KEY]
    if not isinstance(call, Call):
        raise TypeError("The request did not come through the front door.")
    return call


def visitor(request: AnyRequest) -> Visitor:
    """Return who stands at the door, as the core's services want to know it."""
    call = call_of(request)
    browser = request.headers.get("user-agent", "")[:_LONGEST_BROWSER]
    return Visitor(call.address, browser, call.request_id)
