"""Right by right: the person, the matrix, custom roles, the ceiling, technicians."""

import pytest
from msgspec.structs import replace

from portal_core.companies.events import MembershipRefused
from portal_core.identity.permissions import MspRole, Permission, Role
from tests.pages import look_at
from tests.people import SYSTEM

ROOM = "/c/harbour/settings/people"
ROLES = "/c/harbour/settings/roles"
CEILING = "/admin/companies/harbour/ceiling"


@pytest.fixture
async def administrator(town):
    browser = await town.signed_in("administrator")
    await browser.get(ROOM)
    return browser


@pytest.fixture
async def msp(town):
    browser = await town.signed_in("msp")
    await browser.get("/admin")
    return browser


def at(town, who):
    return f"{ROOM}/{town.people[who].id}"


async def membership(town, who):
    async with town.parts.database().read() as work:
        return await work.memberships.find(town.harbour.id, town.people[who].id)


async def test_a_person_s_page_says_why(administrator, town):
    page = look_at(await administrator.get(f"{at(town, 'buyer')}/access"))
    assert "What Some Buyer may do" in page.text
    assert "Their role, Buyer, allows it." in page.text
    assert "Their role, Buyer, does not allow it." in page.text


async def test_a_right_is_given_and_withheld(administrator, town):
    here = f"{at(town, 'buyer')}/access"
    answer = await administrator.post(here, {"permission": "see-staff", "allowed": "yes"})
    assert answer.headers["location"] == f"{here}#see-staff"
    answer = await administrator.post(here, {"permission": "shop", "allowed": "no"})
    found = await membership(town, "buyer")
    assert (found.given, found.withheld) == ((Permission.SEE_STAFF,), (Permission.SHOP,))
    page = look_at(await administrator.get(here))
    assert "It is given to them, besides their role, Buyer." in page.text
    assert "It is withheld from them; their role is Buyer." in page.text
    assert "2 exceptions" in look_at(await administrator.get(ROOM)).text
    buyer = await town.signed_in("buyer")
    assert (await buyer.get("/c/harbour/shop")).status_code == 403


async def test_who_manages_people_gives_nothing_that_they_lack(administrator, town):
    await town.parts.memberships().toggle(
        SYSTEM,
        town.harbour.id,
        town.people["administrator"].id,
        Permission.SEE_INVOICES,
        allowed=False,
    )
    here = f"{at(town, 'member')}/access"
    answer = await administrator.post(
        here, {"permission": "see-invoices", "allowed": "yes"}
    )
    page = look_at(answer, 403)
    assert "what you may not do yourself" in page.text
    assert (await membership(town, "member")).given == ()
    events = town.parts.database().tables.events.values()
    assert [event for event in events if isinstance(event, MembershipRefused)]


async def test_the_matrix_shows_everybody(administrator, town):
    page = look_at(await administrator.get(f"{ROOM}/matrix"))
    for text in ("Some Buyer", "Some Member", "Place orders", "See licences"):
        assert text in page.text
    few = look_at(await administrator.get(f"{ROOM}/matrix?search=buyer"))
    assert "Some Buyer" in few.text
    assert "Some Member" not in few.text
    none = look_at(await administrator.get(f"{ROOM}/matrix?search=zzz"))
    assert "Nobody by that name" in none.text


async def test_a_switch_in_the_matrix_comes_back_to_it(administrator, town):
    form = {
        "permission": "see-staff",
        "allowed": "yes",
        "back": f"{ROOM}/matrix?search=buy",
    }
    answer = await administrator.post(f"{at(town, 'buyer')}/access", form)
    assert answer.headers["location"] == f"{ROOM}/matrix?search=buy"


async def test_which_staff_is_chosen(administrator, town):
    form = {"staff_scope": "own-department"}
    answer = await administrator.post(f"{at(town, 'buyer')}/scope", form)
    assert answer.status_code == 303
    assert (await membership(town, "buyer")).staff_scope == "own-department"


async def test_a_custom_role_is_made_given_changed_and_removed(administrator, town):
    assert "No custom roles yet" in look_at(await administrator.get(ROLES)).text
    look_at(await administrator.get(f"{ROLES}/new"))
    form = {"name": "Reception", "permissions": ["see-staff", "see-assets"]}
    assert (await administrator.post(ROLES, form)).headers["location"] == ROLES
    [role] = await town.parts.roles().usable(SYSTEM, town.harbour.id)
    assert await administrator.post(at(town, "member"), {"role": str(role.id)})
    assert (await membership(town, "member")).custom_role_id == role.id
    assert "Reception" in look_at(await administrator.get(ROOM)).text

    here = f"{ROLES}/{role.id}"
    assert "1 person has it" in look_at(await administrator.get(here)).text
    kept = look_at(await administrator.post(f"{here}/remove"), 409)
    assert "People have this role" in kept.text
    changed = {"name": "Desk", "permissions": ["see-staff"], "version": "1"}
    assert (await administrator.post(here, changed)).status_code == 303
    stale = look_at(await administrator.post(here, changed), 409)
    assert "Somebody changed this role meanwhile" in stale.text

    await administrator.post(at(town, "member"), {"role": "member"})
    assert (await administrator.post(f"{here}/remove")).status_code == 303
    assert await town.parts.roles().usable(SYSTEM, town.harbour.id) == []


async def test_what_is_wrong_with_a_role_is_told_and_kept(administrator):
    form = {"name": "Buyer", "permissions": ["see-staff"]}
    answer = await administrator.post(ROLES, form)
    assert "There is a role with this name" in look_at(answer, 422).text
    assert 'value="Buyer"' in answer.text
    assert 'value="see-staff" checked' in answer.text


async def test_the_msp_makes_roles_for_every_company(msp, administrator, town):
    room = "/admin/settings/roles"
    form = {"name": "Auditor", "permissions": ["see-audit"]}
    assert (await msp.post(room, form)).headers["location"] == room
    page = look_at(await administrator.get(ROLES))
    assert "Auditor Of the MSP" in page.text
    [role] = await town.parts.roles().usable(SYSTEM, None)
    assert (await administrator.get(f"{ROLES}/{role.id}")).status_code == 404


async def test_the_msp_keeps_something_from_a_company(msp, town):
    look_at(await msp.get(CEILING))
    answer = await msp.post(CEILING, {"closed": ["shop"], "version": "1"})
    assert answer.headers["location"] == CEILING
    buyer = await town.signed_in("buyer")
    assert (await buyer.get("/c/harbour/shop")).status_code == 403
    page = look_at(await msp.post(CEILING, {"closed": [], "version": "1"}), 409)
    assert "meanwhile" in page.text


async def test_a_technician_is_let_in_and_kept_out(msp, administrator, town):
    bea = town.people["stranger"]
    here = f"/admin/users/{bea.id}/msp"
    look_at(await msp.get(here))
    answer = await msp.post(here, {"msp_role": MspRole.TECHNICIAN.value})
    assert answer.headers["location"] == here
    wrong = look_at(await msp.post(f"{here}/companies", {"company": "", "days": "7"}), 422)
    assert "Choose one of the list" in wrong.text
    form = {"company": "harbour", "reason": "Ticket 4711", "days": "7"}
    assert (await msp.post(f"{here}/companies", form)).status_code == 303
    assert "Ticket 4711" in look_at(await msp.get(here)).text

    technician = await town.signed_in("stranger")
    assert (await technician.get("/c/harbour/home")).status_code == 200
    assert (await technician.get("/admin")).status_code == 404
    page = look_at(await administrator.get(ROOM))
    assert "Some Stranger" in page.text
    assert (await administrator.post(f"{ROOM}/{bea.id}/keep-out")).status_code == 303
    assert (await technician.get("/c/harbour/home")).status_code == 404

    await msp.post(f"{here}/companies", form)
    assert (await msp.post(f"{here}/companies/harbour/end")).status_code == 303
    assert (await technician.get("/c/harbour/home")).status_code == 404


async def test_the_last_administrator_of_the_msp_stays(msp, town):
    here = f"/admin/users/{town.people['msp'].id}/msp"
    page = look_at(await msp.post(here, {"msp_role": ""}), 409)
    assert "last MSP administrator" in page.text


async def test_a_custom_role_of_another_company_is_none(administrator, town):
    role = await town.parts.roles().create(
        SYSTEM, town.orchard.id, name="Cellar", permissions=[]
    )
    answer = await administrator.post(at(town, "member"), {"role": str(role.id)})
    assert "not there any more" in look_at(answer, 422).text
    assert replace(await membership(town, "member")).role is Role.MEMBER
