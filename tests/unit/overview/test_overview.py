from datetime import timedelta

import pytest
from msgspec.structs import replace

from portal_core.commerce.feed_import import FeedImport, Origin
from portal_core.commerce.order import Status, Wish
from portal_core.errors import Forbidden, NotFound
from portal_core.identity.permissions import Permission
from portal_core.paging import Total
from tests.examples import a_company, details
from tests.people import BUYER, MSP, NOBODY, NOON


@pytest.fixture
def buyer(database):
    company = a_company("Harbour")
    database.tables.companies[company.id] = company
    return BUYER.within(company.id)


@pytest.fixture
async def mouse(catalogue):
    return await catalogue.create(MSP, details(), stock=50)


@pytest.fixture
def order(orders, clock, buyer, mouse):
    """Place an order, move it on to a status, and return its number."""

    async def place(*route):
        clock.advance(timedelta(hours=1))
        placed = await orders.place(buyer, [Wish("MOUSE-1", 1)])
        for status in route:
            await orders.update(MSP, placed.order.number, status=status)
        return placed.order.number

    return place


def numbers(page):
    return [row.number for row in page.items]


async def test_a_buyer_sees_orders_and_the_cart(overview, carts, buyer, order):
    waiting = await order()
    arrived = await order(Status.SHIPPED, Status.DELIVERED)
    sent = await order(Status.SHIPPED)
    await carts.add(buyer, "MOUSE-1", 3)
    seen = await overview.company(buyer)
    assert numbers(seen.under_way) == [sent, waiting]
    assert numbers(seen.recent) == [arrived]
    assert [(line.sku, line.quantity) for line in seen.cart] == [("MOUSE-1", 3)]


async def test_no_list_is_long(overview, buyer, order):
    placed = [await order() for _ in range(6)]
    seen = await overview.company(buyer)
    assert numbers(seen.under_way) == placed[:0:-1]
    assert seen.under_way.next


async def test_who_may_neither_order_nor_shop_sees_nothing(overview, buyer, order):
    await order()
    only_there = replace(buyer, permissions=frozenset({Permission.SEE_COMPANY}))
    seen = await overview.company(only_there)
    assert (seen.under_way.items, seen.recent.items, seen.cart) == ((), (), ())


async def test_another_company_is_seen_empty(overview, database, buyer, order):
    await order()
    orchard = a_company("Orchard")
    database.tables.companies[orchard.id] = orchard
    assert (await overview.company(buyer.within(orchard.id))).under_way.items == ()


async def test_nobody_sees_anything(overview):
    for look in (overview.company, overview.desk):
        with pytest.raises(Forbidden):
            await look(NOBODY)


async def test_a_company_has_to_be_named(overview):
    with pytest.raises(NotFound):
        await overview.company(MSP)


async def test_the_desk_ships_the_oldest_first(overview, order):
    first = await order()
    await order(Status.ON_HOLD)
    await order(Status.SHIPPED)
    last = await order(Status.PROCESSING)
    seen = await overview.desk(MSP)
    assert numbers(seen.to_ship) == [first, last]
    assert (seen.figures.to_ship, seen.figures.on_hold) == (Total(2), Total(1))


async def test_the_desk_knows_the_last_import(overview, database):
    assert (await overview.desk(MSP)).last_import is None
    for day in (1, 2):
        at = NOON + timedelta(days=day)
        feed = FeedImport.begin(Origin.UPLOAD, f"{day}.xml", by=MSP.ref, at=at)
        database.tables.imports[feed.id] = feed
    assert (await overview.desk(MSP)).last_import.source == "2.xml"


async def test_the_desk_shows_only_what_somebody_may_know(overview, database, order):
    await order()
    feed = FeedImport.begin(Origin.UPLOAD, "1.xml", by=MSP.ref, at=NOON)
    database.tables.imports[feed.id] = feed
    narrow = replace(MSP, permissions=frozenset({Permission.SEE_COMPANIES}))
    seen = await overview.desk(narrow)
    assert (seen.to_ship.items, seen.last_import) == ((), None)
    assert (seen.figures.to_ship, seen.figures.companies) == (Total(0), Total(1))
