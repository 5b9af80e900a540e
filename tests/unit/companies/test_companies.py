from datetime import timedelta

import pytest
from msgspec.structs import replace

from portal_core.companies.events import (
    CompanyArchived,
    CompanyCreated,
    CompanyDeleted,
    CompanyRestored,
    CompanyUpdated,
)
from portal_core.companies.model import CompanyDetails
from portal_core.errors import Conflict, Forbidden, Invalid, NotFound, ProofNeeded
from portal_core.ids import CompanyId, new_id
from portal_core.paging import Window
from tests.examples import a_key, a_membership, a_product, a_role, a_user, an_order
from tests.people import ADMINISTRATOR, BUYER, MSP, NOBODY, NOON

DETAILS = CompanyDetails(name="Harbour", slug="harbour", currency="AUD", time_zone="UTC")


@pytest.fixture
async def harbour(companies):
    return await companies.create(MSP, DETAILS)


async def test_a_company_is_added(companies, database, facts):
    harbour = await companies.create(MSP, DETAILS)
    assert database.tables.companies[harbour.id] == harbour
    assert (harbour.slug, harbour.created_at, harbour.version) == ("harbour", NOON, 1)
    [event] = facts(CompanyCreated)
    assert (event.subject_id, event.stamp.company_id) == (harbour.id, harbour.id)


async def test_a_slug_is_taken_once_whatever_its_case(companies, harbour):
    with pytest.raises(Invalid) as refusal:
        await companies.create(MSP, replace(DETAILS, slug="HARBOUR"))
    assert refusal.value.problems[0].field == "slug"
    assert refusal.value.code == "taken"


async def test_broken_details_add_nothing(companies, database, facts):
    with pytest.raises(Invalid):
        await companies.create(MSP, replace(DETAILS, name=""))
    assert (database.tables.companies, facts()) == ({}, [])


async def test_the_msp_finds_every_company(companies, harbour):
    assert await companies.get(MSP, harbour.id) == harbour
    assert await companies.get_by_slug(MSP, "harbour") == harbour
    page = await companies.page(MSP, "har", Window())
    assert [summary.id for summary in page.items] == [harbour.id]


async def test_a_company_that_is_not_there_is_not_found(companies):
    with pytest.raises(NotFound):
        await companies.get(MSP, CompanyId(new_id()))
    with pytest.raises(NotFound):
        await companies.get_by_slug(MSP, "nowhere")


async def test_a_member_sees_their_own_company_only(companies, harbour):
    assert await companies.get(BUYER.within(harbour.id), harbour.id) == harbour
    with pytest.raises(NotFound):
        await companies.get(BUYER, harbour.id)


async def test_a_company_is_changed(companies, database, facts, harbour):
    details = replace(DETAILS, name="Haven", slug="haven")
    changed = await companies.edit(MSP, harbour.id, details, version=1)
    assert database.tables.companies[harbour.id] == changed
    assert (changed.name, changed.slug, changed.version) == ("Haven", "haven", 2)
    [event] = facts(CompanyUpdated)
    assert event.changed == ("name", "slug")


async def test_a_company_may_keep_its_slug(companies, harbour):
    details = replace(DETAILS, name="Haven")
    assert (await companies.edit(MSP, harbour.id, details, version=1)).slug == "harbour"


async def test_no_company_changes_to_a_slug_that_is_taken(companies, harbour):
    orchard = await companies.create(MSP, replace(DETAILS, slug="orchard"))
    with pytest.raises(Invalid):
        await companies.edit(MSP, orchard.id, DETAILS, version=1)


async def test_who_was_slower_conflicts(companies, harbour):
    await companies.edit(MSP, harbour.id, DETAILS, version=1)
    with pytest.raises(Conflict):
        await companies.edit(MSP, harbour.id, DETAILS, version=1)


async def test_only_the_msp_manages_companies(companies, harbour):
    calls = [
        companies.page(ADMINISTRATOR, "", Window()),
        companies.get_by_slug(ADMINISTRATOR, "harbour"),
        companies.create(ADMINISTRATOR, DETAILS),
        companies.edit(ADMINISTRATOR, harbour.id, DETAILS, version=1),
        companies.get(NOBODY, harbour.id),
    ]
    for call in calls:
        with pytest.raises(Forbidden):
            await call


IDS = {
    "syncro_id": "4711",
    "xero_id": "x-1",
    "entra_tenant_id": "8f5ab1de-1111-4222-8333-c0ffeec0ffee",
}


async def test_two_companies_claiming_one_id_are_told_of_each_other(companies, harbour):
    taken = replace(DETAILS, **IDS)
    await companies.edit(MSP, harbour.id, taken, version=harbour.version)
    orchard = replace(taken, name="Orchard", slug="orchard")
    with pytest.raises(Invalid) as refusal:
        await companies.create(MSP, orchard)
    problems = refusal.value.problems
    assert [problem.field for problem in problems] == list(IDS)
    assert problems[0].message == "“Harbour” (harbour) has this Syncro id already."
    free = await companies.create(MSP, replace(DETAILS, name="Orchard", slug="orchard"))
    with pytest.raises(Invalid):
        await companies.edit(MSP, free.id, orchard, version=free.version)


async def test_a_company_is_not_above_itself(companies, harbour):
    below = replace(DETAILS, name="Pier", slug="pier", parent_id=harbour.id)
    pier = await companies.create(MSP, below)
    for parent in (harbour.id, pier.id):
        with pytest.raises(Invalid, match="above itself") as refusal:
            await companies.edit(
                MSP, harbour.id, replace(DETAILS, parent_id=parent), version=1
            )
        assert refusal.value.problems[0].field == "parent_id"
    with pytest.raises(Invalid, match="not there any more"):
        lost = replace(below, name="Quay", slug="quay", parent_id=CompanyId(new_id()))
        await companies.create(MSP, lost)


async def test_a_company_becomes_history_and_comes_back(companies, harbour, facts):
    archived = await companies.archive(MSP, harbour.id, " left  us ", version=1)
    assert (archived.archived_at, archived.archive_reason) == (NOON, "left us")
    assert (await companies.page(MSP, "", Window())).items == ()
    [listed] = (await companies.page(MSP, "", Window(), archived=True)).items
    assert listed.id == harbour.id
    with pytest.raises(Conflict, match="Restore the company first"):
        await companies.edit(MSP, harbour.id, DETAILS, version=2)
    with pytest.raises(Conflict, match="archived already"):
        await companies.archive(MSP, harbour.id, "again", version=2)
    restored = await companies.restore(MSP, harbour.id, version=2)
    assert (restored.archived, restored.version) == (False, 3)
    with pytest.raises(Conflict, match="is not archived"):
        await companies.restore(MSP, harbour.id, version=3)
    assert facts(CompanyArchived)[0].reason == "left us"
    assert len(facts(CompanyRestored)) == 1


@pytest.mark.parametrize("reason", ["", " ", "x" * 501])
async def test_archiving_has_a_reason(companies, harbour, reason):
    with pytest.raises(Invalid) as refusal:
        await companies.archive(MSP, harbour.id, reason, version=1)
    assert refusal.value.problems[0].field == "reason"


async def test_a_company_goes_with_all_that_is_its_own(companies, harbour, database, facts):
    bea = a_user("Bea")
    role = a_role("Reception", harbour)
    pier = replace(DETAILS, name="Pier", slug="pier", parent_id=harbour.id)
    pier = await companies.create(MSP, pier)
    async with database.begin() as work:
        await work.users.add(bea)
        await work.memberships.keep(a_membership(harbour, bea))
        await work.roles.add(role)
        await work.keys.add(a_key(company_id=harbour.id))
    contents = await companies.contents(MSP, harbour.id)
    assert (contents.members, contents.roles, contents.keys) == (1, 1, 1)
    with pytest.raises(Invalid) as refusal:
        await companies.delete(MSP, harbour.id, "harbour")
    assert refusal.value.problems[0].field == "confirm"
    await companies.delete(MSP, harbour.id, "Harbour")
    tables = database.tables
    assert (tables.memberships, tables.roles, tables.keys) == ({}, {}, {})
    assert tables.companies[pier.id].parent_id is None
    assert bea.id in tables.users
    assert facts(CompanyDeleted)[0].slug == "harbour"
    with pytest.raises(NotFound):
        await companies.contents(MSP, harbour.id)


async def test_a_company_with_orders_stays(companies, harbour, database):
    async with database.begin() as work:
        product = a_product()
        await work.products.add(product)
        await work.orders.add(an_order(harbour, product))
    with pytest.raises(Conflict, match="Archive it instead") as refusal:
        await companies.delete(MSP, harbour.id, "Harbour")
    assert refusal.value.code == "in_use"


async def test_ending_a_company_takes_the_right_and_proof(companies, harbour, clock):
    for ask in (
        companies.archive(ADMINISTRATOR, harbour.id, "why", version=1),
        companies.restore(ADMINISTRATOR, harbour.id, version=1),
        companies.contents(ADMINISTRATOR, harbour.id),
        companies.delete(ADMINISTRATOR, harbour.id, "Harbour"),
    ):
        with pytest.raises(Forbidden):
            await ask
    clock.advance(timedelta(minutes=11))
    for ask in (
        companies.archive(MSP, harbour.id, "why", version=1),
        companies.delete(MSP, harbour.id, "Harbour"),
    ):
        with pytest.raises(ProofNeeded):
            await ask
