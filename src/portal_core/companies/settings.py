"""Reading and changing the MSP's settings."""

from portal_core.clock import Clock
from portal_core.companies.events import SettingsChanged
from portal_core.companies.portal import PortalSettings
from portal_core.companies.ports import CompaniesDatabase
from portal_core.identity.actor import Actor
from portal_core.identity.permissions import Permission
from portal_core.identity.visitor import Visitor


class SettingsService:
    """The MSP's settings."""

    def __init__(self, *, database: CompaniesDatabase, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def portal_name(self, visitor: Visitor) -> str:  # noqa: ARG002 - the form of sign-in
        """Return what the portal is called, which stands on every page."""
        async with self._database.read() as work:
            return (await work.settings.get()).name

    async def get(self, actor: Actor) -> PortalSettings:
        """Return the settings, secrets included."""
        actor.require(Permission.MANAGE_SETTINGS)
        async with self._database.read() as work:
            return await work.settings.get()

    async def change(self, actor: Actor, settings: PortalSettings) -> PortalSettings:
        """Store the settings. Raises Invalid that names every broken field."""
        actor.require(Permission.MANAGE_SETTINGS)
        settings = settings.checked()
        async with self._database.begin() as work:
            current = await work.settings.get()
            fields = settings.__struct_fields__
            changed = tuple(
                f for f in fields if getattr(settings, f) != getattr(current, f)
            )
            if changed:
                await work.settings.keep(settings)
                stamp = actor.stamp(self._clock())
                work.emit(SettingsChanged(stamp=stamp, changed=changed))
        return settings
