import pytest
from msgspec.structs import replace

from portal_core.companies.events import CompanyCreated, CompanyUpdated
from portal_core.companies.model import CompanyDetails
from portal_core.errors import Conflict, Forbidden, Invalid, NotFound
from portal_core.ids import CompanyId, new_id
from portal_core.paging import Window
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
