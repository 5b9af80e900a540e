"""What people and programs read when something fails."""

from datetime import timedelta

import httpx
import pytest
from dependency_injector.providers import Object

from adapters.http.errors import STATUS
from adapters.memory.database import MemoryDatabase
from portal_core.errors import (
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    Problem,
    Throttled,
    Unavailable,
)
from portal_core.identity.users import UserService
from tests.house import parts_for, settle, told

EVIL = "<script>alert(1)</script>"
JSON = {"accept": "application/json"}
FAILURES = [
    NotFound("There is no such order."),
    Forbidden("You may not do this."),
    Invalid("Too long.", Problem("lines.0.quantity", "Too many.", "too_many")),
    Conflict("Somebody was faster."),
    Throttled("Wait.", wait=timedelta(seconds=29.5)),
    Unavailable("The supplier does not answer."),
]


class Failing(UserService):
    """A service that fails in whatever way it is told to."""

    def __init__(self, failure):
        self.failure = failure

    async def rename_oneself(self, _actor, _name):
        raise self.failure


@pytest.fixture
async def failing(settings, clock):
    """A portal in which saving one's profile fails as it is told to."""

    async def build(failure):
        parts = parts_for(settings, clock, MemoryDatabase())
        town = await settle(parts)
        parts.users.override(Object(Failing(failure)))
        return await town.signed_in("buyer")

    return build


@pytest.mark.parametrize("failure", FAILURES, ids=lambda e: type(e).__name__)
async def test_programs_read_problem_details(failing, failure):
    browser = await failing(failure)
    answer = await browser.post("/account", {"name": "Bea"}, headers=JSON)
    if isinstance(failure, Invalid):
        assert answer.status_code == 422  # the form again: this page catches it
        return
    assert answer.status_code == STATUS[type(failure)]
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert body["status"] == answer.status_code
    assert body["title"] == httpx.codes(answer.status_code).name.replace("_", " ").title()
    assert body["detail"] == failure.message
    assert body["code"] == failure.code
    assert body["request_id"] == answer.headers["x-request-id"]
    assert body["type"] == "about:blank"


async def test_waiting_is_told(failing):
    browser = await failing(FAILURES[4])
    answer = await browser.post("/account", {"name": "Bea"})
    assert answer.status_code == 429
    assert answer.headers["retry-after"] == "30"
    browser = await failing(FAILURES[5])
    answer = await browser.post("/account", {"name": "Bea"})
    assert answer.headers["retry-after"] == "5"


@pytest.mark.parametrize("failure", [FAILURES[1], FAILURES[3], FAILURES[5]])
async def test_people_read_what_happened_and_whether_it_was_saved(failing, failure):
    browser = await failing(failure)
    answer = await browser.post("/account", {"name": "Bea"})
    assert answer.status_code == STATUS[type(failure)]
    assert failure.message in answer.text
    assert "Nothing was saved." in answer.text
    assert answer.headers["x-request-id"] in answer.text


async def test_the_unforeseen_tells_nothing_but_its_number(failing, capsys):
    browser = await failing(RuntimeError("the password is hunter2"))
    for headers in ({}, JSON, {"hx-request": "true"}):
        answer = await browser.post("/account", {"name": "Bea"}, headers=headers)
        assert answer.status_code == 500
        assert "hunter2" not in answer.text
        assert "Traceback" not in answer.text
        assert "RuntimeError" not in answer.text
        assert answer.headers["x-request-id"] in answer.text
    log = capsys.readouterr().out
    assert "RuntimeError" in log
    assert answer.headers["x-request-id"] in log


async def test_htmx_reads_problem_details(town):
    browser = await town.signed_in("buyer")
    answer = await browser.get("/c/orchard/home", headers={"hx-request": "true"})
    assert answer.status_code == 404
    assert answer.json()["code"] == "not_found"
    stranger = town.browser()
    answer = await stranger.get("/account", headers={"hx-request": "true"})
    assert answer.status_code == 401


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", f"/{EVIL}", 404),
        ("GET", "/nowhere?x=" + EVIL, 404),
        ("GET", f"/c/{EVIL}/home", 404),
        ("GET", "/account/companies?search=" + EVIL, 200),
        ("GET", "/login?next=" + EVIL, 303),
        ("GET", "/" + "a" * 5000, 404),
        ("GET", "/..%2f..%2fetc%2fpasswd", 404),
        ("GET", "/%00", 404),
        ("GET", "/%ff%fe", 404),
    ],
)
async def test_no_page_echoes_what_was_asked(town, method, path, status):
    browser = await town.signed_in("buyer")
    answer = await browser.http.request(method, path)
    assert answer.status_code == status
    assert EVIL not in answer.text
    assert "passwd" not in answer.text


async def test_foreign_and_missing_read_alike(town):
    browser = await town.signed_in("buyer")
    pages = [
        await browser.get(path)
        for path in ("/c/orchard/home", "/c/missing/home", "/nowhere", "/admin")
    ]
    assert {page.status_code for page in pages} == {404}
    assert len({told(page) for page in pages}) == 1


async def test_a_wrong_method_says_which_are_right(town):
    answer = await town.browser().http.request("PUT", "/login")
    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET, HEAD, OPTIONS, POST"
    answer = await town.browser().http.request("OPTIONS", "/login")
    assert answer.status_code == 204
    assert "POST" in answer.headers["allow"]


@pytest.mark.parametrize("path", ["/login", "/health/live", "/nowhere", "/robots.txt"])
async def test_head_is_get_without_the_body(town, path):
    browser = town.browser()
    got, head = await browser.get(path), await browser.http.head(path)
    assert head.status_code == got.status_code
    assert head.content == b""
    assert head.headers["content-type"] == got.headers["content-type"]
    assert int(head.headers["content-length"]) > 0


async def test_head_of_what_only_takes_posts(town):
    browser = await town.signed_in("buyer")
    assert (await browser.http.head("/logout")).status_code == 405


async def test_what_is_too_large_is_refused(town):
    browser = await town.signed_in("buyer")
    answer = await browser.post("/account", {"name": "x" * 1_100_000})
    assert answer.status_code == 413
    assert "too large" in answer.text
    assert "at most 1 MB" in answer.text


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("multipart/form-data", b"x"),
        ("multipart/form-data; boundary=x", b"--y\r\n\r\n"),
        (
            "multipart/form-data; boundary=x",
            b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n\xff\r\n--x--\r\n',
        ),
        ("application/x-www-form-urlencoded", b"&".join([b"a=1"] * 1_001)),
    ],
)
async def test_what_is_malformed_is_refused(town, kind, content):
    browser = await town.signed_in("buyer")
    headers = {"content-type": kind, "x-csrf-token": browser.token}
    answer = await browser.http.post("/account", content=content, headers=headers)
    assert answer.status_code in {400, 422}


async def test_a_form_is_shown_again_as_it_was_typed(town):
    browser = await town.signed_in("buyer")
    answer = await browser.post("/account", {"name": '  "><b>' + "x" * 200})
    assert answer.status_code == 422
    assert "Use at most" in answer.text
    assert "  &#34;&gt;&lt;b&gt;xxx" in answer.text
    answer = await browser.post("/account", {"name": "Bea", "is_admin": "1"})
    assert answer.status_code == 422
    assert "There is no field “is_admin” here." in answer.text


async def test_a_flash_is_told_once_and_cannot_be_made_up(town):
    browser = await town.signed_in("buyer")
    answer = await browser.post("/account", {"name": "Bea Buyer"})
    assert answer.headers["location"] == "/account"
    assert "Your profile is saved." in (await browser.get("/account")).text
    assert "Your profile is saved." not in (await browser.get("/account")).text
    for made_up in ("profile-saved", "profile-saved.x", f"{EVIL}.x"):
        browser.plant("__Host-atrium-flash", made_up)
        page = (await browser.get("/account")).text
        assert "Your profile is saved." not in page
        assert EVIL not in page


async def test_colours_are_remembered_in_the_browser(town):
    browser = await town.signed_in("buyer")
    fields = {"theme": "dark", "next": "/account"}
    assert (await browser.post("/account/theme", fields)).headers["location"] == "/account"
    assert 'data-theme="dark"' in (await browser.get("/account")).text
    answer = await browser.post("/account/theme", {"theme": EVIL, "next": "/account"})
    assert answer.status_code == 422
    browser.plant("__Host-atrium-theme", EVIL)
    assert EVIL not in (await browser.get("/account")).text
