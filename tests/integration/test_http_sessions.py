"""Sessions: fresh at every sign-in, known to the database by their hash only."""

from datetime import timedelta

import pytest

from adapters.memory.database import MemoryDatabase
from entrypoints.web import create_app
from portal_core.identity.policy import SignInPolicy
from portal_core.identity.tokens import token_hash
from tests.examples import PASSWORD
from tests.house import Browser, parts_for, set_cookies, settings_in, settle
from tests.people import SYSTEM

SESSION = "__Host-atrium"
EMAIL = "buyer@example.com"

IDLE = timedelta(minutes=SignInPolicy().idle_minutes)


@pytest.fixture(params=["memory", "sqlite"])
def each_town(request):
    """A portal with companies and people, on either database."""
    name = "town_on_sqlite" if request.param == "sqlite" else "town_in_memory"
    return request.getfixturevalue(name)


async def test_a_visitor_gets_no_session(town):
    browser = town.browser()
    for path in ("/", "/login", "/nowhere", "/health/live"):
        assert SESSION not in set_cookies(await browser.get(path))


async def test_an_id_that_the_client_chose_is_not_taken_over(each_town):
    browser = each_town.browser()
    browser.plant(SESSION, "chosen-by-a-stranger")
    answer = await browser.sign_in(EMAIL)
    assert answer.status_code == 303
    assert browser.cookie() != "chosen-by-a-stranger"
    thief = each_town.browser()
    thief.plant(SESSION, "chosen-by-a-stranger")
    assert (await thief.get("/account")).status_code == 303


async def test_every_sign_in_makes_a_new_session_and_ends_the_one_before(each_town):
    browser = await each_town.signed_in("buyer")
    first = browser.cookie()
    other = each_town.browser()
    await other.get("/login")
    other.plant(SESSION, first)
    await other.post("/login", {"email": EMAIL, "password": PASSWORD})
    assert other.cookie() != first
    assert (await browser.get("/account")).headers["location"].startswith("/login")


async def test_only_the_hash_is_stored(each_town):
    browser = await each_town.signed_in("buyer")
    async with each_town.parts.database().read() as work:
        found = await work.entrances.by_session(token_hash(browser.cookie()), None)
        stored = await work.entrances.by_session(browser.cookie().encode(), None)
    assert found is not None
    assert stored is None
    assert len(browser.cookie()) == 43  # 256 bits in base64


async def test_cookies_over_https(town):
    browser = town.browser()
    await browser.get("/login")
    answer = await browser.post("/login", {"email": EMAIL, "password": PASSWORD})
    for name, line in set_cookies(answer).items():
        assert name.startswith("__Host-"), name
        assert "Secure" in line
        assert "HttpOnly" in line
        assert "Path=/" in line
        assert "samesite=lax" in line.lower()
        assert "domain" not in line.lower()


async def test_cookies_over_http(tmp_path, clock):
    settings = settings_in(tmp_path, public_url="http://portal.test")
    town = await settle(parts_for(settings, clock, MemoryDatabase()))
    browser = town.browser(url="http://portal.test")
    await browser.get("/login")
    answer = await browser.post("/login", {"email": EMAIL, "password": PASSWORD})
    line = set_cookies(answer)["atrium"]
    assert "Secure" not in line
    assert "HttpOnly" in line


async def test_signing_out_ends_the_session_itself(each_town):
    browser = await each_town.signed_in("buyer")
    kept = browser.cookie()
    answer = await browser.post("/logout")
    assert answer.headers["location"] == "/login"
    assert not browser.cookie()
    assert "You have signed out" in (await browser.get("/login")).text
    thief = each_town.browser()
    thief.plant(SESSION, kept)
    assert (await thief.get("/account")).status_code == 303


async def test_signing_out_is_not_done_by_a_link(town):
    browser = await town.signed_in("buyer")
    assert (await browser.get("/logout")).status_code == 405
    assert (await browser.get("/account")).status_code == 200


async def test_an_unused_session_ends(each_town, clock):
    browser = await each_town.signed_in("buyer")
    clock.advance(IDLE - timedelta(seconds=1))
    assert (await browser.get("/account")).status_code == 200
    clock.advance(IDLE)
    assert (await browser.get("/account")).status_code == 303


async def test_a_used_session_ends_too(each_town, clock):
    browser = await each_town.signed_in("buyer")
    for _ in range(23):
        clock.advance(timedelta(hours=1))
        assert (await browser.get("/account")).status_code == 200
    clock.advance(timedelta(hours=1))
    assert (await browser.get("/account")).status_code == 303


async def test_whoever_is_disabled_is_out_at_once(each_town):
    browser = await each_town.signed_in("buyer")
    await each_town.parts.users().disable(SYSTEM, each_town.people["buyer"].id)
    assert (await browser.get("/account")).status_code == 303


async def test_a_role_that_is_taken_away_is_gone_with_the_next_click(each_town):
    browser = await each_town.signed_in("buyer")
    assert (await browser.get("/c/harbour/home")).status_code == 200
    members = each_town.parts.memberships()
    await members.revoke(SYSTEM, each_town.harbour.id, each_town.people["buyer"].id)
    assert (await browser.get("/c/harbour/home")).status_code == 404


async def test_what_was_saved_too_late_is_told(town, clock):
    browser = await town.signed_in("buyer")
    clock.advance(timedelta(days=2))
    answer = await browser.post("/account", {"name": "New"})
    assert answer.headers["location"] == "/login"
    assert "nothing was saved" in (await browser.get("/login")).text


async def test_the_way_back_after_signing_in(town):
    browser = town.browser()
    answer = await browser.get("/c/harbour/home?tab=one")
    assert answer.headers["location"] == "/login?next=%2Fc%2Fharbour%2Fhome%3Ftab%3Done"
    await browser.get(answer.headers["location"])
    fields = {"email": EMAIL, "password": PASSWORD, "next": "/c/harbour/home?tab=one"}
    answer = await browser.post("/login", fields)
    assert answer.headers["location"] == "/c/harbour/home?tab=one"


@pytest.mark.parametrize(
    "place",
    [
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "/%0d%0aLocation:x\r\nx",
        "javascript:alert(1)",
        " //evil.example",
        "login",
        "/" + "a" * 3000,
    ],
)
async def test_no_redirect_leads_outside(town, place):
    browser = town.browser()
    await browser.get("/login", params={"next": place})
    fields = {"email": EMAIL, "password": PASSWORD, "next": place}
    assert (await browser.post("/login", fields)).headers["location"] == "/"
    answer = await browser.get("/login", params={"next": place})
    assert answer.headers["location"] == "/"
    await browser.get("/account")
    answer = await browser.post("/account/theme", {"theme": "dark", "next": place})
    assert answer.headers["location"] == "/"


async def test_a_wrong_password_and_an_unknown_address_read_alike(town):
    texts = set()
    for email in (EMAIL, "nobody@example.com"):
        answer = await town.browser(address=f"203.0.113.{len(texts)}").sign_in(
            email, "wrong"
        )
        assert answer.status_code == 422
        texts.add(answer.text.count("is not right"))
    assert texts == {1}


async def test_many_wrong_passwords_have_to_wait(each_town):
    browser = each_town.browser()
    answers = [await browser.sign_in(EMAIL, "wrong") for _ in range(6)]
    assert answers[-1].status_code == 429
    assert int(answers[-1].headers["retry-after"]) > 0
    assert "Too many tries" in answers[-1].text
    elsewhere = each_town.browser(address="203.0.113.9")
    assert (await elsewhere.sign_in(EMAIL)).status_code == 303


async def test_the_start_page_leads_to_where_one_works(town):
    buyer = await town.signed_in("buyer")
    assert (await buyer.get("/")).headers["location"] == "/c/harbour/home"
    msp = await town.signed_in("msp")
    assert (await msp.get("/")).headers["location"] == "/admin"


async def test_of_several_companies_the_last_one_counts(each_town):
    members = each_town.parts.memberships()
    await members.grant(SYSTEM, each_town.orchard.id, each_town.people["buyer"].id, "buyer")
    browser = await each_town.signed_in("buyer")
    assert (await browser.get("/")).headers["location"] == "/account/companies"
    listed = (await browser.get("/account/companies")).text
    assert listed.index("Harbour") < listed.index("Orchard")
    assert (await browser.get("/c/orchard/home")).status_code == 200
    assert (await browser.get("/")).headers["location"] == "/c/orchard/home"
    found = (await browser.get("/account/companies?search=har")).text
    assert "/c/harbour/home" in found


async def test_the_set_up_link_works_once(settings, clock):
    parts = parts_for(settings, clock, MemoryDatabase())
    app = create_app(parts)
    token = await parts.setup().offer(SYSTEM)
    browser = Browser(app)
    assert (await browser.get("/setup")).status_code == 404
    assert (await browser.get("/setup?token=guessed")).status_code == 404
    assert (await browser.get(f"/setup?token={token}")).status_code == 200
    person = {"token": token, "name": "Mia", "email": "mia@example.com"}
    refused = await browser.post("/setup", {**person, "password": "short"})
    assert refused.status_code == 422
    assert 'value="Mia"' in refused.text
    answer = await browser.post("/setup", {**person, "password": PASSWORD})
    assert answer.headers["location"] == "/admin"
    assert "Your portal is ready" in (await browser.get("/admin")).text
    assert "Your portal is ready" not in (await browser.get("/admin")).text
    late = Browser(app)
    assert (await late.get(f"/setup?token={token}")).status_code == 404
