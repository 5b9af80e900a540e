"""The MSP's own settings."""

from urllib.parse import urlsplit

from msgspec import Struct
from msgspec.structs import replace

from portal_core.errors import Invalid, PortalError, Problem
from portal_core.identity.model import normal_email
from portal_core.identity.policy import MSP_POLICY, SignInPolicy

HIGHEST_TAX_BP = 10_000
_LONGEST_NAME = 60
_LONGEST_TAX_NAME = 20


class PortalSettings(Struct, frozen=True, kw_only=True):
    """What the MSP's administrators may change while the portal runs.

    `tax_rate_bp` is in basis points of the net amount: 1000 is 10 %. The Discord address is
    a secret: whoever knows it can post. Empty texts mean "not set". `sign_in` is what the
    MSP asks of its own people.
    """

    name: str = "Atrium"
    notify_email: str = ""
    discord_webhook_url: str = ""
    tax_name: str = "GST"
    tax_rate_bp: int = 1_000
    feed_url: str = ""
    sign_in: SignInPolicy = MSP_POLICY

    def checked(self) -> "PortalSettings":
        """Return the settings, tidied. Raises Invalid that names every broken field."""
        tidy = replace(
            self,
            name=" ".join(self.name.split()),
            notify_email=self.notify_email.strip().lower(),
            discord_webhook_url=self.discord_webhook_url.strip(),
            tax_name=" ".join(self.tax_name.split()),
            feed_url=self.feed_url.strip(),
            sign_in=self.sign_in.checked(),
        )
        problems = _problems(tidy)
        if problems:
            raise Invalid.of(problems)
        return tidy


def _problems(settings: PortalSettings) -> list[Problem]:
    checks = (
        (
            "name",
            0 < len(settings.name) <= _LONGEST_NAME,
            "Enter a name of at most 60 characters.",
        ),
        (
            "notify_email",
            _email_or_empty(settings.notify_email),
            "Enter an e-mail address.",
        ),
        (
            "discord_webhook_url",
            _address_or_empty(settings.discord_webhook_url),
            "Enter the https address that Discord shows for the webhook.",
        ),
        (
            "tax_name",
            0 < len(settings.tax_name) <= _LONGEST_TAX_NAME,
            "Enter a short name, such as GST.",
        ),
        ("tax_rate_bp", 0 <= settings.tax_rate_bp <= HIGHEST_TAX_BP, "Enter 0 to 100 %."),
        ("feed_url", _address_or_empty(settings.feed_url), "Enter an https address."),
    )
    return [Problem(field, message) for field, good, message in checks if not good]


def _email_or_empty(text: str) -> bool:
    try:
        return not text or bool(normal_email(text))
    except PortalError:
        return False


def _address_or_empty(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return not text or (parts.scheme in {"http", "https"} and bool(parts.hostname))
