"""Users, their sessions, and the keys that act without a person."""

import re
from collections.abc import Collection
from datetime import datetime, timedelta
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from msgspec import Struct
from msgspec.structs import replace

from portal_core.errors import Invalid, Problem
from portal_core.identity.factors import Method
from portal_core.identity.permissions import MSP_ONLY, SCOPES, MspRole, Permission
from portal_core.identity.policy import Shown
from portal_core.ids import CompanyId, KeyId, ProviderId, SessionId, UserId, new_id

_EMAIL = re.compile(r"[^@\s<>\"',;:()\[\]\\\x00-\x1f]+@[^@\s.]+(\.[^@\s.]+)+")


class User(Struct, frozen=True, kw_only=True):
    """Someone who signs in."""

    id: UserId
    email: str
    name: str
    msp_role: MspRole | None = None
    disabled: bool = False
    must_change_password: bool = False
    created_at: datetime
    signed_in_at: datetime | None = None
    version: int = 1

    @classmethod
    def create(
        cls, *, email: str, name: str, at: datetime, msp_role: MspRole | None = None
    ) -> "User":
        """Return a new user. Raises Invalid for a broken address or an empty name."""
        email, name = normal_email(email), clean_name(name)
        id_ = UserId(new_id())
        return cls(id=id_, email=email, name=name, msp_role=msp_role, created_at=at)

    def renamed(self, name: str) -> "User":
        """Return the user under another name."""
        return replace(self, name=clean_name(name))


class Session(Struct, frozen=True, kw_only=True):
    """A signed-in browser. The browser holds the token; here is only its SHA-256.

    `methods` are how its user has shown who they are, `provider_id` who vouched for
    them, and `proved_at` when they last showed it. `second_factor` is whether they have
    shown two things, or one that stands for two.
    """

    id: SessionId
    token_hash: bytes
    user_id: UserId
    methods: tuple[Method, ...]
    provider_id: ProviderId | None = None
    second_factor: bool
    proved_at: datetime
    created_at: datetime
    seen_at: datetime
    ends_at: datetime
    idle_minutes: int
    network: str
    browser: str

    def alive(self, now: datetime) -> bool:
        """Return whether the session may still be used."""
        idle = timedelta(minutes=self.idle_minutes)
        return now < min(self.ends_at, self.seen_at + idle)

    @property
    def shown(self) -> Shown:
        """What was shown, as a policy looks at it."""
        return Shown(self.methods, self.second_factor, self.provider_id)


class ApiKey(Struct, frozen=True, kw_only=True):
    """A key that acts without a person. The secret itself is not kept, only its digest.

    `company_id` None means all companies. Empty `networks` means from anywhere.
    """

    id: KeyId
    name: str
    lookup: str
    digest: bytes
    scopes: tuple[str, ...]
    company_id: CompanyId | None
    networks: tuple[str, ...] = ()
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None = None
    used_at: datetime | None = None

    def usable(self, now: datetime, address: str) -> bool:
        """Return whether the key opens the door now, from this network address."""
        if self.revoked_at or (self.expires_at and self.expires_at <= now):
            return False
        return not self.networks or _inside(address, self.networks)

    @property
    def permissions(self) -> frozenset[Permission]:
        """What the key's scopes allow; within one company, never the MSP's rights."""
        granted = frozenset[Permission]().union(*(SCOPES[scope] for scope in self.scopes))
        return granted if self.company_id is None else granted - MSP_ONLY


def normal_email(email: str) -> str:
    """Return the address as it is compared: trimmed and in lower case. Raises Invalid."""
    cleaned = email.strip().lower()
    if len(cleaned) > 254 or not _EMAIL.fullmatch(cleaned):  # noqa: PLR2004 - RFC 5321
        raise Invalid("Enter an e-mail address such as ann@example.com.", field="email")
    return cleaned


def clean_name(name: str) -> str:
    """Return the name of a person, tidied. Raises Invalid."""
    cleaned = " ".join(name.split())
    if not cleaned:
        raise Invalid("Enter a name.", field="name", code="required")
    if len(cleaned) > 120:  # noqa: PLR2004
        raise Invalid("Use at most 120 characters.", field="name", code="too_long")
    return cleaned


def check_scopes(scopes: Collection[str]) -> None:
    """Raise Invalid unless there is at least one scope and every one is known."""
    if not scopes:
        raise Invalid("Give the key at least one scope.", field="scope", code="required")
    if unknown := sorted(set(scopes) - set(SCOPES)):
        known = ", ".join(sorted(SCOPES))
        raise Invalid(
            f"There is no scope “{unknown[0]}”. There are: {known}.", field="scope"
        )


def check_networks(networks: Collection[str]) -> None:
    """Raise Invalid unless every entry is a network such as 203.0.113.0/24."""
    wrong = [text for text in networks if _network(text) is None]
    if wrong:
        raise Invalid.of(
            [
                Problem("allow", f"“{text}” is not a network such as 203.0.113.0/24.")
                for text in wrong
            ]
        )


def _network(text: str) -> IPv4Network | IPv6Network | None:
    try:
        return ip_network(text)
    except ValueError:
        return None


def _inside(address: str, networks: Collection[str]) -> bool:
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    return any(parsed in ip_network(network) for network in networks)
