"""Looking after those who vouch for people."""

from collections.abc import Sequence

from msgspec.structs import asdict, replace

from portal_core.clock import Clock
from portal_core.identity.actor import Actor
from portal_core.identity.events import ProviderAdded, ProviderRemoved, ProviderUpdated
from portal_core.identity.permissions import Permission
from portal_core.identity.ports import IdentityDatabase
from portal_core.identity.provider_ports import Federation
from portal_core.identity.providers import Provider, ProviderDetails
from portal_core.ids import ProviderId, new_id


class ProviderService:
    """The providers that people may sign in by, as the MSP sets them up."""

    def __init__(
        self, *, database: IdentityDatabase, federation: Federation, clock: Clock
    ) -> None:
        self._database = database
        self._federation = federation
        self._clock = clock

    async def list(self, actor: Actor) -> Sequence[Provider]:
        """Return every provider, by name, secrets included."""
        actor.require(Permission.MANAGE_SETTINGS)
        async with self._database.read() as work:
            return await work.providers.list()

    async def get(self, actor: Actor, provider_id: ProviderId) -> Provider:
        """Return the provider. Raises NotFound."""
        actor.require(Permission.MANAGE_SETTINGS)
        async with self._database.read() as work:
            return await work.providers.get(provider_id)

    async def add(
        self, actor: Actor, details: ProviderDetails, provider_id: ProviderId | None = None
    ) -> Provider:
        """Add a provider that answers at its address.

        The id may be chosen before: it is in the address that is registered there. Raises
        ProofNeeded, Invalid, and Conflict if there is one with this id.
        """
        actor.require(Permission.MANAGE_SETTINGS)
        now = self._clock()
        details = details.checked()
        actor.require_proof(now)
        details = await self._federation.check(details)
        id_ = provider_id or ProviderId(new_id())
        provider = Provider(id=id_, created_at=now, **asdict(details))
        async with self._database.begin() as work:
            await work.providers.add(provider)
            stamp = actor.stamp(now)
            work.emit(
                ProviderAdded(stamp=stamp, provider_id=provider.id, name=provider.name)
            )
        return provider

    async def change(
        self, actor: Actor, provider_id: ProviderId, details: ProviderDetails, version: int
    ) -> Provider:
        """Store new details; an empty secret leaves the one that is there.

        `version` is the one that was looked at. Raises ProofNeeded, Invalid, NotFound, and
        Conflict if somebody else was quicker.
        """
        actor.require(Permission.MANAGE_SETTINGS)
        now = self._clock()
        current = await self.get(actor, provider_id)
        secret = details.client_secret.strip() or current.client_secret
        details = replace(details, kind=current.kind, client_secret=secret).checked()
        actor.require_proof(now)
        if details.address != current.address:
            details = await self._federation.check(details)
        provider = replace(current, **asdict(details), version=version + 1)
        changed = tuple(
            name
            for name in ProviderDetails.__struct_fields__
            if getattr(provider, name) != getattr(current, name)
        )
        if not changed:
            return current
        async with self._database.begin() as work:
            await work.providers.save(provider)
            stamp, name = actor.stamp(now), provider.name
            work.emit(
                ProviderUpdated(
                    stamp=stamp, provider_id=provider_id, name=name, changed=changed
                )
            )
        return provider

    async def remove(self, actor: Actor, provider_id: ProviderId) -> None:
        """Remove the provider and its links. Raises ProofNeeded, and NotFound."""
        actor.require(Permission.MANAGE_SETTINGS)
        now = self._clock()
        actor.require_proof(now)
        async with self._database.begin() as work:
            provider = await work.providers.get(provider_id)
            links = await work.providers.remove(provider_id)
            work.emit(
                ProviderRemoved(
                    stamp=actor.stamp(now),
                    provider_id=provider_id,
                    name=provider.name,
                    links=links,
                )
            )
