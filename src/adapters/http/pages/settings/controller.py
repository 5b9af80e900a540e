"""The room of the MSP's own settings."""

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.response import Redirect, Template

from adapters.http.forms import Filled, Form
from adapters.http.house import house_of
from adapters.http.pages.settings.views import (
    DESK,
    SettingsForm,
    SettingsView,
    form_of,
    host_of,
)
from adapters.http.screen import Screen
from adapters.http.shell import Crumb
from portal_core.companies.portal import PortalSettings
from portal_core.companies.settings import SettingsService
from portal_core.errors import Invalid
from portal_core.identity.actor import Actor


class SettingsPages(Controller):
    """The MSP's own settings."""

    path = DESK

    @get()
    async def show(
        self,
        actor: NamedDependency[Actor],
        screen: NamedDependency[Screen],
        portal_settings: NamedDependency[SettingsService],
    ) -> Template:
        """Show the settings, but no secret."""
        current = await portal_settings.get(actor)
        return await _show(screen, current, Filled.of(form_of(current)))

    @post()
    async def save(
        self,
        data: Form[SettingsForm],
        actor: NamedDependency[Actor],
        screen: NamedDependency[Screen],
        portal_settings: NamedDependency[SettingsService],
    ) -> Template | Redirect:
        """Change the settings."""
        current = await portal_settings.get(actor)
        try:
            changed = await portal_settings.change(actor, data.fields.applied(current))
        except Invalid as refusal:
            return await _show(screen, current, data.refused(refusal))
        house_of(screen.request).name = changed.name
        return screen.go(DESK, "settings-saved")


async def _show(
    screen: Screen, current: PortalSettings, filled: Filled[SettingsForm]
) -> Template:
    view = SettingsView(
        filled=filled,
        discord=host_of(current.discord_webhook_url),
        feed=host_of(current.feed_url),
    )
    return await screen.show(
        "pages/settings/settings.html",
        view,
        crumbs=(Crumb("Settings"),),
        status=filled.status,
    )
