"""Signing in step by step, getting in again, and showing that it is still oneself."""

import re
from datetime import timedelta
from email import message_from_bytes
from urllib.parse import urlsplit

import pyotp
import pytest
from msgspec.structs import replace

from portal_core.identity.events import PasswordResetAsked, UserInvited
from portal_core.identity.policy import SignInPolicy
from portal_core.outbox import deliveries_of
from tests.examples import PASSWORD
from tests.pages import look_at
from tests.people import SYSTEM

BUYER = "buyer@example.com"
ANOTHER = "a sentence of my own"
SECURITY = "/account/security"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


@pytest.fixture
async def buyer(town):
    return await town.signed_in("buyer")


def code_at(secret, clock):
    return pyotp.TOTP(secret).at(clock())


async def add_app(browser, clock):
    """Add an authenticator as its page asks, and return its secret."""
    page = look_at(await browser.get(f"{SECURITY}/authenticators/new"))
    secret = page.value("secret")
    fields = {"name": "My phone", "secret": secret, "code": code_at(secret, clock)}
    answer = await browser.post(f"{SECURITY}/authenticators", fields)
    assert answer.headers["location"] == SECURITY
    clock.advance(timedelta(seconds=30))
    return secret


async def show_password(browser):
    await browser.get("/login")
    return await browser.post("/login", {"email": BUYER, "password": PASSWORD})


async def test_first_the_address_then_the_password(town):
    browser = town.browser()
    page = look_at(await browser.get("/login?next=/account/companies"))
    assert page.value("password") is None
    fields = {"step": "email", "email": BUYER, "next": "/account/companies"}
    page = look_at(await browser.post("/login", fields))
    assert page.value("email") == BUYER
    assert page.value("password") == ""
    answer = await browser.post(
        "/login", fields | {"step": "password", "password": PASSWORD}
    )
    assert answer.headers["location"] == "/account/companies"


async def test_any_address_is_asked_for_its_password(town):
    browser = town.browser()
    told = set()
    for email in (BUYER, "unknown@example.com"):
        await browser.get("/login")
        answer = await browser.post("/login", {"step": "email", "email": email})
        text = look_at(answer).text
        told.add(text.replace(email, "ADDRESS"))
    assert len(told) == 1


async def test_the_code_is_asked_for_and_lets_in(town, buyer, clock):
    secret = await add_app(buyer, clock)
    browser = town.browser()
    answer = await show_password(browser)
    place = answer.headers["location"]
    assert urlsplit(place).path == "/login/factor"
    assert not browser.cookie()
    page = look_at(await browser.get(place))
    assert BUYER in page.text
    answer = await browser.post("/login/factor", {"code": "000000"})
    assert "not right" in look_at(answer, 422).text
    answer = await browser.post("/login/factor", {"code": code_at(secret, clock)})
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert (await browser.get("/account")).status_code == 200


async def test_a_browser_that_is_trusted_is_asked_for_no_code(town, buyer, clock):
    secret = await add_app(buyer, clock)
    browser = town.browser()
    await browser.get((await show_password(browser)).headers["location"])
    code = code_at(secret, clock)
    await browser.post("/login/factor", {"code": code, "trust": "on"})
    await browser.get("/account")
    await browser.post("/logout")
    assert (await show_password(browser)).headers["location"] == "/"
    page = look_at(await browser.get(SECURITY))
    assert "until" in page.text
    forget = next(f for f in page.all("form") if f["action"].endswith("/forget"))
    await browser.post(forget["action"])
    await browser.post("/logout")
    answer = await show_password(browser)
    assert answer.headers["location"].startswith("/login/factor")


async def test_without_a_challenge_there_is_nothing_to_answer(town):
    browser = town.browser()
    assert (await browser.get("/login/factor")).headers["location"] == "/login"
    await browser.get("/login")
    for path in ("/login/factor", "/login/enrol"):
        answer = await browser.post(path, {"code": "000000"})
        assert answer.headers["location"] == "/login"
        page = look_at(await browser.get("/login"))
        assert "Sign in again" in page.text


async def test_who_must_have_a_second_factor_sets_it_up_on_the_way(town, clock):
    company = replace(
        town.harbour,
        sign_in=SignInPolicy(second_factor=True),
        version=town.harbour.version + 1,
    )
    async with town.parts.database().begin() as work:
        await work.companies.save(company)
    browser = town.browser()
    page = look_at(await browser.get((await show_password(browser)).headers["location"]))
    secret = page.value("secret")
    assert page.all("svg")
    fields = {"secret": secret, "code": "000000", "name": "My phone"}
    page = look_at(await browser.post("/login/enrol", fields), 422)
    assert (page.value("secret"), page.value("name")) == (secret, "My phone")
    answer = await browser.post("/login/enrol", fields | {"code": code_at(secret, clock)})
    assert answer.headers["location"] == SECURITY
    assert "My phone" in look_at(await browser.get(SECURITY)).text


async def test_recovery_codes_are_shown_once(town, buyer, clock):
    await add_app(buyer, clock)
    await buyer.get(SECURITY)
    answer = await buyer.post(f"{SECURITY}/recovery-codes")
    codes = re.findall(r"<code>([a-z0-9-]{13})</code>", answer.text)
    assert len(codes) == 10
    assert answer.headers["cache-control"] == "no-store"
    assert codes[0] not in (await buyer.get(SECURITY)).text
    browser = town.browser()
    await browser.get((await show_password(browser)).headers["location"])
    answer = await browser.post("/login/factor", {"code": codes[0]})
    assert answer.headers["location"] == "/"


async def test_what_is_sensitive_asks_for_proof_and_loses_nothing(town, buyer, clock):
    page = look_at(await buyer.get(f"{SECURITY}/authenticators/new"))
    secret = page.value("secret")
    clock.advance(timedelta(minutes=11))
    fields = {"name": "My phone", "secret": secret, "code": code_at(secret, clock)}
    page = look_at(await buyer.post(f"{SECURITY}/authenticators", fields), 403)
    assert page.value("name") == "My phone"
    assert page.value("proof_password") == ""
    kept = {name: page.value(name) for name in fields}
    answer = await buyer.post(
        f"{SECURITY}/authenticators", kept | {"proof_password": "not my password"}
    )
    page = look_at(answer, 403)
    assert "not your password" in page.text
    assert page.value("code") == fields["code"]
    answer = await buyer.post(
        f"{SECURITY}/authenticators", kept | {"proof_password": PASSWORD}
    )
    assert answer.headers["location"] == SECURITY
    assert "My phone" in look_at(await buyer.get(SECURITY)).text


async def test_with_an_authenticator_a_code_is_the_proof(buyer, clock):
    secret = await add_app(buyer, clock)
    clock.advance(timedelta(minutes=11))
    await buyer.get(SECURITY)
    page = look_at(await buyer.post(f"{SECURITY}/recovery-codes"), 403)
    assert page.value("proof_code") == ""
    answer = await buyer.post(
        f"{SECURITY}/recovery-codes", {"proof_code": code_at(secret, clock)}
    )
    assert "Recovery codes" in look_at(answer).text


async def test_a_proof_for_htmx_is_asked_on_a_page_of_its_own(town, buyer, clock):
    clock.advance(timedelta(minutes=11))
    await buyer.get(SECURITY)
    headers = {
        "hx-request": "true",
        "hx-current-url": f"https://portal.example.com{SECURITY}",
    }
    answer = await buyer.post(f"{SECURITY}/recovery-codes", headers=headers)
    assert answer.status_code == 204
    place = answer.headers["hx-redirect"]
    assert place == "/account/prove?next=%2Faccount%2Fsecurity"
    page = look_at(await buyer.get(place), 403)
    assert page.value("next") == SECURITY
    answer = await buyer.post(
        "/account/prove", {"next": SECURITY, "proof_password": PASSWORD}
    )
    assert answer.headers["location"] == SECURITY


async def test_a_factor_is_removed(buyer, clock):
    await add_app(buyer, clock)
    page = look_at(await buyer.get(SECURITY))
    remove = next(f for f in page.all("form") if f["action"].endswith("/remove"))
    await buyer.post(remove["action"])
    assert "No second factor" in look_at(await buyer.get(SECURITY)).text


async def test_sessions_elsewhere_are_seen_and_ended(town, buyer):
    elsewhere = await town.signed_in(
        "buyer",
        headers={"user-agent": FIREFOX},
    )
    page = look_at(await buyer.get(SECURITY))
    assert "Firefox on Linux" in page.text
    end = next(f for f in page.all("form") if f["action"].endswith("/end"))
    await buyer.post(end["action"])
    assert (await elsewhere.get("/account")).status_code == 303
    third = await town.signed_in("buyer")
    await buyer.post(f"{SECURITY}/sessions/end-others")
    assert (await third.get("/account")).status_code == 303
    assert (await buyer.get("/account")).status_code == 200


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"current": "not my password", "password": ANOTHER}, "current"),
        ({"current": PASSWORD, "password": "short"}, "password"),
        ({"current": PASSWORD, "password": PASSWORD}, "password"),
    ],
)
async def test_a_password_that_is_refused_is_not_changed(town, buyer, fields, field):
    await buyer.get("/account/password")
    page = look_at(await buyer.post("/account/password", fields), 422)
    [wrong] = [one for tag, one in page.tags if "aria-invalid" in one]
    assert wrong["name"] == field
    assert await town.signed_in("buyer")


async def mailed(town, kind):
    """Deliver the newest mail of this kind, and return the link in it."""
    events = town.parts.database().tables.events.values()
    event = [one for one in events if isinstance(one, kind)][-1]
    await town.parts.relay().run()
    text = newest_mail(town)
    assert deliveries_of(event, ())
    return re.search(r"https://portal\.example\.com(/\S+)", text)[1]


def newest_mail(town):
    folder = town.parts.settings().data_dir / "mail"
    newest = max(folder.iterdir(), key=lambda path: path.stat().st_mtime_ns)
    message = message_from_bytes(newest.read_bytes())
    [text] = [p for p in message.walk() if p.get_content_type() == "text/plain"]
    return text.get_payload(decode=True).decode()


async def test_a_forgotten_password_is_set_by_a_link(town, buyer):
    browser = town.browser()
    look_at(await browser.get("/forgot"))
    page = look_at(await browser.post("/forgot", {"email": BUYER}))
    assert "on its way" in page.text
    link = await mailed(town, PasswordResetAsked)
    page = look_at(await browser.get(link))
    fields = {"token": page.value("token"), "password": "short"}
    page = look_at(await browser.post("/reset", fields), 422)
    answer = await browser.post("/reset", fields | {"password": ANOTHER})
    assert answer.headers["location"] == "/login"
    assert (await buyer.get("/account")).status_code == 303
    assert "does not work any more" in look_at(await browser.get(link), 404).text
    answer = await browser.post("/reset", fields | {"password": "yet another one here"})
    assert answer.status_code == 404
    assert (await browser.sign_in(BUYER, ANOTHER)).status_code == 303


async def test_nobody_learns_who_has_an_account_by_forgetting(town):
    browser = town.browser()
    told = set()
    for email in (BUYER, "unknown@example.com"):
        await browser.get("/forgot")
        answer = await browser.post("/forgot", {"email": email})
        told.add(look_at(answer).text.replace(email, "ADDRESS"))
    assert len(told) == 1


async def test_an_invitation_brings_somebody_in(town):
    msp = await town.signed_in("msp")
    await msp.get("/admin/users/new")
    new = {"name": "Nia", "email": "nia@example.com", "company": "harbour", "role": "buyer"}
    place = (await msp.post("/admin/users", new)).headers["location"]
    link = await mailed(town, UserInvited)
    page = look_at(await msp.get(f"{place}/security"))
    assert "They have not chosen a password yet" in page.text
    await msp.post(f"{place}/security/invite")
    newer = await mailed(town, UserInvited)
    browser = town.browser()
    assert look_at(await browser.get(link), 404)
    page = look_at(await browser.get(newer))
    assert page.value("name") == "Nia"
    fields = {"token": page.value("token"), "name": "Nia New", "password": ANOTHER}
    answer = await browser.post("/invite", fields)
    assert answer.headers["location"] == "/"
    assert (await browser.get("/c/harbour/orders")).status_code == 200


async def test_an_invitation_is_revoked(town):
    msp = await town.signed_in("msp")
    await msp.get("/admin/users/new")
    new = {"name": "Nia", "email": "nia@example.com", "role": "buyer"}
    place = (await msp.post("/admin/users", new)).headers["location"]
    link = await mailed(town, UserInvited)
    await msp.get(f"{place}/security")
    await msp.post(f"{place}/security/revoke")
    assert "No link works now" in look_at(await msp.get(f"{place}/security")).text
    assert look_at(await town.browser().get(link), 404)


async def test_an_administrator_resets_lost_factors_and_ends_sessions(town, buyer, clock):
    await add_app(buyer, clock)
    msp = await town.signed_in("msp")
    place = f"/admin/users/{town.people['buyer'].id}/security"
    assert "My phone" in look_at(await msp.get(place)).text
    answer = await msp.post(f"{place}/factors/reset", {"reason": "lost"})
    assert "Say why" in look_at(answer, 422).text
    await msp.post(f"{place}/factors/reset", {"reason": "Lost the phone, rang back"})
    assert "No second factor" in look_at(await msp.get(place)).text
    assert (await buyer.get("/account")).status_code == 303
    again = await town.signed_in("buyer")
    await msp.post(f"{place}/sessions/end-all")
    assert (await again.get("/account")).status_code == 303
    assert await town.parts.users().get(SYSTEM, town.people["buyer"].id)
