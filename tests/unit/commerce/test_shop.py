import pytest

from portal_core.commerce.ports import ShopSort
from portal_core.commerce.shop import Search
from portal_core.errors import Forbidden, NotFound
from portal_core.paging import Total, Window
from tests.examples import aud, details
from tests.people import MSP, NOBODY


@pytest.fixture
async def stocked(catalogue, categories):
    """A shop with three shelves and three products."""
    parts = await categories.add(MSP, "Parts", None)
    mice = await categories.add(MSP, "Mice", parts.id)
    await categories.add(MSP, "Empty", None)
    for sku, name, category, price in [
        ("CAB-10", "A cable", parts, 900),
        ("M-1", "Mouse", mice, 2_500),
        ("CAB-1", "Cable", parts, 1_000),
    ]:
        await catalogue.create(
            MSP, details(sku, name, category_id=category.id, price=aud(price)), stock=1
        )


async def names(shop, buyer, **search):
    shelf = await shop.browse(buyer, Search(**search), Window())
    return [product.name for product in shelf.products.items]


async def test_a_shelf_comes_by_name_with_all_categories(shop, buyer, stocked):
    shelf = await shop.browse(buyer, Search(), Window())
    assert [product.name for product in shelf.products.items] == [
        "A cable",
        "Cable",
        "Mouse",
    ]
    assert [each.path for each in shelf.categories] == ["Empty", "Parts", "Parts/Mice"]
    assert shelf.category is None


async def test_the_very_sku_comes_first(shop, buyer, stocked):
    assert await names(shop, buyer, text="cab1") == ["Cable", "A cable"]


async def test_a_sort_that_was_asked_for_counts(shop, buyer, stocked):
    found = await names(shop, buyer, text="cab1", sort=ShopSort.NAME)
    assert found == ["A cable", "Cable"]
    found = await names(shop, buyer, sort=ShopSort.PRICE_DOWN)
    assert found == ["Mouse", "Cable", "A cable"]


@pytest.mark.parametrize("path", ["Parts", "parts", "/PARTS/"])
async def test_a_category_holds_all_that_is_below_it(shop, buyer, stocked, path):
    assert len(await names(shop, buyer, category=path)) == 3
    shelf = await shop.browse(buyer, Search(category=path), Window())
    assert shelf.category.path == "Parts"


async def test_a_category_below_holds_its_own_only(shop, buyer, stocked):
    assert await names(shop, buyer, category="Parts/Mice") == ["Mouse"]
    assert await names(shop, buyer, category="Empty") == []


async def test_a_category_that_is_not_there_holds_nothing(shop, buyer, stocked):
    assert await names(shop, buyer, category="Nowhere") == []


async def test_what_is_out_of_stock_can_be_left_out(shop, catalogue, buyer, stocked):
    await catalogue.set_stock(MSP, "M-1", {"main": 0})
    assert "Mouse" not in await names(shop, buyer, in_stock=True)


async def test_a_shelf_is_counted_when_asked(shop, buyer, stocked):
    shelf = await shop.browse(buyer, Search(count=True), Window(1))
    assert shelf.products.total == Total(3)


async def test_one_product_is_shown(shop, buyer, stocked):
    product = await shop.product(buyer, "m-1")
    assert (product.name, product.category, product.stock) == ("Mouse", "Parts/Mice", 1)


async def test_what_is_hidden_is_not_found(shop, catalogue, buyer, harbour, stocked):
    await catalogue.exclude(MSP, "M-1", [harbour.id])
    with pytest.raises(NotFound):
        await shop.product(buyer, "M-1")
    assert "Mouse" not in await names(shop, buyer)


async def test_the_categories_are_shown(shop, buyer, stocked):
    assert len(await shop.categories(buyer)) == 3


async def test_without_the_right_nobody_shops(shop, harbour):
    nobody = NOBODY.within(harbour.id)
    calls = [
        shop.browse(nobody, Search(), Window()),
        shop.product(nobody, "M-1"),
        shop.categories(nobody),
    ]
    for call in calls:
        with pytest.raises(Forbidden):
            await call


async def test_the_msps_rooms_have_no_shop(shop):
    with pytest.raises(NotFound):
        await shop.browse(MSP, Search(), Window())
