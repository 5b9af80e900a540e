import pytest

from portal_core.errors import Conflict, NotFound
from portal_core.paging import Window
from tests.contract.lists import walk
from tests.examples import a_price_list, a_product, aud


@pytest.fixture
async def vip(database):
    price_list = a_price_list("VIP")
    async with database.begin() as work:
        await work.price_lists.add(price_list)
    return price_list


@pytest.fixture
async def mouse(database):
    product = a_product()
    async with database.begin() as work:
        await work.products.add(product)
    return product


async def test_a_price_list_comes_back_as_stored(database, vip):
    async with database.read() as work:
        assert await work.price_lists.get(vip.id) == vip


async def test_a_price_list_that_is_not_there(database):
    async with database.read() as work:
        with pytest.raises(NotFound):
            await work.price_lists.get(a_price_list().id)


async def test_price_lists_come_by_name(database, vip):
    async with database.begin() as work:
        await work.price_lists.add(a_price_list("schools", "EUR"))
        await work.price_lists.add(a_price_list("Wholesale"))
    async with database.read() as work:
        found = await work.price_lists.list()
    assert [price_list.name for price_list in found] == ["schools", "VIP", "Wholesale"]


@pytest.mark.parametrize("name", ["VIP", "vip"])
async def test_a_name_is_taken_once_whatever_its_case(database, vip, name):
    with pytest.raises(Conflict):
        async with database.begin() as work:
            await work.price_lists.add(a_price_list(name))


async def test_a_product_costs_what_its_lists_say(database, vip, mouse):
    other = a_price_list("Other", "EUR")
    async with database.begin() as work:
        await work.price_lists.add(other)
        assert await work.price_lists.prices(mouse.id) == {}
        await work.price_lists.set_price(vip.id, mouse.id, aud(1))
        await work.price_lists.set_price(vip.id, mouse.id, aud(1_900))
    async with database.read() as work:
        assert await work.price_lists.prices(mouse.id) == {vip.id: aud(1_900)}


async def test_a_price_is_taken_off_the_list(database, vip, mouse):
    async with database.begin() as work:
        await work.price_lists.set_price(vip.id, mouse.id, aud(1))
        await work.price_lists.set_price(vip.id, mouse.id, None)
        await work.price_lists.set_price(vip.id, mouse.id, None)
    async with database.read() as work:
        assert await work.price_lists.prices(mouse.id) == {}


async def test_a_list_is_read_a_page_at_a_time_by_name(database, vip):
    other = a_price_list("Other")
    things = [a_product(f"SKU-{n}", f"{'tT'[n % 2]}hing {n}") for n in range(7)]
    async with database.begin() as work:
        await work.price_lists.add(other)
        for thing in reversed(things):
            await work.products.add(thing)
            await work.price_lists.set_price(vip.id, thing.id, aud(1_900))
        await work.price_lists.set_price(other.id, things[0].id, aud(1))

    async def read(window, search=""):
        async with database.read() as work:
            return await work.price_lists.page_of_items(vip.id, search, window)

    there, back = await walk(read)
    assert [one.sku for one in there] == [f"SKU-{n}" for n in range(7)]
    assert back == there
    assert (there[0].usual, there[0].price) == (things[0].price, aud(1_900))
    for search, skus in (("sku-3", ["SKU-3"]), ("THING 4", ["SKU-4"]), ("%", [])):
        page = await read(Window(), search)
        assert [one.sku for one in page.items] == skus


async def test_a_product_without_a_usual_price_is_listed(database, vip):
    thing = a_product(price=None)
    async with database.begin() as work:
        await work.products.add(thing)
        await work.price_lists.set_price(vip.id, thing.id, aud(5))
        page = await work.price_lists.page_of_items(vip.id, "", Window())
    assert [(one.usual, one.price) for one in page.items] == [(None, aud(5))]
