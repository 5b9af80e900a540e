from datetime import timedelta

import pytest
from msgspec.structs import replace

from tests.examples import a_cart_line, a_company, a_product, a_user, aud
from tests.people import NOON


@pytest.fixture
async def bea(database):
    user = a_user("Bea")
    async with database.begin() as work:
        await work.users.add(user)
    return user


@pytest.fixture
async def harbour(database):
    return await stored_company(database, "Harbour")


@pytest.fixture
async def products(database):
    """Three products, as they lie in the shop by name."""
    products = [a_product(f"P{n}", f"Product {n}") for n in range(3)]
    async with database.begin() as work:
        for product in products:
            await work.products.add(product)
    return products


async def stored_company(database, name):
    company = a_company(name)
    async with database.begin() as work:
        await work.companies.add(company)
    return company


async def keep(database, company, user, *lines):
    async with database.begin() as work:
        for line in lines:
            await work.carts.keep(company.id, user.id, line)


async def lines(database, company, user):
    async with database.read() as work:
        return list(await work.carts.lines(company.id, user.id))


async def test_a_new_cart_is_empty(database, harbour, bea):
    assert await lines(database, harbour, bea) == []


async def test_a_line_comes_back_as_stored(database, harbour, bea, products):
    line = a_cart_line(products[0], 3)
    await keep(database, harbour, bea, line)
    assert await lines(database, harbour, bea) == [line]


async def test_lines_come_in_the_order_in_which_they_were_added(
    database, harbour, bea, products
):
    added = [
        a_cart_line(product, at=NOON + timedelta(seconds=second))
        for second, product in enumerate([products[2], products[0], products[1]])
    ]
    await keep(database, harbour, bea, *added)
    assert await lines(database, harbour, bea) == added


async def test_a_product_has_one_line(database, harbour, bea, products):
    first = a_cart_line(products[0], 1)
    second = replace(first, quantity=5, shown_price=aud(1))
    await keep(database, harbour, bea, first, second)
    assert await lines(database, harbour, bea) == [second]


async def test_a_line_calls_its_product_as_it_is_called_now(
    database, harbour, bea, products
):
    line = a_cart_line(products[0])
    await keep(database, harbour, bea, line)
    renamed = replace(products[0], sku="NEW-1", name="New", archived=True, version=2)
    async with database.begin() as work:
        await work.products.save(renamed)
    found = await lines(database, harbour, bea)
    assert found == [replace(line, sku="NEW-1", name="New")]


async def test_a_line_that_is_replaced_keeps_its_place(database, harbour, bea, products):
    later = NOON + timedelta(minutes=1)
    first, other = a_cart_line(products[0]), a_cart_line(products[1], at=later)
    again = a_cart_line(products[0], 5, at=later + timedelta(minutes=1))
    await keep(database, harbour, bea, first, other, again)
    assert await lines(database, harbour, bea) == [replace(first, quantity=5), other]


async def test_each_company_and_user_has_a_cart_of_their_own(
    database, harbour, bea, products
):
    orchard, otto = await stored_company(database, "Orchard"), a_user("Otto")
    async with database.begin() as work:
        await work.users.add(otto)
    mine = a_cart_line(products[0])
    theirs = a_cart_line(products[1])
    await keep(database, harbour, bea, mine)
    await keep(database, harbour, otto, theirs)
    assert await lines(database, harbour, bea) == [mine]
    assert await lines(database, harbour, otto) == [theirs]
    assert await lines(database, orchard, bea) == []
    async with database.begin() as work:
        await work.carts.clear(harbour.id, otto.id)
        await work.carts.remove(orchard.id, bea.id, products[0].id)
    assert await lines(database, harbour, bea) == [mine]


async def test_a_product_is_removed(database, harbour, bea, products):
    kept, removed = a_cart_line(products[0]), a_cart_line(products[1])
    await keep(database, harbour, bea, kept, removed)
    async with database.begin() as work:
        await work.carts.remove(harbour.id, bea.id, products[1].id)
        await work.carts.remove(harbour.id, bea.id, products[2].id)
    assert await lines(database, harbour, bea) == [kept]


async def test_a_cart_is_emptied(database, harbour, bea, products):
    await keep(database, harbour, bea, *map(a_cart_line, products))
    async with database.begin() as work:
        await work.carts.clear(harbour.id, bea.id)
        await work.carts.clear(harbour.id, bea.id)
    assert await lines(database, harbour, bea) == []
