"""What signing in by a provider needs from the outside world."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from msgspec import Struct

from portal_core.identity.providers import (
    Claim,
    Errand,
    Link,
    LinkedAccount,
    Offer,
    Provider,
    ProviderDetails,
)
from portal_core.ids import LinkId, ProviderId, UserId


class Departure(Struct, frozen=True):
    """Where to send a browser, and what is needed to check what it comes back with."""

    address: str
    secrets: str


class Federation(Protocol):
    """Speaks with providers."""

    async def check(self, details: ProviderDetails) -> ProviderDetails:
        """Return the details with the address as the provider itself writes it.

        Raises Invalid for an address at which there is no such provider.
        """

    async def depart(
        self, provider: Provider, state: str, *, again: bool = False
    ) -> Departure:
        """Return where somebody signs in. Raises Unavailable.

        `again` asks the provider not to believe an earlier sign-in of theirs.
        """

    async def arrive(
        self, provider: Provider, secrets: str, answer: Mapping[str, str]
    ) -> Claim:
        """Return whom the provider vouches for.

        Raises Invalid for an answer that is not whole, true, fresh and meant for us, and
        Unavailable.
        """


class ProviderRepository(Protocol):
    """Those who vouch for people. Their secrets lie encrypted."""

    async def list(self) -> Sequence[Provider]:
        """Return all of them, by name."""

    async def get(self, provider_id: ProviderId) -> Provider:
        """Return the provider. Raises NotFound."""

    async def add(self, provider: Provider) -> None:
        """Store a new provider. Raises Conflict if there is one with this id."""

    async def save(self, provider: Provider) -> None:
        """Store the provider as its next version. Raises Conflict if it is not the next."""

    async def remove(self, provider_id: ProviderId) -> int:
        """Remove the provider and its links; return how many links there were."""

    async def offered(self) -> Sequence[Offer]:
        """Return those that the sign-in page offers to everybody, by name."""


class LinkRepository(Protocol):
    """Users' accounts at providers. A provider's account belongs to one user."""

    async def find(self, provider_id: ProviderId, subject: str) -> Link | None:
        """Return the link of this account, if there is one."""

    async def add(self, link: Link) -> None:
        """Store a new link. Raises Conflict if the account belongs to a user already."""

    async def use(self, link_id: LinkId, email: str, at: datetime) -> None:
        """Note that the link was used, and the address that the provider told."""

    async def of_user(self, user_id: UserId) -> Sequence[LinkedAccount]:
        """Return the user's links to providers that are not disabled, oldest first."""

    async def remove(self, user_id: UserId, link_id: LinkId) -> str | None:
        """Remove the user's link; return the provider's name, if it was there."""


class ErrandRepository(Protocol):
    """Who was sent to a provider and is to come back."""

    async def add(self, errand: Errand, now: datetime) -> None:
        """Store a new errand; some that have ended may go."""

    async def find(
        self, state_hash: bytes, browser_hash: bytes, now: datetime
    ) -> Errand | None:
        """Return the errand, if it is open and of this browser."""

    async def use(
        self, state_hash: bytes, browser_hash: bytes, now: datetime
    ) -> Errand | None:
        """Take the errand away and return it, if it is open and of this browser.

        Of several that try at once, one gets it. Another browser leaves it where it is.
        """
