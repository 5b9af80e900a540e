import pytest

from portal_core.commerce.events import PriceListChanged, PriceListCreated
from portal_core.errors import Conflict, Forbidden, Invalid, NotFound
from portal_core.money import Money
from portal_core.paging import Window
from tests.examples import a_category, a_price_list, aud, details
from tests.people import ADMINISTRATOR, MSP


@pytest.fixture
async def parts(categories):
    return await categories.add(MSP, "Parts", None)


@pytest.fixture
async def mice(categories, parts):
    return await categories.add(MSP, "Mice", parts.id)


@pytest.fixture
async def vip(price_lists):
    return await price_lists.create(MSP, "VIP", "AUD")


@pytest.fixture
async def mouse(catalogue):
    return await catalogue.create(MSP, details())


async def paths(categories):
    return [category.path for category in await categories.list(MSP)]


async def test_categories_nest(categories, mice):
    await categories.add(MSP, "Blue", mice.id)
    assert await paths(categories) == ["Parts", "Parts/Mice", "Parts/Mice/Blue"]


async def test_a_parent_that_is_not_there_is_not_found(categories):
    with pytest.raises(NotFound):
        await categories.add(MSP, "Mice", a_category().id)


async def test_a_name_is_taken_once_in_its_place(categories, mice, parts):
    with pytest.raises(Conflict):
        await categories.add(MSP, "mice", parts.id)
    await categories.add(MSP, "Mice", None)


async def test_renaming_moves_what_is_below(categories, parts, mice):
    renamed = await categories.rename(MSP, parts.id, " Spares ")
    assert (renamed.id, renamed.path) == (parts.id, "Spares")
    assert await paths(categories) == ["Spares", "Spares/Mice"]


async def test_a_category_stays_where_it_is_when_renamed(categories, parts, mice):
    renamed = await categories.rename(MSP, mice.id, "Rodents")
    assert (renamed.parent_id, renamed.path) == (parts.id, "Parts/Rodents")


async def test_an_empty_category_is_removed(categories, mice):
    await categories.remove(MSP, mice.id)
    assert await paths(categories) == ["Parts"]


async def test_a_category_in_use_stays(categories, parts, mice):
    with pytest.raises(Conflict):
        await categories.remove(MSP, parts.id)


async def test_a_category_that_is_not_there_is_not_found(categories):
    with pytest.raises(NotFound):
        await categories.remove(MSP, a_category().id)
    with pytest.raises(NotFound):
        await categories.rename(MSP, a_category().id, "x")


async def test_a_price_list_is_added(price_lists, facts):
    vip = await price_lists.create(MSP, " VIP  clients ", "AUD")
    assert vip.name == "VIP clients"
    assert list(await price_lists.list(MSP)) == [vip]
    [event] = facts(PriceListCreated)
    assert event.subject_id == vip.id


async def test_a_name_of_a_list_is_taken_once(price_lists, vip):
    with pytest.raises(Conflict):
        await price_lists.create(MSP, "vip", "EUR")


async def test_a_price_is_set_and_taken_off(price_lists, catalogue, facts, vip, mouse):
    await price_lists.set_price(MSP, vip.id, "mouse-1", aud(1_900))
    assert (await catalogue.get(MSP, "MOUSE-1")).prices == {vip.id: aud(1_900)}
    await price_lists.set_price(MSP, vip.id, "MOUSE-1", None)
    assert (await catalogue.get(MSP, "MOUSE-1")).prices == {}
    assert [event.skus for event in facts(PriceListChanged)] == [("MOUSE-1",)] * 2


@pytest.mark.parametrize("price", [aud(-1), Money(1, "EUR")])
async def test_an_impossible_price_is_refused(price_lists, vip, mouse, price):
    with pytest.raises(Invalid) as refusal:
        await price_lists.set_price(MSP, vip.id, "MOUSE-1", price)
    assert refusal.value.problems[0].field == "price"


async def test_what_is_not_there_has_no_price(price_lists, vip, mouse):
    with pytest.raises(NotFound):
        await price_lists.set_price(MSP, vip.id, "NONE", aud(1))
    with pytest.raises(NotFound):
        await price_lists.set_price(MSP, a_price_list().id, "MOUSE-1", aud(1))


async def test_only_the_msp_keeps_shelves_and_prices(categories, price_lists, mice, vip):
    calls = [
        categories.list(ADMINISTRATOR),
        categories.add(ADMINISTRATOR, "x", None),
        categories.rename(ADMINISTRATOR, mice.id, "x"),
        categories.remove(ADMINISTRATOR, mice.id),
        price_lists.list(ADMINISTRATOR),
        price_lists.create(ADMINISTRATOR, "x", "AUD"),
        price_lists.set_price(ADMINISTRATOR, vip.id, "MOUSE-1", None),
    ]
    for call in calls:
        with pytest.raises(Forbidden):
            await call


async def test_a_list_is_read_with_its_products(price_lists, vip, mouse):
    await price_lists.set_price(MSP, vip.id, "MOUSE-1", aud(1_900))
    assert await price_lists.get(MSP, vip.id) == vip
    found, page = await price_lists.items(MSP, vip.id, "mou", Window())
    assert found == vip
    assert [(one.sku, one.price) for one in page.items] == [("MOUSE-1", aud(1_900))]
    for refused in (
        price_lists.get(ADMINISTRATOR, vip.id),
        price_lists.items(ADMINISTRATOR, vip.id, "", Window()),
    ):
        with pytest.raises(Forbidden):
            await refused
