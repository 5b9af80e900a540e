"""Those who vouch for people: Microsoft, Google, GitHub, or any OpenID Connect provider."""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from urllib.parse import urlsplit

from msgspec import Struct
from msgspec.structs import replace

from portal_core.errors import Invalid, Problem
from portal_core.ids import CompanyId, LinkId, ProviderId, UserId, new_id

LIFETIME = timedelta(minutes=10)
"""How long somebody may take at a provider, and to link what they came back with."""

ANY_ORGANISATION = "organizations"
GOOGLE = "https://accounts.google.com"

_LONGEST_NAME = 40
_LONGEST_CLIENT = 255
_LONGEST_SECRET = 1_000
_LONGEST_ADDRESS = 500
_TENANT = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?")
_LOCAL = ("localhost", "127.0.0.1", "::1")


class ProviderKind(StrEnum):
    """Whose protocol a provider speaks."""

    MICROSOFT = "microsoft"
    GOOGLE = "google"
    GITHUB = "github"
    OPENID = "openid"


NAMES: Mapping[ProviderKind, str] = {
    ProviderKind.MICROSOFT: "Microsoft",
    ProviderKind.GOOGLE: "Google",
    ProviderKind.GITHUB: "GitHub",
    ProviderKind.OPENID: "OpenID Connect",
}


class ProviderDetails(Struct, frozen=True, kw_only=True):
    """What an administrator writes about a provider.

    `address` is the issuer of an OpenID Connect provider, and the tenant of Microsoft: its
    id or domain, or `organizations` for all of them. `company_id` None is for everybody.
    `second_factor` is whether who comes from there has shown a second factor there.
    """

    kind: ProviderKind
    name: str = ""
    address: str = ""
    client_id: str
    client_secret: str
    company_id: CompanyId | None = None
    second_factor: bool = False
    disabled: bool = False

    def checked(self) -> "ProviderDetails":
        """Return the details, tidied. Raises Invalid that names every broken field."""
        tidy = replace(
            self,
            name=" ".join(self.name.split()) or NAMES[self.kind],
            address=_address(self.kind, self.address),
            client_id=self.client_id.strip(),
            client_secret=self.client_secret.strip(),
        )
        problems = [Problem(field, message) for field, message in _problems(tidy)]
        if problems:
            raise Invalid.of(problems)
        return tidy


class Provider(ProviderDetails, frozen=True, kw_only=True):
    """Somebody who vouches for people who sign in."""

    id: ProviderId
    created_at: datetime
    version: int = 1

    @property
    def issuer(self) -> str:
        """The issuer of its tokens; of Microsoft and GitHub the adapters know more."""
        return GOOGLE if self.kind is ProviderKind.GOOGLE else self.address


class Offer(Struct, frozen=True):
    """A provider as the sign-in page offers it."""

    id: ProviderId
    kind: ProviderKind
    name: str


class Claim(Struct, frozen=True, kw_only=True):
    """Whom a provider vouches for.

    `subject` never changes and is never given to another person: it alone says who it is.
    `email` and `name` are but words to show. `second_factor` is whether the provider says
    that it asked for one.
    """

    subject: str
    email: str = ""
    name: str = ""
    second_factor: bool = False


class Link(Struct, frozen=True, kw_only=True):
    """A user's account at a provider, by which they sign in."""

    id: LinkId
    user_id: UserId
    provider_id: ProviderId
    subject: str
    email: str
    created_at: datetime
    used_at: datetime

    @classmethod
    def create(
        cls, user_id: UserId, provider_id: ProviderId, claim: Claim, at: datetime
    ) -> "Link":
        """Return a new link."""
        return cls(
            id=LinkId(new_id()),
            user_id=user_id,
            provider_id=provider_id,
            subject=claim.subject,
            email=claim.email,
            created_at=at,
            used_at=at,
        )


class LinkedAccount(Struct, frozen=True):
    """A link as a person sees it, with the provider's name."""

    id: LinkId
    provider_id: ProviderId
    kind: ProviderKind
    provider: str
    email: str
    created_at: datetime
    used_at: datetime


class Purpose(StrEnum):
    """Why somebody is sent to a provider."""

    SIGN_IN = "sign-in"
    LINK = "link"
    PROVE = "prove"


class Errand(Struct, frozen=True, kw_only=True):
    """Somebody who was sent to a provider and is to come back, once, in the same browser.

    `state_hash` is the SHA-256 of what the address carries, `browser_hash` that of what the
    browser keeps. `secrets` is what the adapter needs to check the answer. `user_id` is who
    links an account or shows that it is them; nobody yet when signing in. `claim` is whom
    the provider vouched for, if that is nobody who is known here: somebody who signs in
    may take it.
    """

    state_hash: bytes
    browser_hash: bytes
    provider_id: ProviderId
    purpose: Purpose
    user_id: UserId | None = None
    place: str = "/"
    secrets: str = ""
    claim: Claim | None = None
    ends_at: datetime


def _problems(details: ProviderDetails) -> list[tuple[str, str]]:
    problems = []
    if len(details.name) > _LONGEST_NAME:
        problems.append(("name", f"Use at most {_LONGEST_NAME} characters."))
    if not 0 < len(details.client_id) <= _LONGEST_CLIENT:
        problems.append(("client_id", "Enter the client id that the provider shows."))
    if not 0 < len(details.client_secret) <= _LONGEST_SECRET:
        message = "Enter the client secret that the provider shows."
        problems.append(("client_secret", message))
    if details.kind is ProviderKind.MICROSOFT and not _TENANT.fullmatch(details.address):
        message = "Enter a tenant’s id or domain, or “organizations” for all of them."
        problems.append(("address", message))
    if details.kind is ProviderKind.OPENID and not _is_issuer(details.address):
        message = "Enter the https address of the provider, such as https://id.example."
        problems.append(("address", message))
    return problems


def _address(kind: ProviderKind, typed: str) -> str:
    match kind:
        case ProviderKind.MICROSOFT:
            return typed.strip().lower() or ANY_ORGANISATION
        case ProviderKind.OPENID:
            return typed.strip().removesuffix("/.well-known/openid-configuration")
    return ""


def _is_issuer(text: str) -> bool:
    try:
        parts = urlsplit(text)
        host = parts.hostname or ""
    except ValueError:
        return False
    plain = not (
        parts.query or parts.fragment or parts.username or len(text) > _LONGEST_ADDRESS
    )
    return (
        bool(host) and plain and (parts.scheme == "https" or _is_local(parts.scheme, host))
    )


def _is_local(scheme: str, host: str) -> bool:
    """Return whether this is a provider on the same machine, which needs no https."""
    return scheme == "http" and host in _LOCAL
