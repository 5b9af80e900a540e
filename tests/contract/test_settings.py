from portal_core.companies.portal import PortalSettings

CHANGED = PortalSettings(
    name="Northwind IT",
    notify_email="orders@example.com",
    discord_webhook_url="https://discord.example/api/webhooks/1/secret",
    tax_name="VAT",
    tax_rate_bp=1_900,
    feed_url="https://supplier.example/feed.xml",
)


async def test_before_anybody_changes_them_there_are_defaults(database):
    async with database.read() as work:
        assert await work.settings.get() == PortalSettings()


async def test_settings_come_back_as_stored(database):
    for settings in (PortalSettings(name="Before"), CHANGED):
        async with database.begin() as work:
            await work.settings.keep(settings)
    async with database.read() as work:
        assert await work.settings.get() == CHANGED
