"""A company's administrator looks after its people, and after nobody else."""

import pytest

from portal_core.identity.permissions import Role
from tests.pages import look_at
from tests.people import SYSTEM

ROOM = "/c/harbour/settings/people"


@pytest.fixture
async def administrator(town):
    browser = await town.signed_in("administrator")
    await browser.get(ROOM)
    return browser


def at(town, who):
    return f"{ROOM}/{town.people[who].id}"


async def role(town, who):
    members = await town.parts.memberships().of_company(SYSTEM, town.harbour.id)
    return next((one.role for one in members if one.user_id == town.people[who].id), None)


async def test_the_list_shows_the_companys_own_people(administrator):
    page = look_at(await administrator.get(ROOM))
    for name in ("Some Member", "Some Buyer", "Some Administrator", "3 people"):
        assert name in page.text
    assert "Stranger" not in page.text


async def test_a_role_is_changed(administrator, town):
    answer = await administrator.post(at(town, "buyer"), {"role": "member"})
    assert answer.headers["location"] == ROOM
    assert await role(town, "buyer") is Role.MEMBER


async def test_a_member_is_taken_out(administrator, town):
    assert (await administrator.post(f"{at(town, 'buyer')}/remove")).status_code == 303
    assert await role(town, "buyer") is None


async def test_the_last_administrator_stays_and_is_told_why(administrator, town):
    oneself = at(town, "administrator")
    for answer in (
        await administrator.post(oneself, {"role": "buyer"}),
        await administrator.post(f"{oneself}/remove"),
    ):
        page = look_at(answer, 409)
        assert "last administrator" in page.text
        assert "Some Member" in page.text
    assert await role(town, "administrator") is Role.ADMINISTRATOR


async def test_who_leaves_does_not_come_back_to_the_list(administrator, town):
    await administrator.post(at(town, "buyer"), {"role": "administrator"})
    answer = await administrator.post(f"{at(town, 'administrator')}/remove")
    assert answer.headers["location"] == "/"
    assert (await administrator.get(ROOM)).status_code == 404


async def test_a_role_that_does_not_exist(administrator, town):
    page = look_at(await administrator.post(at(town, "buyer"), {"role": "king"}), 422)
    assert "Choose from the list" in page.text


async def test_strangers_can_not_be_brought_in(administrator, town):
    answer = await administrator.post(at(town, "stranger"), {"role": "buyer"})
    assert answer.status_code == 403
    assert (await administrator.post(f"{at(town, 'stranger')}/remove")).status_code == 404


@pytest.mark.parametrize("who", ["member", "buyer"])
async def test_others_may_not_come_in(town, who):
    browser = await town.signed_in(who)
    assert (await browser.get(ROOM)).status_code == 403
    assert (await browser.post(at(town, "member"), {"role": "buyer"})).status_code == 403
    assert (await browser.get("/c/orchard/settings/people")).status_code == 404
