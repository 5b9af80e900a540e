"""Many buyers at once: what the locks of a database promise, seen from the shop."""

import asyncio

import pytest
from msgspec.structs import replace

from adapters.memory.clock import SettableClock
from portal_core.commerce.catalogue import CatalogueService
from portal_core.commerce.order import Wish
from portal_core.commerce.orders import OrderService
from portal_core.commerce.ports import OrderFilter
from portal_core.errors import Conflict
from portal_core.idempotency import Once
from portal_core.paging import Window
from tests.examples import a_cart_line, a_company, a_user, details
from tests.people import BUYER, MSP, NOON

STOCK = 15
BUYERS = 40


@pytest.fixture
async def buyer(database):
    """A buyer of a company."""
    company, user = a_company(), a_user()
    async with database.begin() as work:
        await work.companies.add(company)
        await work.users.add(user)
    return replace(BUYER, id=user.id, company_id=company.id)


@pytest.fixture
async def catalogue(database):
    """A shop with so many mice and keyboards."""
    catalogue = CatalogueService(database=database, clock=SettableClock(NOON))
    await catalogue.create(MSP, details("MOUSE-1", "Mouse"), stock=STOCK)
    await catalogue.create(MSP, details("KEY-1", "Keyboard"), stock=STOCK)
    return catalogue


@pytest.fixture
def orders(database, catalogue):
    return OrderService(database=database, clock=SettableClock(NOON))


async def all_at_once(calls):
    """Return what comes of calls that are made at once: answers and conflicts."""
    async with asyncio.timeout(60):
        outcomes = await asyncio.gather(*calls, return_exceptions=True)
    answers = [each for each in outcomes if not isinstance(each, Exception)]
    refusals = [each for each in outcomes if isinstance(each, Conflict)]
    assert len(answers) + len(refusals) == len(outcomes), outcomes
    return answers, refusals


async def left(catalogue, sku):
    product = (await catalogue.get(MSP, sku)).product
    return product.available


async def test_nothing_is_sold_twice(orders, catalogue, buyer):
    placed, refused = await all_at_once(
        orders.place(buyer, [Wish("MOUSE-1", 1)]) for _ in range(BUYERS)
    )
    assert len(placed) == STOCK
    assert {refusal.code for refusal in refused} == {"out_of_stock"}
    assert len({each.order.number for each in placed}) == STOCK
    assert await left(catalogue, "MOUSE-1") == 0


async def test_orders_that_name_the_same_products_never_wait_for_each_other(
    orders, catalogue, buyer
):
    wishes = [Wish("MOUSE-1", 1), Wish("KEY-1", 1)]
    placed, _ = await all_at_once(
        orders.place(buyer, wishes if number % 2 else wishes[::-1])
        for number in range(BUYERS)
    )
    assert len(placed) == STOCK
    assert await left(catalogue, "KEY-1") == 0


async def test_one_request_that_comes_many_times_is_one_order(orders, catalogue, buyer):
    once = Once("user:bea", "key-1", "fingerprint")
    placed, _ = await all_at_once(
        orders.place(buyer, [Wish("MOUSE-1", 2)], once=once) for _ in range(20)
    )
    assert len(placed) == 20
    assert all(each.order == placed[0].order for each in placed)
    assert sorted(each.replayed for each in placed) == [False] + [True] * 19
    assert await left(catalogue, "MOUSE-1") == STOCK - 2


async def test_one_cart_that_is_ordered_many_times_is_one_order(
    database, orders, catalogue, buyer
):
    product = (await catalogue.get(MSP, "MOUSE-1")).product
    async with database.begin() as work:
        await work.carts.keep(buyer.company, buyer.user_id, a_cart_line(product, 2))
    once = Once("user:bea", "key-1", "the cart")
    placed, _ = await all_at_once(orders.place_cart(buyer, once=once) for _ in range(10))
    assert len({each.order.number for each in placed}) == 1
    page = await orders.page(buyer, OrderFilter(), Window())
    assert len(page.items) == 1


async def test_an_order_cancelled_many_times_gives_its_units_back_once(
    orders, catalogue, buyer
):
    order = (await orders.place(buyer, [Wish("MOUSE-1", 5)])).order
    await all_at_once(orders.cancel(buyer, order.number) for _ in range(10))
    assert await left(catalogue, "MOUSE-1") == STOCK
