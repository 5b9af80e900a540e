"""The MSP's rooms for keys: made, shown once, withdrawn."""

import re
from datetime import timedelta

import pytest

from adapters.http.pages.keys.views import SCOPES as EXPLAINED
from portal_core.identity.permissions import SCOPES
from tests.pages import look_at
from tests.people import SYSTEM

ROOM = "/admin/keys"
NEW = {
    "name": "Warehouse",
    "company": "harbour",
    "scope": ["orders:read", "products:read"],
    "expires": "30",
    "allow": "203.0.113.0/24\n2001:db8::/32",
}


@pytest.fixture
async def msp(town):
    return await town.signed_in("msp")


def test_every_scope_is_explained():
    assert set(EXPLAINED) == set(SCOPES)


async def test_a_key_is_shown_once(msp, town):
    assert "No keys yet" in look_at(await msp.get(ROOM)).text
    look_at(await msp.get(f"{ROOM}/new"))
    answer = await msp.post(ROOM, NEW)
    look_at(answer)
    text = re.search(r"pts_[0-9A-Za-z]{46}", answer.text)[0]
    assert answer.headers["cache-control"] == "no-store"
    [key] = await town.parts.api_keys().list(SYSTEM)
    assert (key.company_id, len(key.networks)) == (town.harbour.id, 2)
    answer = await msp.get(ROOM)
    page = look_at(answer)
    assert text not in answer.text
    for told in ("Warehouse", "Harbour", "orders:read", "Live", "203.0.113.0/24"):
        assert told in page.text


async def test_a_key_is_revoked_once(msp, town):
    await msp.get(f"{ROOM}/new")
    await msp.post(ROOM, NEW | {"company": ""})
    [key] = await town.parts.api_keys().list(SYSTEM)
    assert key.company_id is None
    for _ in range(2):
        assert (await msp.post(f"{ROOM}/{key.id}/revoke")).status_code == 303
    page = look_at(await msp.get(ROOM))
    assert "Revoked" in page.text
    assert not page.all("dialog")


async def test_an_expired_key_says_so(msp, town, clock):
    await msp.get(f"{ROOM}/new")
    await msp.post(ROOM, NEW | {"expires": "1"})
    clock.advance(timedelta(days=2))
    later = await town.signed_in("msp")
    assert "Expired" in look_at(await later.get(ROOM)).text


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("name", " "),
        ("company", "atlantis"),
        ("scope", []),
        ("scope", ["everything"]),
        ("expires", "0"),
        ("expires", "366"),
        ("expires", "soon"),
        ("allow", "the office"),
    ],
)
async def test_what_is_refused_is_shown_again_as_typed(msp, town, field, typed):
    await msp.get(f"{ROOM}/new")
    page = look_at(await msp.post(ROOM, NEW | {field: typed}), 422)
    links = [one["href"] for one in page.all("a") if one.get("href", "").startswith("#")]
    assert f"#{field}" in links
    ticked = [one["value"] for one in page.all("input") if "checked" in one]
    assert set(ticked) == (set() if field == "scope" else set(NEW["scope"]))
    if field in {"name", "company", "expires"}:
        assert page.value(field) == typed
    assert await town.parts.api_keys().list(SYSTEM) == []


async def test_clients_find_nothing_here(town):
    browser = await town.signed_in("administrator")
    for path in (ROOM, f"{ROOM}/new"):
        assert (await browser.get(path)).status_code == 404
    assert (await browser.post(ROOM, NEW)).status_code == 404
