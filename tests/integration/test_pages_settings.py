"""The MSP's room of settings: secrets go in, and never out."""

import pytest

from tests.pages import look_at
from tests.people import SYSTEM

ROOM = "/admin/settings"
HOOK = "https://discord.example.com/api/webhooks/1/very-secret"
FEED = "https://user:very-secret@feeds.example.com/feed.xml"
FORM = {
    "name": "Harbour IT",
    "tax_name": "VAT",
    "tax_rate": "12.5",
    "notify_email": "desk@example.com",
    "discord_webhook_url": HOOK,
    "feed_url": FEED,
}


@pytest.fixture
async def msp(town):
    browser = await town.signed_in("msp")
    await browser.get(ROOM)
    return browser


async def test_settings_are_saved_and_secrets_are_not_told(msp, town):
    page = look_at(await msp.get(ROOM))
    assert (page.value("tax_name"), page.value("tax_rate")) == ("GST", "10")
    assert (await msp.post(ROOM, FORM)).status_code == 303
    answer = await msp.get(ROOM)
    page = look_at(answer)
    assert (page.value("name"), page.value("tax_rate")) == ("Harbour IT", "12.5")
    assert "discord.example.com" in page.text
    assert "feeds.example.com" in page.text
    assert "very-secret" not in answer.text
    kept = await town.parts.portal_settings().get(SYSTEM)
    assert (kept.tax_rate_bp, kept.discord_webhook_url) == (1_250, HOOK)


async def test_a_blank_secret_stays_and_a_ticked_one_goes(msp, town):
    await msp.post(ROOM, FORM)
    blank = FORM | {"discord_webhook_url": "", "feed_url": ""}
    await msp.post(ROOM, blank)
    kept = await town.parts.portal_settings().get(SYSTEM)
    assert (kept.discord_webhook_url, kept.feed_url) == (HOOK, FEED)
    await msp.post(ROOM, blank | {"remove_discord": "on", "remove_feed": "on"})
    kept = await town.parts.portal_settings().get(SYSTEM)
    assert (kept.discord_webhook_url, kept.feed_url) == ("", "")


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("name", " "),
        ("tax_name", ""),
        ("tax_rate", "101"),
        ("tax_rate", "-1"),
        ("tax_rate", "1.005"),
        ("tax_rate", "NaN"),
        ("tax_rate", "Infinity"),
        ("tax_rate", "ten"),
        ("notify_email", "nowhere"),
        ("discord_webhook_url", "discord"),
        ("feed_url", "ftp://example.com"),
    ],
)
async def test_what_is_refused_is_shown_again_as_typed(msp, field, typed):
    page = look_at(await msp.post(ROOM, FORM | {field: typed}), 422)
    assert page.value(field) == typed
    assert [one["name"] for _, one in page.tags if "aria-invalid" in one] == [field]


async def test_clients_find_nothing_here(town):
    browser = await town.signed_in("administrator")
    assert (await browser.get(ROOM)).status_code == 404
    assert (await browser.post(ROOM, FORM)).status_code == 404
