"""Endpoints: addresses that want to hear of events."""

import base64
import re
import secrets
from collections.abc import Collection, Iterator
from datetime import datetime, timedelta
from enum import StrEnum
from urllib.parse import urlsplit

from msgspec import Struct
from msgspec.structs import replace

from portal_core.errors import Invalid, Problem
from portal_core.ids import CompanyId, EndpointId, new_id

OVERLAP = timedelta(hours=24)
"""How long a replaced secret still signs, beside the new one."""

_TYPE = re.compile(r"[a-z_]+\.[a-z_]+|[a-z_]+\.\*|\*")
_HEADER = re.compile(r"[ -~]{0,200}")
_LONGEST_URL = 2_000
_LONGEST_DESCRIPTION = 200


class PayloadFormat(StrEnum):
    """What an endpoint is sent: Standard Webhooks, or what the predecessor sent."""

    STANDARD = "standard"
    LEGACY_ORDER = "legacy-order"


class EndpointDetails(Struct, frozen=True, kw_only=True):
    """What an administrator writes about an endpoint.

    `events` are dotted types, `order.*`, or `*`. `company_id` None means events of all
    companies. `legacy_key` goes into the `x-api-key` header of the legacy format.
    """

    url: str
    description: str = ""
    events: tuple[str, ...] = ("*",)
    company_id: CompanyId | None = None
    format: PayloadFormat = PayloadFormat.STANDARD
    legacy_key: str = ""

    def checked(self) -> "EndpointDetails":
        """Return the details, tidied. Raises Invalid that names every broken field.

        Whether the address may be reached is for the network's guard to say.
        """
        tidy = replace(
            self,
            url=self.url.strip(),
            description=self.description.strip(),
            legacy_key=self.legacy_key.strip(),
        )
        if problems := list(_problems(tidy)):
            raise Invalid.of(problems)
        return tidy


class Endpoint(Struct, frozen=True, kw_only=True):
    """A registered receiver of webhooks.

    The first secret signs; the second, if there is one, signs too until `overlap_ends_at`.
    """

    id: EndpointId
    url: str
    description: str
    events: tuple[str, ...]
    company_id: CompanyId | None
    format: PayloadFormat
    legacy_key: str
    secrets: tuple[str, ...]
    overlap_ends_at: datetime | None = None
    disabled: bool = False
    failing_since: datetime | None = None
    created_at: datetime
    version: int = 1

    @classmethod
    def create(cls, details: EndpointDetails, *, at: datetime) -> "Endpoint":
        """Return a new endpoint with the (checked) details and a fresh secret."""
        return cls(
            id=EndpointId(new_id()),
            url=details.url,
            description=details.description,
            events=details.events,
            company_id=details.company_id,
            format=details.format,
            legacy_key=details.legacy_key,
            secrets=(new_secret(),),
            created_at=at,
        )

    def wants(self, event_type: str, company_id: CompanyId | None) -> bool:
        """Return whether the endpoint hears of such an event of this company."""
        if self.disabled or (self.company_id and self.company_id != company_id):
            return False
        if self.format is PayloadFormat.LEGACY_ORDER:
            return event_type == "order.placed"
        return matches(event_type, self.events)

    def signing_secrets(self, now: datetime) -> tuple[str, ...]:
        """Return the secrets that sign now, newest first."""
        overlapping = self.overlap_ends_at is not None and now < self.overlap_ends_at
        return self.secrets if overlapping else self.secrets[:1]

    def rotated(self, *, at: datetime) -> "Endpoint":
        """Return the endpoint with a new secret; the old one signs along for a day."""
        secrets_ = (new_secret(), self.secrets[0])
        return replace(self, secrets=secrets_, overlap_ends_at=at + OVERLAP)


def matches(event_type: str, patterns: Collection[str]) -> bool:
    """Return whether a type is among the patterns: `order.placed`, `order.*` or `*`."""
    family = event_type.partition(".")[0] + ".*"
    return not {"*", event_type, family}.isdisjoint(patterns)


def new_secret() -> str:
    """Return a secret as Standard Webhooks writes it: whsec_ and 32 random bytes."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


def _problems(details: EndpointDetails) -> Iterator[Problem]:
    if not _plausible(details.url):
        yield Problem("url", "Enter an http or https address without a user name.")
    if not details.events or not all(_TYPE.fullmatch(t) for t in details.events):
        message = "Choose at least one type of event, such as order.placed."
        yield Problem("events", message)
    if len(details.description) > _LONGEST_DESCRIPTION:
        message = f"Use at most {_LONGEST_DESCRIPTION} characters."
        yield Problem("description", message)
    if details.format is PayloadFormat.LEGACY_ORDER and not details.legacy_key:
        message = "The legacy format needs the key for its x-api-key header."
        yield Problem("legacy_key", message, "required")
    if not _HEADER.fullmatch(details.legacy_key):
        message = "Use at most 200 letters, digits and signs, without accents."
        yield Problem("legacy_key", message)


def _plausible(url: str) -> bool:
    try:
        parts = urlsplit(url)
        port_is_valid = parts.port is None or parts.port > 0
    except ValueError:
        return False
    return (
        parts.scheme in {"http", "https"}
        and bool(parts.hostname)
        and "@" not in parts.netloc
        and port_is_valid
        and len(url) <= _LONGEST_URL
    )
