"""The contract of a database, and of its works as a whole.

One database satisfies IdentityDatabase, CompaniesDatabase, CommerceDatabase and
AutomationDatabase, each a longer list of what a work may touch.
"""

import asyncio
from datetime import timedelta

import pytest

from portal_core.automation.ports import DeliveryFilter
from portal_core.commerce.events import StockChanged
from portal_core.errors import Conflict, NotFound
from portal_core.ids import new_id
from portal_core.paging import Window
from tests.examples import a_company, a_product, a_user, an_arrival
from tests.people import NOON, SYSTEM


def crossing():
    return StockChanged(
        stamp=SYSTEM.stamp(NOON),
        product_id=new_id(),
        sku="MOUSE-1",
        name="Mouse",
        before=1,
        after=0,
    )


async def test_what_is_kept_is_there_for_the_next_work(database):
    company = a_company()
    async with database.begin() as work:
        await work.companies.add(company)
    async with database.begin() as work:
        assert await work.companies.get(company.id) == company


async def test_a_work_sees_its_own_changes(database):
    company = a_company()
    async with database.begin() as work:
        await work.companies.add(company)
        assert await work.companies.get(company.id) == company


@pytest.mark.parametrize("error", [RuntimeError, asyncio.CancelledError, Conflict])
async def test_an_error_undoes_everything(database, error):
    company, user, product = a_company(), a_user(), a_product()
    event = crossing()
    with pytest.raises(error):
        async with database.begin() as work:
            await work.companies.add(company)
            await work.users.add(user)
            await work.products.add(product)
            await work.stock.apply([an_arrival(product, 5)], at=NOON, reference=None)
            work.emit(event)
            raise error("no")
    async with database.read() as work:
        assert not await work.users.any()
        assert await work.companies.find_by_slug(company.slug) is None
        with pytest.raises(NotFound):
            await work.products.get(product.sku)
        assert list(await work.stock.levels(product.id)) == []
        assert list(await work.trail.of_subject(event.product_id)) == []
        assert (await work.deliveries.page(DeliveryFilter(), Window())).items == ()


async def test_a_refusal_by_the_database_undoes_everything_before_it(database):
    first, second = a_company("First"), a_company("Second")
    with pytest.raises(Conflict):
        async with database.begin() as work:
            await work.companies.add(first)
            await work.companies.add(second)
            await work.companies.add(a_company("Third", slug=first.slug))
    async with database.read() as work:
        assert (await work.companies.page("", Window())).items == ()


async def test_after_a_failed_work_the_next_one_succeeds(database):
    for slug in ("one", "one", "two"):
        try:
            async with database.begin() as work:
                await work.companies.add(a_company(slug=slug))
        except Conflict:
            pass
    async with database.read() as work:
        page = await work.companies.page("", Window())
    assert sorted(company.slug for company in page.items) == ["one", "two"]


async def test_nobody_reads_what_is_not_kept_yet(database):
    company = a_company()
    async with database.begin() as work:
        await work.companies.add(company)
        async with database.read() as other:
            assert await other.companies.find_by_slug(company.slug) is None
    async with database.read() as work:
        assert await work.companies.find_by_slug(company.slug) == company


async def test_works_that_change_different_things_all_succeed(database):
    async def add(number):
        async with database.begin() as work:
            await work.companies.add(a_company(f"Company {number}"))
            await asyncio.sleep(0)
            work.emit(crossing())

    async with asyncio.timeout(20):
        await asyncio.gather(*(add(number) for number in range(20)))
    async with database.read() as work:
        assert len((await work.companies.page("", Window(50))).items) == 20
        status = await work.deliveries.status(NOON)
    assert status.pending == 40


async def test_a_cancelled_work_leaves_the_way_free(database):
    begun = asyncio.Event()

    async def dawdle():
        async with database.begin() as work:
            await work.companies.add(a_company("Never"))
            begun.set()
            await asyncio.sleep(60)

    task = asyncio.create_task(dawdle())
    await begun.wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    async with asyncio.timeout(20), database.begin() as work:
        await work.companies.add(a_company("After"))
    async with database.read() as work:
        page = await work.companies.page("", Window())
    assert [company.name for company in page.items] == ["After"]


async def test_facts_with_deliveries_nudge_the_worker(database, nudge):
    async with database.begin() as work:
        work.emit(crossing())
    async with asyncio.timeout(5):
        await nudge.came.wait()
    dues = await database.outbox.claim(limit=5, now=NOON, lease=timedelta(minutes=1))
    assert len(dues) == 2


async def test_a_work_without_deliveries_nudges_nobody(database, nudge):
    async with database.begin() as work:
        await work.companies.add(a_company())
    await asyncio.sleep(0.02)
    assert not nudge.came.is_set()


async def test_an_undone_work_nudges_nobody(database, nudge):
    with pytest.raises(ZeroDivisionError):
        async with database.begin() as work:
            work.emit(crossing())
            raise ZeroDivisionError
    await asyncio.sleep(0.02)
    assert not nudge.came.is_set()
