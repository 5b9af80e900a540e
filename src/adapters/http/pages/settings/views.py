"""The settings as their template reads them."""

from decimal import Decimal
from urllib.parse import urlsplit

from msgspec import Struct
from msgspec.structs import replace

from adapters.http.forms import Filled
from portal_core.companies.portal import HIGHEST_TAX_BP, PortalSettings
from portal_core.errors import Invalid

DESK = "/admin/settings"


class SettingsForm(Struct, frozen=True, kw_only=True):
    """What the form sends. Blank addresses stay as they are, unless they are removed."""

    name: str = ""
    tax_name: str = ""
    tax_rate: Decimal = Decimal(0)
    notify_email: str = ""
    discord_webhook_url: str = ""
    remove_discord: bool = False
    feed_url: str = ""
    remove_feed: bool = False

    def applied(self, current: PortalSettings) -> PortalSettings:
        """Return the settings as the form wants them. Raises Invalid."""
        return replace(
            current,
            name=self.name,
            tax_name=self.tax_name,
            tax_rate_bp=_basis_points(self.tax_rate),
            notify_email=self.notify_email,
            discord_webhook_url=""
            if self.remove_discord
            else self.discord_webhook_url.strip() or current.discord_webhook_url,
            feed_url="" if self.remove_feed else self.feed_url.strip() or current.feed_url,
        )


class SettingsView(Struct, frozen=True, kw_only=True):
    """What the page reads. Of secret addresses it knows the host alone."""

    filled: Filled[SettingsForm]
    discord: str
    feed: str


def form_of(settings: PortalSettings) -> SettingsForm:
    """Return the form of the settings as they are, without the secret addresses."""
    return SettingsForm(
        name=settings.name,
        tax_name=settings.tax_name,
        tax_rate=(Decimal(settings.tax_rate_bp) / 100).normalize() + 0,
        notify_email=settings.notify_email,
    )


def host_of(address: str) -> str:
    """Return the part of a secret address that may be shown."""
    return urlsplit(address).hostname or ""


def _basis_points(percent: Decimal) -> int:
    if percent.is_finite() and 0 <= percent * 100 <= HIGHEST_TAX_BP:
        points = percent * 100
        if points == points.to_integral_value():
            return int(points)
    message = "Enter 0 to 100, with two decimal places at most."
    raise Invalid(message, field="tax_rate")
