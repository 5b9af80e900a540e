import pytest
from msgspec.structs import replace

from portal_core.companies.events import SettingsChanged
from portal_core.companies.portal import PortalSettings
from portal_core.errors import Forbidden, Invalid
from portal_core.identity.visitor import Visitor
from tests.people import ADMINISTRATOR, MSP

SECRET = "https://discord.example/api/webhooks/1/secret"


async def test_before_anybody_changes_them_there_are_defaults(settings):
    assert await settings.get(MSP) == PortalSettings()


async def test_settings_are_changed(settings, facts):
    changed = await settings.change(
        MSP,
        PortalSettings(
            name=" Northwind  IT ",
            notify_email=" Orders@Example.com ",
            discord_webhook_url=f" {SECRET} ",
            tax_name=" VAT ",
            tax_rate_bp=1_900,
            feed_url="https://supplier.example/feed.xml",
        ),
    )
    assert changed == PortalSettings(
        name="Northwind IT",
        notify_email="orders@example.com",
        discord_webhook_url=SECRET,
        tax_name="VAT",
        tax_rate_bp=1_900,
        feed_url="https://supplier.example/feed.xml",
    )
    assert await settings.get(MSP) == changed
    [event] = facts(SettingsChanged)
    assert len(event.changed) == 6


async def test_a_change_names_its_fields_and_no_value(settings, facts):
    await settings.change(MSP, PortalSettings(discord_webhook_url=SECRET))
    [event] = facts()
    assert event.changed == ("discord_webhook_url",)
    assert "secret" not in repr(event)


async def test_no_change_is_no_news(settings, facts):
    await settings.change(MSP, PortalSettings())
    assert facts() == []


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", " "),
        ("name", "x" * 61),
        ("notify_email", "nonsense"),
        ("discord_webhook_url", "discord"),
        ("discord_webhook_url", "ftp://discord.example/x"),
        ("discord_webhook_url", "https://"),
        ("discord_webhook_url", "https://[broken"),
        ("tax_name", ""),
        ("tax_rate_bp", -1),
        ("tax_rate_bp", 10_001),
        ("feed_url", "javascript:alert(1)"),
    ],
)
async def test_a_broken_field_is_named(settings, field, value):
    with pytest.raises(Invalid) as refusal:
        await settings.change(MSP, replace(PortalSettings(), **{field: value}))
    assert [problem.field for problem in refusal.value.problems] == [field]
    assert await settings.get(MSP) == PortalSettings()


async def test_what_the_portal_is_called_is_no_secret(settings):
    await settings.change(MSP, PortalSettings(name="Northwind IT"))
    assert await settings.portal_name(Visitor("203.0.113.7")) == "Northwind IT"


async def test_only_the_msp_sees_and_changes_settings(settings):
    for call in (
        settings.get(ADMINISTRATOR),
        settings.change(ADMINISTRATOR, PortalSettings()),
    ):
        with pytest.raises(Forbidden):
            await call
