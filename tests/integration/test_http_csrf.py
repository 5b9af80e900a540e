"""No unsafe request is served unless a page of ours, of the same session, asked for it."""

import re

import pytest

from tests.architecture.routes import routes_of
from tests.examples import PASSWORD
from tests.house import URL, Browser

SAFE = {"GET", "HEAD", "OPTIONS"}
ANYTHING = {"str": "anything", "uuid": "01970000-0000-7000-8000-00000000dead", "int": "1"}
EMAIL = "buyer@example.com"


def unsafe_pages(app):
    """Yield the method and path of every page that changes something."""
    for name, _ in routes_of(app):
        method, path = name.split(" ", 1)
        if method not in SAFE and not path.startswith("/api/"):
            path = path.replace("{company:str}", "harbour")
            yield method, re.sub(r"\{\w+:(\w+)\}", lambda kind: ANYTHING[kind[1]], path)


async def attempt(browser, method, path, *, token="", headers=None):
    """Send a form to an address, and return the answer."""
    return await browser.http.request(
        method, path, data={"csrf_token": token}, headers=headers or {}
    )


async def test_no_route_takes_a_request_without_a_token(town):
    browser = await town.signed_in("msp")
    tried = 0
    for method, path in unsafe_pages(town.app):
        answer = await attempt(browser, method, path)
        assert answer.status_code == 403, f"{method} {path}"
        tried += 1
    assert tried >= 4


async def test_no_route_takes_the_token_of_another_session(town):
    browser, other = await town.signed_in("msp"), await town.signed_in("msp")
    for method, path in unsafe_pages(town.app):
        answer = await attempt(browser, method, path, token=other.token)
        assert answer.status_code == 403, f"{method} {path}"


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "http://portal.example.com"},
        {"origin": "https://portal.example.com.evil.example"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
async def test_no_route_takes_a_request_from_elsewhere(town, headers):
    browser = await town.signed_in("msp")
    for method, path in unsafe_pages(town.app):
        answer = await attempt(browser, method, path, token=browser.token, headers=headers)
        assert answer.status_code == 403, f"{method} {path}"
    assert (await browser.get("/account")).status_code == 200


@pytest.mark.parametrize("headers", [{}, {"origin": URL, "sec-fetch-site": "same-origin"}])
async def test_a_page_of_ours_may(town, headers):
    browser = await town.signed_in("buyer")
    answer = await browser.post("/account", {"name": "Bea"}, headers=headers)
    assert answer.status_code == 303


async def test_a_script_of_ours_sends_the_token_as_a_header(town):
    browser = await town.signed_in("buyer")
    token = {"x-csrf-token": browser.token}
    answer = await browser.post("/account", {"name": "Bea"}, token="", headers=token)
    assert answer.status_code == 303


async def test_each_page_has_a_token_of_its_own_and_all_of_them_hold(town):
    browser = await town.signed_in("buyer")
    first = browser.token
    await browser.get("/account")
    assert browser.token != first
    assert (await browser.post("/account", {"name": "B"}, token=first)).status_code == 303


async def test_nobody_can_be_signed_in_as_somebody_else(town):
    attacker, victim = town.browser(), town.browser()
    await attacker.get("/login")
    fields = {"email": EMAIL, "password": PASSWORD}
    assert (await victim.post("/login", fields)).status_code == 403
    answer = await victim.post("/login", fields, token=attacker.token)
    assert answer.status_code == 403
    await victim.get("/login")
    answer = await victim.post("/login", fields, token=attacker.token)
    assert answer.status_code == 403
    assert not victim.cookie()


async def test_the_form_of_sign_in_is_not_the_form_of_a_session(town):
    browser = town.browser()
    await browser.get("/login")
    before = browser.token
    await browser.sign_in(EMAIL)
    answer = await browser.post("/account", {"name": "Bea"}, token=before)
    assert answer.status_code == 403


@pytest.mark.parametrize("token", ["", ".", "x", "x.y", "é.ü", "\x00", "a" * 5000])
async def test_a_made_up_token_is_refused(town, token):
    browser = await town.signed_in("buyer")
    answer = await browser.post("/account", {"name": "Bea"}, token=token)
    assert answer.status_code == 403
    assert "out of date" in answer.text


async def test_json_is_no_way_around(town):
    browser = await town.signed_in("buyer")
    for kind in ("application/json", "text/plain", ""):
        headers = {"content-type": kind} if kind else {}
        answer = await browser.http.post(
            "/account", content=b'{"name": "Bea"}', headers=headers
        )
        assert answer.status_code == 403


OPEN = {
    *("/login", "/login/enrol", "/login/factor"),
    *("/login/passkey", "/login/passkey/question"),
    *("/forgot", "/invite", "/reset", "/setup"),
}
"""Forms for those who have not signed in."""


async def test_a_visitor_is_asked_to_sign_in(town):
    browser = Browser(town.app)
    for method, path in unsafe_pages(town.app):
        if path in OPEN:
            continue
        answer = await attempt(browser, method, path)
        assert answer.status_code == 303, f"{method} {path}"
        assert answer.headers["location"] == "/login"


async def test_the_body_of_a_stranger_is_not_read(town):
    read = []

    async def pieces():
        for _ in range(60):
            read.append(1)
            yield b"x" * 1_000_000

    stranger = Browser(town.app)
    stranger.http.cookies.set("__Host-atrium", "made-up")
    answer = await stranger.http.post(
        "/admin/imports",
        content=pieces(),
        headers={"content-type": "multipart/form-data; boundary=x"},
    )
    assert answer.status_code == 303
    assert "/login" in answer.headers["location"]
    assert len(read) <= 1
