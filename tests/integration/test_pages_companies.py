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


HERE = f"{ROOM}/harbour"
END = f"{HERE}/end"


async def test_a_company_that_ordered_is_archived_instead(msp, town):
    await town.stock_up()
    page = look_at(await msp.get(END))
    assert "1 order of theirs are kept" in page.text
    kept = look_at(await msp.post(f"{HERE}/delete", {"confirm": "Harbour"}), 409)
    assert "Archive it instead" in kept.text
    why = look_at(await msp.post(f"{HERE}/archive", {"reason": "", "version": "1"}), 422)
    assert "Say why" in why.text
    buyer = await town.signed_in("buyer")
    form = {"reason": "left us", "version": "1"}
    assert (await msp.post(f"{HERE}/archive", form)).status_code == 303
    assert (await buyer.get("/c/harbour/home")).status_code == 404
    assert "left us" in look_at(await msp.get(HERE)).text
    assert "Harbour" in look_at(await msp.get(f"{ROOM}?archived=true")).text
    assert "/c/harbour" not in (await msp.get(ROOM)).text
    orders = await msp.get("/c/harbour/orders")
    assert orders.status_code == 200
    assert (await msp.get("/c/harbour/shop")).status_code == 403
    assert (await msp.post(f"{HERE}/restore", {"version": "2"})).status_code == 303
    assert (await buyer.get("/c/harbour/home")).status_code == 200


async def test_a_company_that_never_ordered_goes_for_good(msp, town):
    page = look_at(await msp.get(END))
    assert "Members, who lose access but keep their accounts 3" in page.text
    wrong = look_at(await msp.post(f"{HERE}/delete", {"confirm": "harbour"}), 422)
    assert "as it is written here" in wrong.text
    gone = await msp.post(f"{HERE}/delete", {"confirm": "Harbour"})
    assert gone.headers["location"] == ROOM
    assert (await msp.get(HERE)).status_code == 404
    assert (await (await town.signed_in("buyer")).get("/account")).status_code == 200


async def test_an_id_that_another_company_has_is_refused_by_its_name(msp, town):
    form = {
        "name": "Orchard",
        "slug": "orchard",
        "currency": "AUD",
        "time_zone": "Australia/Sydney",
        "locale": "en",
        "syncro_id": "4711",
        "version": "1",
    }
    assert (await msp.post(f"{ROOM}/orchard", form)).status_code == 303
    answer = await msp.post(HERE, form | {"name": "Harbour", "slug": "harbour"})
    assert "“Orchard” (orchard) has this Syncro id already." in look_at(answer, 422).text
    assert 'value="4711"' in answer.text
