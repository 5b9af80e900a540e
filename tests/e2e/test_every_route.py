"""Every route, asked by everybody, about one's own things, foreign ones and missing ones.

Routes come from the application itself, so a new one is tested without being mentioned. A
new kind of thing in a company's rooms needs a row in THINGS.
"""

import re

import pytest

from adapters.http.csrf import SAFE
from tests.architecture.routes import asks_for_an_actor, routes_of
from tests.house import REST, Browser, somewhere, told

MISSING = "nothing-of-this-name"
NOBODY = "01970000-0000-7000-8000-00000000dead"
OURS = ("member", "buyer", "administrator", "technician", *REST)

THINGS = {
    "company": ("harbour", "orchard", MISSING),
    "slug": ("harbour", "orchard", MISSING),
    "sku": ("HARBOUR-1", "ORCHARD-1", MISSING),
    "number": ("{harbour_order}", "{orchard_order}", "SO-9999999"),
    "user_id": ("{buyer}", "{stranger}", NOBODY),
    "name": ("harbour_variable", "orchard_variable", MISSING),
    "role_id": ("{harbour_role}", "{orchard_role}", NOBODY),
}
"""What stands in paths: a thing of Harbour, one of Orchard alone, and one of nobody."""

SECRETS = ("Orchard", "ORCHARD-1", "Some Stranger", "stranger@example.com")
"""What only Orchard and the MSP may ever read."""


def routes(app):
    """Return method, path and whether somebody must be signed in, for every route."""
    found = {}
    for name, handler in routes_of(app):
        method, path = name.split(" ", 1)
        found[method, path] = asks_for_an_actor(handler)
    return found


def named_in(path):
    """Return the names of the things that a path speaks of."""
    return re.findall(r"\{(\w+)", path)


def addressed(path, town, pick):
    """Return the path with a thing for each name: own (0), foreign (1) or missing (2)."""
    for name in named_in(path):
        chosen = pick if isinstance(pick, int) else pick.get(name, 0)
        thing = things_called(name, path)[chosen].format(**town.known)
        path = re.sub(rf"\{{{name}[^}}]*\}}", thing, path)
    return path


def things_called(name, path):
    """Return the things that could stand for a name. In the MSP's rooms any will do."""
    if name in THINGS:
        return THINGS[name]
    assert "{company" not in path, f"{path}: say in THINGS what a {name} is"
    return (NOBODY,) * 3 if f"{name}:uuid" in path else (MISSING,) * 3


async def ask(browser, method, path, headers=None):
    """Send a request as a page of ours would, or a program with its key."""
    if path.startswith("/api/"):
        body = None if method in SAFE else {}
        return await browser.http.request(method, path, json=body, headers=headers)
    data = None if method in SAFE else {"csrf_token": browser.token}
    return await browser.http.request(method, path, data=data, headers=headers)


@pytest.fixture
def everything(town):
    """Every route as (method, path, must sign in)."""
    return [(*where, closed) for where, closed in sorted(routes(town.app).items())]


async def test_there_are_routes(everything):
    assert len(everything) > 20


async def test_nobody_is_asked_to_sign_in(town, everything):
    for method, path, closed in everything:
        if not closed or path == "/logout":
            continue
        for pick in range(3):
            browser = Browser(town.app, address=somewhere())
            answer = await ask(browser, method, addressed(path, town, pick))
            if path.startswith("/api/"):
                assert answer.status_code == 401, f"{method} {path}"
                assert answer.headers["www-authenticate"] == "Bearer"
            else:
                assert answer.status_code == 303, f"{method} {path}"
                assert answer.headers["location"].startswith("/login")


@pytest.mark.parametrize("who", OURS)
async def test_a_foreign_company_is_a_missing_one(town, everything, who):
    browser = await town.signed_in(who, address=somewhere())
    before = town.facts()
    for method, path, _ in everything:
        if "company" not in named_in(path) or path.startswith("/api/"):
            continue
        foreign = await ask(browser, method, addressed(path, town, 1))
        missing = await ask(browser, method, addressed(path, town, 2))
        assert foreign.status_code == 404, f"{method} {path}"
        assert told(foreign) == told(missing), f"{method} {path}"
    assert town.facts() == before


@pytest.mark.parametrize("who", OURS)
async def test_a_foreign_thing_is_a_missing_one(town, everything, who):
    browser = await town.signed_in(who, address=somewhere())
    before = town.facts()
    for method, path, _ in everything:
        names = set(named_in(path)) - {"company"}
        if not names or "company" not in named_in(path) or path.startswith("/api/"):
            continue
        pick = dict.fromkeys(names, 1)
        foreign = await ask(browser, method, addressed(path, town, pick))
        missing = await ask(browser, method, addressed(path, town, dict.fromkeys(names, 2)))
        assert foreign.status_code in {403, 404, 422}, f"{method} {path}"
        assert alike(foreign, missing), f"{method} {path}"
    assert town.facts() == before


@pytest.mark.parametrize("who", OURS)
async def test_the_rooms_of_the_msp_do_not_exist_for_clients(town, everything, who):
    browser = await town.signed_in(who, address=somewhere())
    before = town.facts()
    for method, path, _ in everything:
        if not path.startswith("/admin"):
            continue
        nothing = await ask(browser, method, "/nowhere")
        for pick in range(3):
            answer = await ask(browser, method, addressed(path, town, pick))
            assert answer.status_code == 404, f"{method} {path}"
            assert told(answer) == told(nothing), f"{method} {path}"
    assert town.facts() == before


@pytest.mark.parametrize("who", [*OURS, "stranger", "msp"])
async def test_nothing_breaks_and_nothing_foreign_is_read(town, everything, who):
    for method, path, _ in everything:
        if path == "/logout":
            continue
        browser = await town.signed_in(who, address=somewhere())
        for pick in range(3):
            answer = await ask(browser, method, addressed(path, town, pick))
            assert answer.status_code < 500, f"{method} {path}"
            if who in OURS:
                for secret in SECRETS:
                    assert secret not in answer.text, f"{method} {path} tells {secret}"


@pytest.mark.parametrize("scopes", ["of_company", "of_all"])
async def test_keys_open_their_company_and_no_page(town, everything, scopes):
    headers = {"authorization": f"Bearer {town.known[scopes]}"}
    for method, path, closed in everything:
        api = path.startswith("/api/")
        if not closed:
            continue
        foreign = await ask(
            Browser(town.app, address=somewhere()),
            method,
            addressed(path, town, 1),
            headers=headers,
        )
        assert foreign.status_code < 500, f"{method} {path}"
        if not api:
            assert foreign.status_code == 303, f"{method} {path}"
        elif scopes == "of_company":
            missing = await ask(
                Browser(town.app, address=somewhere()),
                method,
                addressed(path, town, 2),
                headers=headers,
            )
            assert foreign.status_code in {400, 403, 404, 422, 428}, f"{method} {path}"
            assert alike(foreign, missing), f"{method} {path}"
            for secret in SECRETS:
                assert secret not in foreign.text


async def test_a_session_opens_nothing_of_the_api(town, everything):
    browser = await town.signed_in("msp")
    for method, path, closed in everything:
        if path.startswith("/api/") and closed:
            answer = await ask(browser, method, addressed(path, town, 0))
            assert answer.status_code == 401, f"{method} {path}"


def alike(one, other):
    """Return whether two answers tell the same, but for the address that was asked."""
    return (one.status_code, told(one)) == (other.status_code, told(other)) or (
        one.status_code == other.status_code == 422
    )
