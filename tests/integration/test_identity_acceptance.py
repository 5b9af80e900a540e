"""What somebody who takes the portal over from its predecessors would try first.

Each test is one of the scenarios that were agreed on for identity and companies, by its
number. Nine to eleven, and the first half of twelve, are about rooms that come later.
"""

import asyncio
import re
from datetime import timedelta

import pyotp
from msgspec.structs import replace

from adapters.memory.database import MemoryDatabase
from entrypoints.web import create_app
from portal_core.companies.events import MembershipRefused
from portal_core.identity.events import (
    ApiKeyRefused,
    PasswordResetAsked,
    SecondFactorRefused,
    UserLocked,
)
from portal_core.identity.permissions import Permission, Role
from tests.examples import PASSWORD
from tests.house import Browser, parts_for, told
from tests.integration.test_pages_sign_in import (
    add_app,
    code_at,
    mailed,
    newest_mail,
    show_password,
)
from tests.pages import look_at
from tests.people import SYSTEM

BUYER = "buyer@example.com"
ANOTHER = "a sentence of my own"


def facts(town, kind):
    events = town.parts.database().tables.events.values()
    return [event for event in events if isinstance(event, kind)]


async def test_scenario_1_an_empty_portal_is_set_up_once(settings, clock):
    parts = parts_for(settings, clock, MemoryDatabase())
    app = create_app(parts)
    token = await parts.setup().offer(SYSTEM)
    first, second = Browser(app), Browser(app)
    person = {"token": token, "name": "Mia", "password": PASSWORD}
    for browser in (first, second):
        assert (await browser.get(f"/setup?token={token}")).status_code == 200
    answers = await asyncio.gather(
        first.post("/setup", person | {"email": "mia@example.com"}),
        second.post("/setup", person | {"email": "ann@example.com"}),
    )
    assert sorted(answer.status_code for answer in answers) == [303, 404]
    assert (await first.get(f"/setup?token={token}")).status_code == 404
    assert (await first.get("/setup")).status_code == 404


async def test_scenario_2_of_two_companies_the_last_one_counts(town):
    members = town.parts.memberships()
    await members.grant(SYSTEM, town.orchard.id, town.people["buyer"].id, Role.MEMBER)
    browser = await town.signed_in("buyer")
    await browser.get("/c/harbour/shop")
    assert (await browser.get("/")).headers["location"] == "/c/harbour/home"
    shop = await browser.get("/c/harbour/shop")
    switcher = shop.text.split('id="switcher"')[1].split("</nav>")[0]
    links = re.findall(r'href="([^"]+)"', switcher)
    assert links == ["/c/harbour/enter?room=shop", "/c/orchard/enter?room=shop"]
    there = await browser.get("/c/orchard/enter?room=shop")
    assert there.headers["location"] == "/c/orchard/home"
    assert "You may not go there" in look_at(await browser.get("/c/orchard/home")).text
    back = await browser.get("/c/harbour/enter?room=shop")
    assert back.headers["location"] == "/c/harbour/shop"
    outside = await browser.get("/c/harbour/enter?room=../../admin")
    assert outside.headers["location"] == "/c/harbour/home"


async def test_scenario_3_who_is_removed_is_a_stranger_on_the_next_request(town):
    browser = await town.signed_in("buyer")
    assert (await browser.get("/c/harbour/orders")).status_code == 200
    user = town.people["buyer"].id
    await town.parts.memberships().revoke(SYSTEM, town.harbour.id, user)
    gone = await browser.get("/c/harbour/orders")
    never = await browser.get("/c/no-such-company/orders")
    assert (gone.status_code, never.status_code) == (404, 404)
    assert told(gone) == told(never)
    assert "Harbour" not in (await browser.get("/account")).text


async def test_scenario_4_nobody_gives_what_they_lack_and_the_last_ones_stay(town):
    harbour, ada = town.harbour.id, town.people["administrator"].id
    invoices = Permission.SEE_INVOICES
    memberships = town.parts.memberships()
    await memberships.toggle(SYSTEM, harbour, ada, invoices, allowed=False)
    browser = await town.signed_in("administrator")
    room = "/c/harbour/settings/people"
    await browser.get(room)
    here = f"{room}/{town.people['member'].id}/access"
    form = {"permission": invoices.value, "allowed": "yes"}
    assert (await browser.post(here, form)).status_code == 403
    [event] = facts(town, MembershipRefused)
    assert (event.stamp.actor.id, event.user_id) == (ada, town.people["member"].id)

    demoted = await browser.post(f"{room}/{ada}", {"role": "member"})
    assert "last administrator" in look_at(demoted, 409).text
    msp = await town.signed_in("msp")
    here = f"/admin/users/{town.people['msp'].id}/msp"
    await msp.get(here)
    demoted = await msp.post(here, {"msp_role": ""})
    assert "last MSP administrator" in look_at(demoted, 409).text


async def test_scenario_5_wrong_codes_void_the_challenge(town, clock):
    buyer = await town.signed_in("buyer")
    secret = await add_app(buyer, clock)
    browser = town.browser()
    wrong = await browser.get("/login")
    wrong = await browser.post("/login", {"email": BUYER, "password": "not this one"})
    assert "code" not in look_at(wrong, 422).text.lower()
    place = (await show_password(browser)).headers["location"]
    await browser.get(place)
    for _ in range(5):
        answer = await browser.post("/login/factor", {"code": "000000"})
        clock.advance(timedelta(minutes=1))
    assert answer.headers["location"] == "/login"
    sixth = await browser.post("/login/factor", {"code": code_at(secret, clock)})
    assert sixth.headers["location"] == "/login"
    assert (await browser.get("/account")).status_code == 303
    assert len(facts(town, SecondFactorRefused)) == 5
    assert [event.what for event in facts(town, UserLocked)] == ["code"]
    await town.parts.relay().run()
    assert "knew your password, but had no right code" in newest_mail(town)


async def test_scenario_6_a_reset_ends_all_that_came_in_before(town, clock):
    buyer = await town.signed_in("buyer")
    secret = await add_app(buyer, clock)
    trusting = town.browser()
    await trusting.get((await show_password(trusting)).headers["location"])
    code = pyotp.TOTP(secret).at(clock())
    await trusting.post("/login/factor", {"code": code, "trust": "on"})
    async with town.parts.database().begin() as work:
        user = await work.users.get(town.people["buyer"].id)
        forced = replace(user, must_change_password=True, version=user.version + 1)
        await work.users.save(forced)

    await town.parts.relay().run()
    browser = town.browser()
    await browser.get("/forgot")
    await browser.post("/forgot", {"email": BUYER})
    first = await mailed(town, PasswordResetAsked)
    clock.advance(timedelta(minutes=5))
    await browser.get("/forgot")
    await browser.post("/forgot", {"email": BUYER})
    second = await mailed(town, PasswordResetAsked)
    assert (await browser.get(first)).status_code == 404
    token = look_at(await browser.get(second)).value("token")
    same = await browser.post("/reset", {"token": token, "password": PASSWORD})
    assert same.status_code == 422
    reset = await browser.post("/reset", {"token": token, "password": ANOTHER})
    assert reset.headers["location"] == "/login"

    for old in (buyer, trusting):
        assert (await old.get("/account")).status_code == 303
    await trusting.get("/login")
    answer = await trusting.post("/login", {"email": BUYER, "password": ANOTHER})
    assert answer.headers["location"].startswith("/login/factor")
    async with town.parts.database().read() as work:
        user = await work.users.get(town.people["buyer"].id)
    assert not user.must_change_password


async def test_scenario_7_what_is_in_use_is_explained(town):
    await town.stock_up()
    msp = await town.signed_in("msp")
    page = look_at(await msp.get("/admin/companies/harbour/end"))
    assert "1 order of theirs are kept" in page.text
    kept = await msp.post("/admin/companies/harbour/delete", {"confirm": "Harbour"})
    assert "Archive it instead" in look_at(kept, 409).text

    administrator = await town.signed_in("administrator")
    role = f"/c/harbour/settings/roles/{town.known['harbour_role']}"
    assert "1 person has it" in look_at(await administrator.get(role)).text
    kept = await administrator.post(f"{role}/remove")
    assert "Give them another one first" in look_at(kept, 409).text


async def test_scenario_8_a_key_of_another_company_finds_nothing(town):
    await town.stock_up()
    browser = town.browser()
    headers = {"authorization": f"Bearer {town.known['of_company']}"}
    for path in ("orders", f"orders/{town.known['orchard_order']}", "members"):
        answer = await browser.http.get(
            f"/api/v1/companies/orchard/{path}", headers=headers
        )
        assert answer.status_code == 404
    events = facts(town, ApiKeyRefused)
    assert [event.company for event in events] == ["orchard"] * 3
    [key] = {event.key_id for event in events}
    keys = await town.parts.api_keys().list(SYSTEM)
    assert next(one.used_at for one in keys if one.id == key) is not None


async def test_scenario_12_two_companies_do_not_share_an_id_elsewhere(town):
    msp = await town.signed_in("msp")
    await msp.get("/admin/companies/orchard")
    form = {
        "name": "Orchard",
        "slug": "orchard",
        "currency": "AUD",
        "time_zone": "Australia/Sydney",
        "locale": "en",
        "syncro_id": "4711",
        "xero_id": "x-1",
        "version": "1",
    }
    assert (await msp.post("/admin/companies/orchard", form)).status_code == 303
    claimed = form | {"name": "Harbour", "slug": "harbour"}
    page = look_at(await msp.post("/admin/companies/harbour", claimed), 422)
    assert "“Orchard” (orchard) has this Syncro id already." in page.text
    assert "“Orchard” (orchard) has this Xero id already." in page.text
    assert any(link.get("href") == "/admin/companies/orchard" for link in page.all("a"))
