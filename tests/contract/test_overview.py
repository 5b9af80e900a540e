from datetime import timedelta

import pytest
from msgspec.structs import replace

from portal_core.automation.ports import DeliveryFilter
from portal_core.commerce.order import Status
from portal_core.delivery import DeliveryState, Result
from portal_core.identity.permissions import MspRole
from portal_core.overview.ports import Figures
from portal_core.paging import Total, Window
from tests.examples import (
    a_cart_line,
    a_company,
    a_fact,
    a_grant,
    a_membership,
    a_product,
    a_reservation,
    a_user,
    an_arrival,
    an_endpoint,
    an_order,
)
from tests.people import NOON

NOTHING = Figures(
    to_ship=Total(0),
    on_hold=Total(0),
    failed_deliveries=Total(0),
    sold_out=Total(0),
    companies=Total(0),
)


async def figures(database):
    async with database.read() as work:
        return await work.overview.figures()


@pytest.fixture
async def mouse(database):
    """A product with one unit left."""
    mouse = a_product()
    async with database.begin() as work:
        await work.products.add(mouse)
        await work.stock.apply([an_arrival(mouse, 1)], at=NOON, reference=None)
    return mouse


@pytest.fixture
async def bea(database, mouse):
    """A buyer of Harbour and Abbey, with one line in Harbour's cart; there is a third."""
    bea = a_user("Bea")
    harbour, abbey, zoo = a_company("Harbour"), a_company("abbey"), a_company("Zoo")
    async with database.begin() as work:
        await work.users.add(bea)
        for company in (harbour, abbey, zoo):
            await work.companies.add(company)
        for company in (harbour, abbey):
            await work.memberships.keep(a_membership(company, bea))
        await work.carts.keep(harbour.id, bea.id, a_cart_line(mouse))
    return bea, harbour, abbey


@pytest.mark.parametrize(
    ("msp", "limit", "seen"),
    [(False, 5, "abbey harbour"), (False, 1, "abbey"), (True, 5, "abbey harbour zoo")],
)
async def test_around_a_page_stand_ones_companies_and_cart(database, bea, msp, limit, seen):
    user, harbour, abbey = bea
    lines = {harbour.id: 1, abbey.id: 0, None: 0}
    for company_id, expected in lines.items():
        async with database.read() as work:
            around = await work.overview.around(
                user.id, msp=msp, cart_of=company_id, limit=limit, now=NOON
            )
        assert [company.slug for company in around.companies] == seen.split()
        assert around.cart_lines == expected


async def test_technicians_see_where_they_are_let_in_and_nobody_sees_history(database):
    tess = a_user("Tess", msp_role=MspRole.TECHNICIAN)
    harbour, orchard, zoo = (a_company(name) for name in ("Harbour", "Orchard", "Zoo"))
    gone = replace(zoo, archived_at=NOON, archive_reason="left us")
    async with database.begin() as work:
        await work.users.add(tess)
        for company in (harbour, orchard, gone):
            await work.companies.add(company)
            days = 0 if company is orchard else 7
            await work.grants.keep(a_grant(company, tess, days=days))
    for msp, seen in ((False, ["harbour"]), (True, ["harbour", "orchard"])):
        async with database.read() as work:
            around = await work.overview.around(
                tess.id, msp=msp, cart_of=None, limit=5, now=NOON
            )
            assert [one.slug for one in around.companies] == seen
            assert (await work.overview.figures()).companies == Total(2)


async def test_an_empty_portal_has_nothing_to_do(database):
    assert await figures(database) == NOTHING


async def test_orders_of_all_companies_count_by_what_they_wait_for(database, mouse):
    harbour, orchard = a_company("Harbour"), a_company("Orchard")
    async with database.begin() as work:
        for company in (harbour, orchard):
            await work.companies.add(company)
        for number, status in enumerate(Status, 1):
            order = an_order(orchard if number % 2 else harbour, mouse, sequence=number)
            await work.orders.add(replace(order, status=status))
    assert await figures(database) == replace(
        NOTHING, to_ship=Total(2), on_hold=Total(1), companies=Total(2)
    )


async def test_products_count_that_are_on_sale_and_have_nothing_left(database, mouse):
    gone = replace(a_product("GONE", "Gone"), archived=True)
    async with database.begin() as work:
        for product in (gone, a_product("NONE", "None")):
            await work.products.add(product)
    assert await figures(database) == replace(NOTHING, sold_out=Total(1))
    async with database.begin() as work:
        await work.stock.apply([a_reservation(mouse, 1)], at=NOON, reference=None)
    assert await figures(database) == replace(NOTHING, sold_out=Total(2))


async def test_deliveries_count_that_were_given_up(database, mouse):
    async with database.begin() as work:
        await work.endpoints.add(an_endpoint())
    async with database.begin() as work:
        work.emit(a_fact(mouse))
    assert await figures(database) == NOTHING
    async with database.read() as work:
        [waiting] = (await work.deliveries.page(DeliveryFilter(), Window())).items
    result = Result(
        delivery_id=waiting.id,
        attempt=1,
        state=DeliveryState.FAILED,
        at=NOON,
        duration=timedelta(milliseconds=5),
        answer="503",
    )
    await database.outbox.record([result])
    assert await figures(database) == replace(NOTHING, failed_deliveries=Total(1))
