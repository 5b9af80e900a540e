"""Those who vouch for people, in dictionaries."""

from collections.abc import Sequence
from datetime import datetime

from msgspec.structs import replace

from adapters.memory.tables import Tables
from portal_core.errors import Conflict, NotFound
from portal_core.identity.providers import Errand, Link, LinkedAccount, Offer, Provider
from portal_core.ids import LinkId, ProviderId, UserId


class MemoryProviders:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def list(self) -> Sequence[Provider]:
        providers = self._tables.providers.values()
        return sorted(providers, key=lambda one: (one.name.casefold(), str(one.id)))

    async def get(self, provider_id: ProviderId) -> Provider:
        if provider_id not in self._tables.providers:
            raise NotFound("There is no such provider.")
        return self._tables.providers[provider_id]

    async def add(self, provider: Provider) -> None:
        if provider.id in self._tables.providers:
            raise Conflict("This provider is there already.", code="taken")
        self._tables.providers[provider.id] = provider

    async def save(self, provider: Provider) -> None:
        known = self._tables.providers.get(provider.id)
        if known is None or known.version != provider.version - 1:
            message = "Somebody changed this provider meanwhile. Look at it again."
            raise Conflict(message, code="stale")
        self._tables.providers[provider.id] = provider

    async def remove(self, provider_id: ProviderId) -> int:
        del self._tables.providers[provider_id]
        links = self._tables.links.values()
        gone = [one.id for one in links if one.provider_id == provider_id]
        for link_id in gone:
            del self._tables.links[link_id]
        for errand in list(self._tables.errands.values()):
            if errand.provider_id == provider_id:
                del self._tables.errands[errand.state_hash]
        return len(gone)

    async def offered(self) -> Sequence[Offer]:
        return [
            Offer(one.id, one.kind, one.name)
            for one in await self.list()
            if not one.disabled and one.company_id is None
        ]


class MemoryLinks:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def find(self, provider_id: ProviderId, subject: str) -> Link | None:
        this = (provider_id, subject)
        links = self._tables.links.values()
        return next((one for one in links if (one.provider_id, one.subject) == this), None)

    async def add(self, link: Link) -> None:
        if await self.find(link.provider_id, link.subject):
            raise Conflict("This account belongs to somebody else here.", code="taken")
        self._tables.links[link.id] = link

    async def use(self, link_id: LinkId, email: str, at: datetime) -> None:
        known = self._tables.links.get(link_id)
        if known is not None:
            self._tables.links[link_id] = replace(known, email=email, used_at=at)

    async def of_user(self, user_id: UserId) -> Sequence[LinkedAccount]:
        theirs = [one for one in self._tables.links.values() if one.user_id == user_id]
        return [
            LinkedAccount(
                id=link.id,
                provider_id=provider.id,
                kind=provider.kind,
                provider=provider.name,
                email=link.email,
                created_at=link.created_at,
                used_at=link.used_at,
            )
            for link in sorted(theirs, key=lambda one: (one.created_at, str(one.id)))
            if not (provider := self._tables.providers[link.provider_id]).disabled
        ]

    async def remove(self, user_id: UserId, link_id: LinkId) -> str | None:
        found = self._tables.links.get(link_id)
        if found is None or found.user_id != user_id:
            return None
        del self._tables.links[link_id]
        return self._tables.providers[found.provider_id].name


class MemoryErrands:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def add(self, errand: Errand, now: datetime) -> None:  # noqa: ARG002 - a database sweeps
        self._tables.errands[errand.state_hash] = errand

    async def find(
        self, state_hash: bytes, browser_hash: bytes, now: datetime
    ) -> Errand | None:
        found = self._tables.errands.get(state_hash)
        fits = found and found.browser_hash == browser_hash and now < found.ends_at
        return found if fits else None

    async def use(
        self, state_hash: bytes, browser_hash: bytes, now: datetime
    ) -> Errand | None:
        found = await self.find(state_hash, browser_hash, now)
        if found is not None:
            del self._tables.errands[state_hash]
        return found
