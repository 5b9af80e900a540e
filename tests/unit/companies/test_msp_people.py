"""The MSP's own people."""

from datetime import timedelta

import pytest

from portal_core.companies.events import (
    MspRoleChanged,
    TechnicianGranted,
    TechnicianRevoked,
)
from portal_core.errors import Conflict, Forbidden, Invalid, NotFound, ProofNeeded
from portal_core.identity.permissions import MspRole
from portal_core.ids import new_id
from tests.examples import a_browser, a_company, a_user
from tests.people import ADMINISTRATOR, BUYER, MSP, NOON, STRANGER

WHY = {"reason": " Ticket  4711 ", "days": 7}


@pytest.fixture
def harbour(database):
    company = a_company("Harbour")
    database.tables.companies[company.id] = company
    return company


def stored(database, name, msp_role):
    user = a_user(name, msp_role=msp_role)
    database.tables.users[user.id] = user
    return user


@pytest.fixture
def tess(database):
    return stored(database, "Tess", MspRole.TECHNICIAN)


@pytest.fixture
def mia(database):
    return stored(database, "Mia", MspRole.ADMINISTRATOR)


async def test_a_technician_is_let_in(msp_people, harbour, tess, facts):
    grant = await msp_people.let_in(MSP, harbour.id, tess.id, **WHY)
    assert (grant.reason, grant.granted_by) == ("Ticket 4711", MSP.name)
    assert grant.ends_at == NOON + timedelta(days=7)
    [here] = await msp_people.technicians_in(ADMINISTRATOR.within(harbour.id), harbour.id)
    assert here.user_name == "Tess"
    [there] = await msp_people.companies_of(MSP, tess.id)
    assert there.company_slug == "harbour"
    [event] = facts(TechnicianGranted)
    assert (event.company_id, event.reason) == (harbour.id, "Ticket 4711")


@pytest.mark.parametrize("ending", ["msp", "company"])
async def test_the_msp_and_the_company_keep_a_technician_out(
    msp_people, harbour, tess, facts, ending
):
    await msp_people.let_in(MSP, harbour.id, tess.id, **WHY)
    by = MSP if ending == "msp" else ADMINISTRATOR.within(harbour.id)
    await msp_people.keep_out(by, harbour.id, tess.id)
    assert await msp_people.companies_of(MSP, tess.id) == []
    assert facts(TechnicianRevoked)[0].user_id == tess.id
    with pytest.raises(NotFound):
        await msp_people.keep_out(by, harbour.id, tess.id)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"reason": " "}, "reason"),
        ({"reason": "x" * 501}, "reason"),
        ({"days": 0}, "days"),
        ({"days": 91}, "days"),
    ],
)
async def test_a_grant_has_a_reason_and_an_end(msp_people, harbour, tess, changes, field):
    with pytest.raises(Invalid) as refusal:
        await msp_people.let_in(MSP, harbour.id, tess.id, **{**WHY, **changes})
    assert [problem.field for problem in refusal.value.problems] == [field]


async def test_only_technicians_are_let_in(msp_people, harbour, mia, database):
    bea = stored(database, "Bea", None)
    for user in (mia, bea):
        with pytest.raises(Conflict, match="is not a technician"):
            await msp_people.let_in(MSP, harbour.id, user.id, **WHY)
    for company_id, user_id in ((harbour.id, new_id()), (new_id(), mia.id)):
        with pytest.raises(NotFound):
            await msp_people.let_in(MSP, company_id, user_id, **WHY)


async def test_a_users_part_at_the_msp_changes(
    msp_people, harbour, tess, mia, database, facts
):
    await msp_people.let_in(MSP, harbour.id, tess.id, **WHY)
    browser = a_browser(tess, trusted_until=NOON + timedelta(days=1))
    database.tables.browsers[browser.id] = browser
    await msp_people.set_role(MSP, tess.id, MspRole.ADMINISTRATOR)
    await msp_people.set_role(MSP, tess.id, MspRole.ADMINISTRATOR)
    assert database.tables.users[tess.id].msp_role is MspRole.ADMINISTRATOR
    assert database.tables.grants == {}
    assert database.tables.browsers[browser.id].trusted_until is None
    [event] = facts(MspRoleChanged)
    assert event.previous_role is MspRole.TECHNICIAN
    await msp_people.set_role(MSP, mia.id, None)
    assert database.tables.users[mia.id].msp_role is None


async def test_the_last_administrator_of_the_msp_stays(msp_people, mia, tess):
    for role in (None, MspRole.TECHNICIAN):
        with pytest.raises(Conflict, match="last MSP administrator"):
            await msp_people.set_role(MSP, mia.id, role)


async def test_it_takes_the_right_and_proof(msp_people, harbour, tess, clock):
    buyer = BUYER.within(harbour.id)
    for ask in (
        msp_people.set_role(ADMINISTRATOR, tess.id, None),
        msp_people.companies_of(ADMINISTRATOR, tess.id),
        msp_people.let_in(ADMINISTRATOR, harbour.id, tess.id, **WHY),
        msp_people.technicians_in(buyer, harbour.id),
        msp_people.keep_out(buyer, harbour.id, tess.id),
    ):
        with pytest.raises(Forbidden):
            await ask
    with pytest.raises(NotFound):
        await msp_people.technicians_in(STRANGER, harbour.id)
    clock.advance(timedelta(minutes=11))
    for ask in (
        msp_people.set_role(MSP, tess.id, None),
        msp_people.let_in(MSP, harbour.id, tess.id, **WHY),
    ):
        with pytest.raises(ProofNeeded):
            await ask
