"""The MSP's rooms for users: listed, added, changed, let in and kept out."""

import pytest

from tests.examples import PASSWORD
from tests.pages import look_at

ROOM = "/admin/users"
NEW = {
    "name": "Nia New",
    "email": "nia@example.com",
    "password": "four unrelated words here",
    "company": "harbour",
    "role": "buyer",
}


@pytest.fixture
async def msp(town):
    return await town.signed_in("msp")


@pytest.fixture
def buyer(town):
    return f"{ROOM}/{town.people['buyer'].id}"


async def test_the_list_shows_everybody_and_finds_some(msp):
    page = look_at(await msp.get(ROOM))
    assert "Some Stranger" in page.text
    assert "MSP administrator" in page.text
    page = look_at(await msp.get(f"{ROOM}?search=stranger@"))
    assert "Some Stranger" in page.text
    assert "Some Buyer" not in page.text
    assert "Nobody matches" in look_at(await msp.get(f"{ROOM}?search=xyz")).text


async def choose_another(browser):
    """Choose a password of one's own, as long as nothing else is open."""
    assert (await browser.get("/")).headers["location"] == "/account/password"
    await browser.get("/account/password")
    fields = {"current": NEW["password"], "password": "a sentence of my own"}
    assert (await browser.post("/account/password", fields)).status_code == 303


async def test_a_new_user_can_sign_in_and_enter_their_company(msp, town):
    page = look_at(await msp.get(f"{ROOM}/new?company=harbour"))
    assert page.value("company") == "harbour"
    answer = await msp.post(ROOM, NEW)
    page = look_at(await msp.get(answer.headers["location"]))
    assert "Nia New" in page.text
    browser = town.browser()
    assert (await browser.sign_in("nia@example.com", NEW["password"])).status_code == 303
    await choose_another(browser)
    assert (await browser.get("/c/harbour/orders")).status_code == 200
    assert (await browser.get("/admin")).status_code == 404


async def test_a_new_administrator_of_the_msp(msp, town):
    await msp.get(f"{ROOM}/new")
    await msp.post(ROOM, NEW | {"company": "", "is_msp": "on"})
    browser = town.browser()
    await browser.sign_in("nia@example.com", NEW["password"])
    await choose_another(browser)
    assert (await browser.get("/admin")).status_code == 200


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("name", " "),
        ("email", "nowhere"),
        ("email", "buyer@example.com"),
        ("password", "short"),
        ("company", "atlantis"),
    ],
)
async def test_what_is_refused_is_shown_again_but_no_password(msp, field, typed):
    await msp.get(f"{ROOM}/new")
    answer = await msp.post(ROOM, NEW | {field: typed})
    page = look_at(answer, 422)
    [wrong] = [one for tag, one in page.tags if "aria-invalid" in one]
    assert wrong["name"] == field
    if field != "password":
        assert page.value(field) == typed
    assert NEW["password"] not in answer.text
    assert page.value("name") == (typed if field == "name" else "Nia New")


async def test_details_are_changed_once(msp, buyer):
    version = look_at(await msp.get(buyer)).value("version")
    form = {"name": "Bea", "email": "bea@example.com", "version": version}
    assert (await msp.post(buyer, form)).status_code == 303
    page = look_at(await msp.post(buyer, form | {"name": "Late"}), 409)
    assert page.value("name") == "Late"
    assert "bea@example.com" in page.text


async def test_companies_are_given_and_taken(msp, buyer):
    look_at(await msp.get(buyer))
    answer = await msp.post(f"{buyer}/companies", {"company": "orchard", "role": "member"})
    assert answer.status_code == 303
    assert "Orchard" in look_at(await msp.get(buyer)).text
    orchard = f"{buyer}/companies/orchard"
    assert (await msp.post(orchard, {"role": "buyer"})).status_code == 303
    assert (await msp.post(f"{orchard}/remove")).status_code == 303
    page = look_at(await msp.get(buyer))
    assert [
        one["href"] for one in page.all("a") if one["href"].startswith("/admin/companies/")
    ] == ["/admin/companies/harbour"]
    for typed in ("atlantis", ""):
        page = look_at(await msp.post(f"{buyer}/companies", {"company": typed}), 422)
        assert "Choose one of the list" in page.text


async def test_a_disabled_user_is_out_at_once_and_may_come_back(msp, town, buyer):
    browser = await town.signed_in("buyer")
    look_at(await msp.get(buyer))
    assert (await msp.post(f"{buyer}/disable")).status_code == 303
    assert (await browser.get("/account")).headers["location"].startswith("/login")
    assert "Disabled" in look_at(await msp.get(buyer)).text
    assert (await msp.post(f"{buyer}/enable")).status_code == 303
    assert (await town.browser().sign_in("buyer@example.com")).status_code == 303


async def test_a_new_password_ends_the_sessions(msp, town, buyer):
    browser = await town.signed_in("buyer")
    look_at(await msp.get(buyer))
    page = look_at(await msp.post(f"{buyer}/password", {"password": "short"}), 422)
    assert "The password was not changed" in page.text
    other = "another short sentence"
    assert (await msp.post(f"{buyer}/password", {"password": other})).status_code == 303
    assert (await browser.get("/account")).headers["location"].startswith("/login")
    assert (await town.browser().sign_in("buyer@example.com", PASSWORD)).status_code != 303
    assert (await town.browser().sign_in("buyer@example.com", other)).status_code == 303


async def test_nobody_disables_themselves(msp, town):
    oneself = f"{ROOM}/{town.people['msp'].id}"
    assert "Disable" not in look_at(await msp.get(oneself)).text
    answer = await msp.post(f"{oneself}/disable")
    assert answer.status_code == 409
    assert "You can&#39;t disable yourself" in answer.text


async def test_clients_find_nothing_here(town, buyer):
    browser = await town.signed_in("administrator")
    for path in (ROOM, f"{ROOM}/new", buyer):
        assert (await browser.get(path)).status_code == 404
    assert (await browser.post(f"{buyer}/disable")).status_code == 404
