"""What “effective access” says is what the routes do: every right, role and room.

A page of a company is asked by somebody of each role, and by somebody who has nothing but
one right. Which rights it asks for is seen where every service asks: `Actor.require`.
"""

import pytest

from portal_core.identity.actor import Actor
from portal_core.identity.permissions import IN_COMPANY, SENTENCES, Permission, Role
from tests.e2e.test_every_route import OURS, addressed, ask, named_in, routes
from tests.house import somewhere
from tests.people import SYSTEM

GONE = {403, 404, 409, 422}


@pytest.fixture
def rooms(town):
    """Every page of a company's rooms as (method, path)."""
    found = sorted(routes(town.app))
    return [(m, p) for m, p in found if p.startswith("/c/") and "company" in named_in(p)]


@pytest.fixture
def asked(monkeypatch):
    """What services asked for since it was last cleared: permission, and the answer."""
    asked, require = {}, Actor.require

    def watched(actor, permission):
        asked[permission] = permission in actor.permissions
        require(actor, permission)

    monkeypatch.setattr(Actor, "require", watched)
    return asked


async def explained(town, who):
    """Return what “effective access” says of somebody, right by right."""
    user = town.people[who]
    found = await town.parts.memberships().explain(SYSTEM, town.harbour.id, user.id)
    return {each.permission: each.allowed for each in found.standing.explain()}


async def check(town, browser, rooms, asked, said):
    """Ask every room; return the rights that were asked for."""
    seen = set()
    for method, path in rooms:
        asked.clear()
        answer = await ask(browser, method, addressed(path, town, 0))
        room = f"{method} {path}: {answer.status_code}"
        for permission, held in asked.items():
            if permission in IN_COMPANY:
                assert said[permission] is held, room
                seen.add(permission)
        missing = [permission for permission, held in asked.items() if not held]
        if missing:
            assert answer.status_code in {403, 404}, room
        elif answer.status_code == 403:
            assert "You may not" not in answer.text, room
    return seen


@pytest.mark.parametrize("who", [who for who in OURS if who != "custom"])
async def test_each_role_may_what_is_said_of_it(town, rooms, asked, who):
    said = await explained(town, who)
    browser = await town.signed_in(who, address=somewhere())
    reading = [room for room in rooms if room[0] == "GET"]
    assert await check(town, browser, reading, asked, said)


@pytest.mark.parametrize("permission", sorted(IN_COMPANY))
async def test_each_right_opens_what_it_is_for_and_nothing_else(
    town, rooms, asked, permission
):
    memberships, company = town.parts.memberships(), town.harbour.id
    user = town.people["custom"]
    await memberships.grant(SYSTEM, company, user.id, Role.MEMBER)
    await memberships.toggle(SYSTEM, company, user.id, permission, allowed=True)
    said = await explained(town, "custom")
    allowed = {each for each, yes in said.items() if yes}
    assert allowed == {permission, Permission.SEE_COMPANY}
    browser = await town.signed_in("custom", address=somewhere())
    await check(town, browser, rooms, asked, said)


async def test_the_page_says_what_the_services_do(town):
    """Read as its administrator reads it, for each role."""
    browser = await town.signed_in("administrator", address=somewhere())
    for who in OURS:
        user = town.people[who]
        page = await browser.get(f"/c/harbour/settings/people/{user.id}/access")
        said = await explained(town, who)
        assert page.status_code == 200
        for permission, allowed in said.items():
            row = page.text.split(f'id="{permission.value}"')[1].split("</tr>")[0]
            assert SENTENCES[permission][1:] in row.replace("&#39;", "'")
            assert (" Yes</span></td>" in row) is allowed
