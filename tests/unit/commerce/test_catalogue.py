import pytest
from msgspec.structs import replace

from portal_core.commerce.events import (
    ProductArchived,
    ProductCreated,
    ProductRestored,
    ProductUpdated,
    StockChanged,
)
from portal_core.commerce.model import StockLevel
from portal_core.errors import Conflict, Forbidden, Invalid, NotFound
from portal_core.paging import Total, Window
from tests.examples import a_category, aud, details
from tests.people import ADMINISTRATOR, MSP, NOON


@pytest.fixture
def mice(database):
    category = a_category("Mice")
    database.tables.categories[category.id] = category
    return category


@pytest.fixture
async def mouse(catalogue):
    return await catalogue.create(MSP, details())


async def names(catalogue, **filters):
    page = await catalogue.page(MSP, Window(), **filters)
    return [product.name for product in page.items]


async def test_a_product_is_added_with_its_stock(catalogue, mice, facts):
    mouse = await catalogue.create(MSP, details(category_id=mice.id), stock=5)
    sheet = await catalogue.get(MSP, "mouse-1")
    assert sheet.product == replace(mouse, on_hand=5)
    assert sheet.category == mice
    assert list(sheet.levels) == [StockLevel("main", 5)]
    assert (sheet.prices, sheet.excluded) == ({}, frozenset())
    [event] = facts(ProductCreated)
    assert (event.subject_id, event.sku) == (mouse.id, "MOUSE-1")


async def test_new_stock_is_a_fact_of_note(catalogue, facts):
    await catalogue.create(MSP, details(), stock=5)
    [event] = facts(StockChanged)
    assert (event.before, event.after) == (0, 5)
    assert event.stamp.company_id is None


async def test_a_sku_is_taken_once(catalogue, mouse):
    with pytest.raises(Invalid) as refusal:
        await catalogue.create(MSP, details("mouse-1"))
    assert (refusal.value.code, refusal.value.problems[0].field) == ("taken", "sku")


async def test_a_category_that_is_not_there_is_not_found(catalogue, mouse):
    nowhere = a_category().id
    with pytest.raises(NotFound):
        await catalogue.create(MSP, details("NEW", category_id=nowhere))
    with pytest.raises(NotFound):
        await catalogue.edit(MSP, "MOUSE-1", details(category_id=nowhere), version=1)


async def test_a_product_that_is_not_there_is_not_found(catalogue):
    with pytest.raises(NotFound):
        await catalogue.get(MSP, "NONE")


async def test_an_edit_locks_what_it_changes(catalogue, database, facts, mouse):
    database.tables.products[mouse.id] = replace(mouse, locked_fields=frozenset())
    edited = await catalogue.edit(MSP, "MOUSE-1", details(price=aud(1)), version=1)
    assert (edited.price, edited.locked_fields) == (aud(1), {"price"})
    assert edited.version == 2
    [event] = facts(ProductUpdated)
    assert event.changed == ("price",)


async def test_an_edit_that_changes_nothing_is_no_news(catalogue, facts, mouse):
    await catalogue.edit(MSP, "MOUSE-1", details(), version=1)
    assert facts(ProductUpdated) == []


async def test_a_product_may_get_another_sku(catalogue, mouse):
    await catalogue.edit(MSP, "MOUSE-1", details("MOUSE-2"), version=1)
    assert (await catalogue.get(MSP, "MOUSE-2")).product.id == mouse.id


async def test_no_product_changes_to_a_sku_that_is_taken(catalogue, mouse):
    await catalogue.create(MSP, details("KEY-1", "Keyboard"))
    with pytest.raises(Invalid) as refusal:
        await catalogue.edit(MSP, "KEY-1", details("mouse-1", "Keyboard"), version=1)
    assert refusal.value.code == "taken"


async def test_who_was_slower_conflicts(catalogue, mouse):
    await catalogue.edit(MSP, "MOUSE-1", details(name="First"), version=1)
    with pytest.raises(Conflict):
        await catalogue.edit(MSP, "MOUSE-1", details(name="Second"), version=1)
    with pytest.raises(Conflict):
        await catalogue.hand_back(MSP, "MOUSE-1", ["name"], version=1)


async def test_fields_are_handed_back_to_the_feed(catalogue, facts, mouse):
    given = await catalogue.hand_back(MSP, "MOUSE-1", ["price", "weight"], version=1)
    assert given.locked_fields == {"name"}
    assert facts(ProductUpdated)[0].changed == ("locked_fields",)


async def test_all_of_a_product_is_changed_at_once(catalogue, facts, mouse):
    product = await catalogue.edit(
        MSP,
        "MOUSE-1",
        details("MOUSE-2", "Better mouse"),
        version=mouse.version,
        archived=True,
        levels={"nsw": 4},
        handed_back={"price", "name"},
    )
    assert (product.sku, product.archived, product.on_hand) == ("MOUSE-2", True, 4)
    assert product.locked_fields.isdisjoint({"price", "name"})
    assert product == await catalogue.product(MSP, "MOUSE-2")
    [updated] = facts(ProductUpdated)
    assert {"locked_fields", "name", "sku"} <= set(updated.changed)
    assert len(facts(ProductArchived)) == 1


async def test_a_change_is_made_whole_or_not_at_all(catalogue, facts, mouse):
    with pytest.raises(Invalid):
        await catalogue.edit(
            MSP, "MOUSE-1", details(name="New"), version=mouse.version, levels={"nsw": -1}
        )
    assert await catalogue.product(MSP, "MOUSE-1") == mouse


async def test_an_archived_product_is_restored(catalogue, facts, mouse):
    await catalogue.archive(MSP, "MOUSE-1")
    assert await names(catalogue) == []
    assert await names(catalogue, archived=True) == ["Mouse"]
    await catalogue.restore(MSP, "MOUSE-1")
    assert await names(catalogue) == ["Mouse"]
    assert facts(ProductArchived)
    assert facts(ProductRestored)


async def test_archiving_twice_is_no_news(catalogue, facts, mouse):
    await catalogue.archive(MSP, "MOUSE-1")
    await catalogue.archive(MSP, "MOUSE-1")
    assert len(facts(ProductArchived)) == 1


async def test_stock_is_counted_per_warehouse(catalogue, database, mouse):
    levels = await catalogue.set_stock(MSP, "MOUSE-1", {"sydney": 3, "perth": 2})
    assert list(levels) == [StockLevel("perth", 2), StockLevel("sydney", 3)]
    await catalogue.set_stock(MSP, "MOUSE-1", {"sydney": 1})
    assert database.tables.products[mouse.id].on_hand == 3
    assert [entry.move.on_hand for entry in database.tables.ledger] == [3, 2, -2]


async def test_the_same_count_again_moves_nothing(catalogue, database, mouse):
    await catalogue.set_stock(MSP, "MOUSE-1", {"main": 3})
    await catalogue.set_stock(MSP, "MOUSE-1", {"main": 3})
    assert len(database.tables.ledger) == 1


async def test_only_crossing_zero_is_a_fact_of_note(catalogue, facts, mouse):
    for units in (3, 2, 0, 0, 1):
        await catalogue.set_stock(MSP, "MOUSE-1", {"main": units})
    crossings = [(event.before, event.after) for event in facts(StockChanged)]
    assert crossings == [(0, 3), (2, 0), (0, 1)]


@pytest.mark.parametrize("units", [-1, 1_000_001])
async def test_an_impossible_count_is_refused(catalogue, mouse, units):
    with pytest.raises(Invalid) as refusal:
        await catalogue.set_stock(MSP, "MOUSE-1", {"main": units})
    assert refusal.value.problems[0].field == "stock.main"


async def test_a_product_is_hidden_from_companies(
    catalogue, facts, mouse, harbour, orchard
):
    await catalogue.exclude(MSP, "MOUSE-1", [harbour.id, orchard.id])
    await catalogue.exclude(MSP, "MOUSE-1", [orchard.id, harbour.id])
    assert (await catalogue.get(MSP, "MOUSE-1")).excluded == {harbour.id, orchard.id}
    [event] = facts(ProductUpdated)
    assert event.changed == ("excluded",)


async def test_the_catalogue_is_searched(catalogue, database, mice):
    below = a_category("Blue", mice)
    database.tables.categories[below.id] = below
    await catalogue.create(MSP, details("M-1", "Mouse", category_id=mice.id))
    await catalogue.create(MSP, details("M-2", "Blue mouse", category_id=below.id))
    await catalogue.create(MSP, details("K-1", "Keyboard"))
    assert await names(catalogue, text="mou") == ["Blue mouse", "Mouse"]
    assert await names(catalogue, category_id=mice.id) == ["Blue mouse", "Mouse"]
    assert await names(catalogue, category_id=below.id) == ["Blue mouse"]
    counted = await catalogue.page(MSP, Window(1), count=True)
    assert counted.total == Total(3)


async def test_only_the_msp_keeps_the_catalogue(catalogue, mouse):
    who = ADMINISTRATOR
    calls = [
        catalogue.page(who, Window()),
        catalogue.get(who, "MOUSE-1"),
        catalogue.create(who, details("NEW")),
        catalogue.edit(who, "MOUSE-1", details(), version=1),
        catalogue.hand_back(who, "MOUSE-1", ["name"], version=1),
        catalogue.archive(who, "MOUSE-1"),
        catalogue.restore(who, "MOUSE-1"),
        catalogue.set_stock(who, "MOUSE-1", {"main": 1}),
        catalogue.exclude(who, "MOUSE-1", []),
    ]
    for call in calls:
        with pytest.raises(Forbidden):
            await call
    assert mouse.version == 1


async def test_a_broken_edit_changes_nothing(catalogue, mouse):
    with pytest.raises(Invalid):
        await catalogue.edit(MSP, "MOUSE-1", details(name=""), version=1)
    sheet = await catalogue.get(MSP, "MOUSE-1")
    assert (sheet.product.name, sheet.product.updated_at) == ("Mouse", NOON)


async def test_products_are_browsed_beside_their_categories(catalogue, mice, mouse):
    await catalogue.create(MSP, details("M-2", "Small mouse", category_id=mice.id))
    page, categories = await catalogue.browse(MSP, Window())
    assert [one.name for one in page.items] == ["Mouse", "Small mouse"]
    assert (page.total, list(categories)) == (Total(2), [mice])
    page, _ = await catalogue.browse(MSP, Window(), category_id=mice.id, text="m-2")
    assert [one.name for one in page.items] == ["Small mouse"]


async def test_each_aspect_of_a_product_by_itself(catalogue, price_lists, mouse):
    vip = await price_lists.create(MSP, "VIP", "AUD")
    school = await price_lists.create(MSP, "Schools", "AUD")
    await price_lists.set_price(MSP, vip.id, "MOUSE-1", aud(1_900))
    assert await catalogue.product(MSP, "mouse-1") == mouse
    assert await catalogue.stock(MSP, "MOUSE-1") == (mouse, [])
    assert await catalogue.prices(MSP, "MOUSE-1") == (
        mouse,
        [(school, None), (vip, aud(1_900))],
    )
    assert await catalogue.hidden_from(MSP, "MOUSE-1") == (mouse, frozenset())


@pytest.mark.parametrize("aspect", ["product", "stock", "prices", "hidden_from"])
async def test_no_aspect_is_for_clients(catalogue, mouse, aspect):
    with pytest.raises(Forbidden):
        await getattr(catalogue, aspect)(ADMINISTRATOR, "MOUSE-1")
    with pytest.raises(NotFound):
        await getattr(catalogue, aspect)(MSP, "NONE-1")
