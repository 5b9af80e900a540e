"""The MSP's rooms for endpoints: registered, tested, changed, removed."""

import re

import pytest

from portal_core.automation.model import PayloadFormat
from tests.examples import a_company
from tests.house import settings_in
from tests.pages import look_at
from tests.people import SYSTEM

ROOM = "/admin/endpoints"
NEW = {
    "url": "https://198.51.100.20/hook",
    "description": "Tickets",
    "events": ["order.placed", "order.shipped"],
    "company": "",
    "format": "standard",
    "legacy_key": "",
}
SECRET = re.compile(r"whsec_[A-Za-z0-9+/=]+")


@pytest.fixture
def settings(tmp_path):
    """A portal that may reach one network that is not public."""
    return settings_in(tmp_path, webhook_allowed_networks=("198.51.100.0/24",))


@pytest.fixture
async def msp(town):
    browser = await town.signed_in("msp")
    await browser.get(f"{ROOM}/new")
    return browser


@pytest.fixture
async def registered(msp, town):
    answer = await msp.post(ROOM, NEW)
    assert answer.status_code == 200, answer.text[:3_000]
    [endpoint] = await town.parts.endpoints().list(SYSTEM)
    return endpoint


async def test_the_secret_is_shown_once(msp, town):
    assert "No endpoints yet" in look_at(await msp.get(ROOM)).text
    look_at(await msp.get(f"{ROOM}/new"))
    answer = await msp.post(ROOM, NEW)
    look_at(answer)
    [endpoint] = await town.parts.endpoints().list(SYSTEM)
    assert SECRET.search(answer.text.replace("&#43;", "+"))[0] == endpoint.secrets[0]
    answer = await msp.get(f"{ROOM}/{endpoint.id}")
    page = look_at(answer)
    assert not SECRET.search(answer.text)
    ticked = [one["value"] for one in page.all("input") if "checked" in one]
    assert ticked == ["standard", "order.placed", "order.shipped"]
    assert "https://198.51.100.20/hook" in look_at(await msp.get(ROOM)).text


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("url", ""),
        ("url", "ftp://example.com"),
        ("url", "http://127.0.0.1/hook"),
        ("url", "http://[::1]/hook"),
        ("url", "http://169.254.169.254/latest/meta-data"),
        ("url", "http://10.0.0.1/"),
        ("events", []),
        ("events", ["Order Placed"]),
        ("company", "atlantis"),
        ("format", "carrier-pigeon"),
        ("description", "x" * 201),
    ],
)
async def test_what_is_refused_is_shown_again_with_the_reason(msp, town, field, typed):
    page = look_at(await msp.post(ROOM, NEW | {field: typed}), 422)
    links = [one["href"] for one in page.all("a") if one.get("href", "").startswith("#")]
    assert f"#{field}" in links
    if field in {"url", "company", "description"}:
        assert page.value(field) == typed
    assert await town.parts.endpoints().list(SYSTEM) == []


async def test_the_legacy_format_needs_its_key_and_keeps_it(msp, town):
    legacy = NEW | {"format": "legacy-order", "events": []}
    page = look_at(await msp.post(ROOM, legacy), 422)
    assert "x-api-key" in page.text
    answer = await msp.post(ROOM, legacy | {"legacy_key": "very-secret"})
    assert answer.status_code == 200
    [endpoint] = await town.parts.endpoints().list(SYSTEM)
    assert endpoint.format is PayloadFormat.LEGACY_ORDER
    answer = await msp.get(f"{ROOM}/{endpoint.id}")
    assert "very-secret" not in answer.text
    form = legacy | {"description": "Old", "version": look_at(answer).value("version")}
    assert (await msp.post(f"{ROOM}/{endpoint.id}", form)).status_code == 303
    [endpoint] = await town.parts.endpoints().list(SYSTEM)
    assert (endpoint.description, endpoint.legacy_key) == ("Old", "very-secret")


async def test_details_are_changed_once(msp, town, registered):
    here = f"{ROOM}/{registered.id}"
    form = NEW | {"company": "harbour", "events": ["*"], "version": "1"}
    assert (await msp.post(here, form)).status_code == 303
    page = look_at(await msp.get(here))
    assert page.value("company") == "harbour"
    assert "Everything" in look_at(await msp.get(ROOM)).text
    page = look_at(await msp.post(here, form | {"description": "Late"}), 409)
    assert page.value("description") == "Late"


async def test_a_new_secret_overlaps_the_old_one(msp, town, registered):
    answer = await msp.post(f"{ROOM}/{registered.id}/rotate")
    look_at(answer)
    [endpoint] = await town.parts.endpoints().list(SYSTEM)
    assert endpoint.secrets[1] == registered.secrets[0]
    assert registered.secrets[0] not in answer.text
    assert "2 Jun 2026" in look_at(await msp.get(f"{ROOM}/{registered.id}")).text


async def test_a_test_leads_to_its_delivery(msp, registered):
    answer = await msp.post(f"{ROOM}/{registered.id}/test")
    where = answer.headers["location"]
    assert where == f"/admin/deliveries?endpoint={registered.id}"
    assert "endpoint.tested" in look_at(await msp.get(where)).text


async def test_disabled_enabled_and_removed(msp, town, registered):
    here = f"{ROOM}/{registered.id}"
    assert (await msp.post(f"{here}/disable")).status_code == 303
    assert "Disabled" in look_at(await msp.get(here)).text
    assert (await msp.post(f"{here}/test")).status_code == 409
    assert (await msp.post(f"{here}/enable")).status_code == 303
    assert "Active" in look_at(await msp.get(here)).text
    assert (await msp.post(f"{here}/remove")).status_code == 303
    assert (await msp.get(here)).status_code == 404
    assert (await msp.post(f"{here}/remove")).status_code == 404


async def test_clients_find_nothing_here(town, registered):
    browser = await town.signed_in("administrator")
    for path in (ROOM, f"{ROOM}/new", f"{ROOM}/{registered.id}"):
        assert (await browser.get(path)).status_code == 404
    assert (await browser.post(f"{ROOM}/{a_company().id}/remove")).status_code == 404
