"""The MSP's rooms for companies: listed, added, changed, and full of people."""

import pytest

from portal_core.identity.permissions import Role
from tests.pages import look_at
from tests.people import SYSTEM

ROOM = "/admin/companies"
NEW = {
    "name": "Larkspur Dental",
    "slug": "",
    "currency": "AUD",
    "time_zone": "Australia/Perth",
    "price_list_id": "",
}


@pytest.fixture
async def msp(town):
    return await town.signed_in("msp")


async def test_the_list_shows_every_company_and_finds_one(msp):
    page = look_at(await msp.get(ROOM))
    assert "Harbour" in page.text
    assert "Orchard" in page.text
    page = look_at(await msp.get(f"{ROOM}?search=orch"))
    assert "/c/harbour" not in page.text
    assert "/c/orchard" in page.text
    assert "No company matches" in look_at(await msp.get(f"{ROOM}?search=xyz")).text


async def test_a_new_company_gets_a_short_name_of_its_name(msp):
    page = look_at(await msp.get(f"{ROOM}/new"))
    assert (page.value("currency"), page.value("time_zone")) == ("AUD", "UTC")
    answer = await msp.post(ROOM, NEW)
    assert answer.headers["location"] == f"{ROOM}/larkspur-dental"
    page = look_at(await msp.get(f"{ROOM}/larkspur-dental"))
    assert "Nobody belongs to this company yet" in page.text
    assert "The company is added" in page.text


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("name", " "),
        ("slug", "harbour"),
        ("slug", "new"),
        ("slug", "Two words"),
        ("time_zone", "Atlantis"),
        ("time_zone", "Australia"),
        ("price_list_id", "01970000-0000-7000-8000-00000000dead"),
    ],
)
async def test_what_is_refused_is_shown_again_as_typed(msp, field, typed):
    await msp.get(f"{ROOM}/new")
    form = NEW | {"slug": "larkspur", field: typed}
    page = look_at(await msp.post(ROOM, form), 422)
    assert "Nothing was saved yet" in page.text
    if field != "price_list_id":
        assert page.value(field) == typed
    assert page.value("name") == form["name"]
    [wrong] = [one for tag, one in page.tags if "aria-invalid" in one]
    assert wrong["name"] == field


async def test_details_are_changed_once(msp):
    page = look_at(await msp.get(f"{ROOM}/harbour"))
    form = NEW | {
        "name": "Harbour 2",
        "slug": "harbour-2",
        "version": page.value("version"),
    }
    answer = await msp.post(f"{ROOM}/harbour", form)
    assert answer.headers["location"] == f"{ROOM}/harbour-2"
    page = look_at(await msp.post(f"{ROOM}/harbour-2", form | {"name": "Late"}), 409)
    assert "Somebody changed this company meanwhile" in page.text
    assert page.value("name") == "Late"


async def test_people_are_added_by_their_address(msp, town):
    await msp.get(f"{ROOM}/orchard")
    added = {"email": "BUYER@example.com ", "role": "member"}
    assert (await msp.post(f"{ROOM}/orchard/members", added)).status_code == 303
    page = look_at(await msp.get(f"{ROOM}/orchard"))
    assert "Some Buyer" in page.text
    page = look_at(await msp.post(f"{ROOM}/orchard/members", added), 422)
    assert "a member already" in page.text
    nobody = {"email": "nobody@example.com", "role": "buyer"}
    page = look_at(await msp.post(f"{ROOM}/orchard/members", nobody), 422)
    assert "Nobody has this address yet" in page.text
    assert page.value("email") == "nobody@example.com"


async def test_a_role_is_changed_and_taken_away(msp, town):
    buyer = town.people["buyer"]
    member = f"{ROOM}/harbour/members/{buyer.id}"
    assert (await msp.post(member, {"role": "administrator"})).status_code == 303
    there = await town.parts.memberships().of_user(SYSTEM, buyer.id)
    assert [one.role for one in there] == [Role.ADMINISTRATOR]
    assert (await msp.post(f"{member}/remove")).status_code == 303
    assert await town.parts.memberships().of_user(SYSTEM, buyer.id) == []
    assert (await msp.post(f"{member}/remove")).status_code == 404


async def test_clients_find_nothing_here(town):
    browser = await town.signed_in("administrator")
    for path in (ROOM, f"{ROOM}/new", f"{ROOM}/harbour"):
        assert (await browser.get(path)).status_code == 404
    assert (await browser.post(ROOM, NEW)).status_code == 404


async def test_a_company_that_is_not_there(msp):
    assert (await msp.get(f"{ROOM}/nowhere")).status_code == 404
