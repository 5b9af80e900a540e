import asyncio

import pytest
from msgspec.structs import replace

from portal_core.commerce.model import Offer, ShopProduct
from portal_core.commerce.ports import ShopFilter, ShopSort
from portal_core.commerce.search import sku_key, wanted
from portal_core.errors import NotFound
from portal_core.paging import Total, Window
from tests.contract.lists import walk
from tests.examples import (
    a_category,
    a_company,
    a_price_list,
    a_product,
    a_reservation,
    an_arrival,
    aud,
)
from tests.people import NOON


@pytest.fixture
async def vip(database):
    """A price list."""
    price_list = a_price_list()
    async with database.begin() as work:
        await work.price_lists.add(price_list)
    return price_list


@pytest.fixture
async def harbour(database, vip):
    """A company with a price list."""
    return await stored_company(database, a_company("Harbour", price_list_id=vip.id))


@pytest.fixture
async def orchard(database):
    """A company without one."""
    return await stored_company(database, a_company("Orchard"))


async def stored_company(database, company):
    async with database.begin() as work:
        await work.companies.add(company)
    return company


async def store(database, *products):
    async with database.begin() as work:
        for product in products:
            await work.products.add(product)


async def stock(database, *moves):
    async with database.begin() as work:
        await work.stock.apply(moves, at=NOON, reference=None)


async def set_price(database, vip, product, price):
    async with database.begin() as work:
        await work.price_lists.set_price(vip.id, product.id, price)


async def shelf(database, company, **filters):
    async with database.read() as work:
        page = await work.shop.page(company.id, ShopFilter(**filters), Window())
    return [product.name for product in page.items]


async def sees(database, company, sku):
    """Return whether the company sees the product: on the shelf, alone, and as an offer."""
    async with database.read() as work:
        page = await work.shop.page(company.id, ShopFilter(), Window())
        offers = await work.shop.offers(company.id, [sku])
        try:
            await work.shop.product(company.id, sku)
            alone = True
        except NotFound:
            alone = False
    answers = {sku in [product.sku for product in page.items], alone, sku in offers}
    assert len(answers) == 1
    return answers.pop()


async def test_a_client_sees_what_concerns_them(database, orchard):
    parts = a_category("Parts")
    category = a_category("Mice", parts)
    mouse = replace(
        a_product(category_id=category.id, cost=aud(1), description="Two buttons."),
        manufacturer="Acme",
        warranty="2 years",
        image_url="https://images.example/mouse.png",
    )
    async with database.begin() as work:
        await work.categories.add(parts)
        await work.categories.add(category)
        await work.products.add(mouse)
    await stock(database, an_arrival(mouse, 6), a_reservation(mouse, 1))
    expected = ShopProduct(
        id=mouse.id,
        sku=mouse.sku,
        name="Mouse",
        description="Two buttons.",
        category_id=category.id,
        category="Parts/Mice",
        manufacturer="Acme",
        price=aud(2_500),
        stock=5,
        low_stock=True,
        warranty="2 years",
        image_url="https://images.example/mouse.png",
        updated_at=NOON,
    )
    async with database.read() as work:
        page = await work.shop.page(orchard.id, ShopFilter(), Window())
        assert page.items == (expected,)
        assert await work.shop.product(orchard.id, "mouse-1") == expected


async def test_an_offer_is_what_an_order_needs(database, orchard):
    mouse = a_product(cost=aud(1_200), low_stock=3)
    await store(database, mouse)
    await stock(database, an_arrival(mouse, 6), a_reservation(mouse, 1))
    async with database.read() as work:
        offers = await work.shop.offers(orchard.id, ["MOUSE-1"])
    assert offers == {
        "MOUSE-1": Offer(
            product_id=mouse.id,
            sku="MOUSE-1",
            name="Mouse",
            price=aud(2_500),
            cost=aud(1_200),
            on_hand=6,
            reserved=1,
            low_stock=3,
        )
    }


@pytest.mark.parametrize("lock", [False, True])
async def test_offers_are_by_the_sku_as_it_was_asked_for(database, orchard, lock):
    await store(database, a_product("Mouse-1"), a_product("KEY-1"))
    async with database.begin() as work:
        asked = ["mouse-1", "MOUSE-1", "KEY-1", "NONE"]
        offers = await work.shop.offers(orchard.id, asked, lock=lock)
        assert await work.shop.offers(orchard.id, [], lock=lock) == {}
    assert offers.keys() == {"mouse-1", "MOUSE-1", "KEY-1"}
    assert offers["mouse-1"] == offers["MOUSE-1"]
    assert offers["mouse-1"].sku == "Mouse-1"


async def test_a_price_list_comes_before_the_products_own_price(
    database, vip, harbour, orchard
):
    mouse = a_product()
    await store(database, mouse)
    await set_price(database, vip, mouse, aud(1_900))
    async with database.read() as work:
        assert (await work.shop.product(harbour.id, mouse.sku)).price == aud(1_900)
        assert (await work.shop.product(orchard.id, mouse.sku)).price == aud(2_500)
        offers = await work.shop.offers(harbour.id, [mouse.sku])
        assert offers[mouse.sku].price == aud(1_900)


async def test_what_the_list_leaves_out_costs_the_usual(database, vip, harbour):
    mouse, key = a_product(), a_product("KEY-1")
    await store(database, mouse, key)
    await set_price(database, vip, key, aud(1))
    async with database.read() as work:
        assert (await work.shop.product(harbour.id, mouse.sku)).price == aud(2_500)


async def test_a_price_may_be_nothing_at_all(database, vip, harbour):
    gift = a_product()
    await store(database, gift)
    await set_price(database, vip, gift, aud(0))
    async with database.read() as work:
        assert (await work.shop.product(harbour.id, gift.sku)).price == aud(0)


async def test_what_has_no_price_for_a_company_is_not_there(
    database, vip, harbour, orchard
):
    special = a_product(price=None)
    await store(database, special)
    assert not await sees(database, harbour, special.sku)
    await set_price(database, vip, special, aud(100))
    assert await sees(database, harbour, special.sku)
    assert not await sees(database, orchard, special.sku)


async def test_what_is_archived_is_not_there(database, orchard):
    await store(database, replace(a_product(), archived=True))
    assert not await sees(database, orchard, "MOUSE-1")


async def test_what_is_hidden_from_a_company_is_not_there(database, harbour, orchard):
    mouse = a_product()
    await store(database, mouse)
    async with database.begin() as work:
        await work.products.exclude(mouse.id, [harbour.id])
    assert not await sees(database, harbour, mouse.sku)
    assert await sees(database, orchard, mouse.sku)


async def test_what_does_not_exist_is_not_there(database, orchard):
    assert not await sees(database, orchard, "NONE")


async def test_the_shelf_can_show_only_what_is_in_stock(database, orchard):
    here, gone, promised = (a_product(name, name) for name in ("Here", "Gone", "Promised"))
    await store(database, here, gone, promised)
    await stock(
        database, an_arrival(here, 1), an_arrival(promised, 2), a_reservation(promised, 2)
    )
    assert await shelf(database, orchard, in_stock=True) == ["Here"]
    assert await shelf(database, orchard) == ["Gone", "Here", "Promised"]


async def test_the_shelf_can_show_some_categories(database, orchard):
    mice, keys = a_category("Mice"), a_category("Keyboards")
    async with database.begin() as work:
        await work.categories.add(mice)
        await work.categories.add(keys)
    await store(
        database,
        a_product("M", "Mouse", category_id=mice.id),
        a_product("K", "Keyboard", category_id=keys.id),
        a_product("L", "Loose"),
    )
    both = frozenset({mice.id, keys.id})
    assert await shelf(database, orchard, categories=frozenset({mice.id})) == ["Mouse"]
    assert await shelf(database, orchard, categories=both) == ["Keyboard", "Mouse"]
    assert await shelf(database, orchard, categories=frozenset()) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("cable", ["Cable, black", "Cable, white"]),
        ("cab bla", ["Cable, black"]),
        ("00-12", ["Cable, black", "Cable, white"]),
        ("0012a", ["Cable, black"]),
        ("12-a", ["Cable, black"]),
        ("12B", ["Cable, white"]),
        ("nothing", []),
        ("_able", []),
        ("c%e", []),
    ],
)
async def test_the_shelf_is_searched(database, orchard, text, found):
    await store(
        database,
        a_product("0012-A", "Cable, black"),
        a_product("0012-B", "Cable, white"),
        a_product("X", "Mouse"),
    )
    assert await shelf(database, orchard, wanted=wanted(text)) == found


async def priced_shelf(database):
    await store(
        database,
        a_product("A", "Dear", price=aud(9_900)),
        a_product("B", "cheap", price=aud(100)),
        a_product("C", "Also cheap", price=aud(100)),
        a_product("D", "Middling", price=aud(1_000)),
    )


@pytest.mark.parametrize(
    ("sort", "names"),
    [
        (ShopSort.NAME, ["Also cheap", "cheap", "Dear", "Middling"]),
        (ShopSort.PRICE, ["Also cheap", "cheap", "Middling", "Dear"]),
        (ShopSort.PRICE_DOWN, ["Dear", "Middling", "Also cheap", "cheap"]),
        (ShopSort.RELEVANCE, ["Also cheap", "cheap", "Dear", "Middling"]),
    ],
)
async def test_the_shelf_is_sorted(database, orchard, sort, names):
    await priced_shelf(database)
    assert await shelf(database, orchard, sort=sort) == names


async def test_it_is_sorted_by_the_companys_own_price(database, vip, harbour):
    await priced_shelf(database)
    async with database.begin() as work:
        dear = await work.products.get("A")
        await work.price_lists.set_price(vip.id, dear.id, aud(500))
    names = ["Also cheap", "cheap", "Dear", "Middling"]
    assert await shelf(database, harbour, sort=ShopSort.PRICE) == names


@pytest.mark.parametrize("text", ["cab-1", "CAB 1", "cab1"])
async def test_the_very_sku_comes_first(database, orchard, text):
    await store(
        database,
        a_product("CAB-10", "A cable cab 1"),
        a_product("CAB-1", "The cable"),
        a_product("X-1", "B cable cab 1"),
    )
    found = await shelf(
        database,
        orchard,
        wanted=wanted(text),
        sku_key=sku_key(text),
        sort=ShopSort.RELEVANCE,
    )
    assert found[0] == "The cable"
    assert found[1:] == sorted(found[1:])


@pytest.mark.parametrize("sort", ShopSort)
async def test_every_product_is_on_one_page(database, orchard, sort):
    await store(
        database,
        *(a_product(f"S{n}", "Same name", price=aud(100 * (n % 3))) for n in range(12)),
    )
    asked = ShopFilter(sort=sort, sku_key="s7")

    async def read(window):
        async with database.read() as work:
            return await work.shop.page(orchard.id, asked, window)

    there, back = await walk(read, limit=5)
    assert there == back
    assert len({product.id for product in there}) == len(there) == 12


async def test_the_shelf_is_counted_when_asked(database, harbour, orchard):
    mouse = a_product()
    await store(database, mouse, a_product("KEY-1"))
    async with database.begin() as work:
        await work.products.exclude(mouse.id, [harbour.id])
    async with database.read() as work:
        for company, count in ((harbour, 1), (orchard, 2)):
            page = await work.shop.page(company.id, ShopFilter(count=True), Window(1))
            assert page.total == Total(count)
        page = await work.shop.page(orchard.id, ShopFilter(), Window(1))
        assert page.total is None


async def test_locked_stock_is_not_sold_twice(database, orchard):
    mouse = a_product()
    await store(database, mouse)
    await stock(database, an_arrival(mouse, 3))

    async def buy():
        async with database.begin() as work:
            offers = await work.shop.offers(orchard.id, [mouse.sku], lock=True)
            await asyncio.sleep(0)
            if offers[mouse.sku].available:
                moves = [a_reservation(mouse, 1)]
                await work.stock.apply(moves, at=NOON, reference=None)
                return True
            return False

    bought = await asyncio.gather(*(buy() for _ in range(8)))
    assert sum(bought) == 3
    async with database.read() as work:
        product = await work.products.get(mouse.sku)
    assert (product.on_hand, product.reserved) == (3, 3)


async def test_two_orders_never_wait_for_each_other(database, orchard):
    products = [a_product(f"S{n}") for n in range(4)]
    await store(database, *products)
    skus = [product.sku for product in products]

    async def look(asked):
        async with database.begin() as work:
            await work.shop.offers(orchard.id, asked, lock=True)
            await asyncio.sleep(0)
            moves = [an_arrival(product, 1) for product in products]
            await work.stock.apply(moves, at=NOON, reference=None)

    orders = [skus, skus[::-1], skus[1:] + skus[:1], skus[2:] + skus[:2]]
    async with asyncio.timeout(20):
        await asyncio.gather(*(look(asked) for asked in orders * 2))
    async with database.read() as work:
        offers = await work.shop.offers(orchard.id, skus)
    assert {offer.on_hand for offer in offers.values()} == {8}


async def test_a_few_in_stock_are_found_among_many_alike(database, orchard):
    docks = [a_product(f"D-{number}", f"Halcyon dock {number}") for number in range(2_005)]
    await store(database, *docks)
    await stock(database, *(an_arrival(dock, 1) for dock in docks[-5:]))
    asked = ShopFilter(wanted=wanted("halcyon dock"), in_stock=True, count=True)
    async with database.read() as work:
        page = await work.shop.page(orchard.id, asked, Window())
    assert [product.sku for product in page.items] == [dock.sku for dock in docks[-5:]]
    assert page.total.count == 5
