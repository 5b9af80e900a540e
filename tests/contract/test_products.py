from datetime import date, timedelta

import pytest
from msgspec.structs import replace

from portal_core.commerce.model import ProductSummary
from portal_core.commerce.ports import ProductFilter
from portal_core.commerce.search import wanted
from portal_core.errors import Conflict, Invalid, NotFound
from portal_core.paging import Total, Window
from tests.contract.lists import walk
from tests.examples import a_category, a_company, a_product, a_reservation, an_arrival, aud
from tests.people import NOON


async def store(database, *products):
    async with database.begin() as work:
        for product in products:
            await work.products.add(product)


async def stock(database, *moves):
    async with database.begin() as work:
        await work.stock.apply(moves, at=NOON, reference=None)


async def names(database, **filters):
    async with database.read() as work:
        page = await work.products.page(ProductFilter(**filters), Window())
    return [product.name for product in page.items]


@pytest.fixture
async def mouse(database):
    """A product with every field filled in."""
    category = a_category()
    product = replace(
        a_product("00-Mouse.1", "Mouse", category_id=category.id, cost=aud(1_200)),
        vendor_sku="V-1",
        description="Two buttons,\na wheel & “quotes”.",
        manufacturer="Acme",
        weight_grams=95,
        length_mm=120,
        width_mm=60,
        height_mm=40,
        warranty="2 years",
        image_url="https://images.example/mouse.png",
        stock_date=date(2026, 7, 1),
        locked_fields=frozenset({"price", "name"}),
        feed_digest=b"\x00digest\xff",
        updated_at=NOON + timedelta(seconds=1),
    )
    async with database.begin() as work:
        await work.categories.add(category)
        await work.products.add(product)
    return product


async def test_a_product_comes_back_as_stored(database, mouse):
    async with database.read() as work:
        assert await work.products.get("00-Mouse.1") == mouse


async def test_a_bare_product_comes_back_as_stored(database):
    bare = a_product("BARE", price=None)
    await store(database, bare)
    async with database.read() as work:
        assert await work.products.get("BARE") == bare


async def test_a_sku_is_found_whatever_its_case(database, mouse):
    async with database.read() as work:
        assert await work.products.get("00-MOUSE.1") == mouse


@pytest.mark.parametrize("sku", ["0-Mouse.1", "00-Mouse", "00Mouse1", "00-Mouse.1 ", ""])
async def test_a_sku_is_text_and_no_number(database, mouse, sku):
    async with database.read() as work:
        with pytest.raises(NotFound):
            await work.products.get(sku)


async def test_skus_that_look_like_one_number_are_different(database):
    skus = ["1e5", "100000", "0100000", "1E+5"]
    await store(database, *(a_product(sku, sku) for sku in skus))
    async with database.read() as work:
        assert [(await work.products.get(sku)).sku for sku in skus] == skus


@pytest.mark.parametrize("sku", ["00-Mouse.1", "00-MOUSE.1"])
async def test_a_sku_is_taken_once_whatever_its_case(database, mouse, sku):
    with pytest.raises(Conflict) as refusal:
        await store(database, a_product(sku, "Another"))
    assert refusal.value.code == "taken"


async def test_the_next_version_is_stored(database, mouse):
    changed = replace(
        mouse, sku="MOUSE-2", price=None, category_id=None, archived=True, version=2
    )
    async with database.begin() as work:
        await work.products.save(changed)
    async with database.read() as work:
        assert await work.products.get("mouse-2") == changed
        with pytest.raises(NotFound):
            await work.products.get(mouse.sku)


@pytest.mark.parametrize("version", [0, 1, 3])
async def test_any_other_version_conflicts(database, mouse, version):
    with pytest.raises(Conflict) as refusal:
        async with database.begin() as work:
            await work.products.save(replace(mouse, name="Too late", version=version))
    assert refusal.value.code != "taken"


async def test_no_product_changes_to_a_sku_that_is_taken(database, mouse):
    other = a_product("OTHER")
    await store(database, other)
    with pytest.raises(Conflict) as refusal:
        async with database.begin() as work:
            await work.products.save(replace(other, sku=mouse.sku.upper(), version=2))
    assert refusal.value.code == "taken"


async def test_saving_leaves_the_stock_alone(database, mouse):
    await stock(database, an_arrival(mouse, 7), a_reservation(mouse, 2))
    async with database.begin() as work:
        await work.products.save(replace(mouse, on_hand=99, reserved=0, version=2))
    async with database.read() as work:
        product = await work.products.get(mouse.sku)
    assert (product.on_hand, product.reserved, product.available) == (7, 2, 5)


async def test_a_list_shows_what_the_msp_wants_to_know(database, mouse):
    await stock(database, an_arrival(mouse, 6), a_reservation(mouse, 1))
    async with database.read() as work:
        page = await work.products.page(ProductFilter(), Window())
    assert page.items == (
        ProductSummary(
            id=mouse.id,
            sku="00-Mouse.1",
            name="Mouse",
            category="Mice",
            manufacturer="Acme",
            price=aud(2_500),
            cost=aud(1_200),
            available=5,
            reserved=1,
            low_stock=True,
            archived=False,
            updated_at=mouse.updated_at,
        ),
    )


async def test_products_come_by_name_whatever_its_case(database):
    wanted_order = ["apple", "Bolt", "bolt 2", "Zip", "Émile"]
    await store(database, *(a_product(f"P{n}", n) for n in reversed(wanted_order)))
    assert await names(database) == wanted_order


async def test_an_archived_product_is_hidden_unless_asked_for(database):
    gone = replace(a_product("GONE", "Gone"), archived=True)
    await store(database, gone, a_product("HERE", "Here"))
    assert await names(database) == ["Here"]
    assert await names(database, archived=True) == ["Gone"]
    assert await names(database, archived=None) == ["Gone", "Here"]


async def test_what_is_sold_out_is_found(database, mouse):
    gone = replace(a_product("GONE", "Gone"), archived=True)
    full, empty = a_product("FULL", "Full"), a_product("EMPTY", "Empty")
    taken = a_product("TAKEN", "Taken")
    await store(database, gone, full, empty, taken)
    await stock(database, an_arrival(full, 3), a_reservation(full, 2))
    await stock(database, an_arrival(taken, 2), a_reservation(taken, 2))
    sold_out = ProductFilter(sold_out=True, count=True)
    async with database.read() as work:
        page = await work.products.page(sold_out, Window(1))
    assert page.total == Total(3)
    assert await names(database, sold_out=True) == ["Empty", "Mouse", "Taken"]
    assert await names(database, sold_out=True, archived=True) == ["Gone"]
    assert await names(database, sold_out=True, wanted=wanted("taken")) == ["Taken"]
    shelf = frozenset({mouse.category_id})
    assert await names(database, sold_out=True, categories=shelf) == ["Mouse"]


async def test_products_are_found_by_their_categories(database, mouse):
    await store(database, a_product("LOOSE", "Loose"))
    assert await names(database, categories=frozenset({mouse.category_id})) == ["Mouse"]
    assert await names(database, categories=frozenset({a_category().id})) == []
    assert await names(database, categories=frozenset()) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", ["Kabel, grün", "Mouse"]),
        ("mou", ["Mouse"]),
        ("ACME", ["Mouse"]),
        ("acme mouse", ["Mouse"]),
        ("acme grun", []),
        ("GRÜN", ["Kabel, grün"]),
        ("grun", ["Kabel, grün"]),
        ("0mouse1", ["Mouse"]),
        ("00mouse.1", ["Mouse"]),
        ("1e5", ["Kabel, grün"]),
        ("100000", []),
        ("%", ["Kabel, grün", "Mouse"]),
        ("ouse", []),
    ],
)
async def test_products_are_found_by_words_and_skus(database, mouse, text, found):
    await store(database, a_product("1e5", "Kabel, grün"))
    assert await names(database, wanted=wanted(text)) == found


async def test_an_edited_product_is_found_by_its_new_words_only(database, mouse):
    async with database.begin() as work:
        await work.products.save(replace(mouse, sku="TB-1", name="Trackball", version=2))
    assert await names(database, wanted=wanted("trackball")) == ["Trackball"]
    assert await names(database, wanted=wanted("tb1")) == ["Trackball"]
    assert await names(database, wanted=wanted("mouse")) == []


async def test_every_product_is_on_one_page(database):
    await store(database, *(a_product(f"S{n}", "Same name") for n in range(10)))

    async def read(window):
        async with database.read() as work:
            return await work.products.page(ProductFilter(count=True), window)

    there, back = await walk(read)
    assert there == back
    assert len({product.id for product in there}) == len(there) == 10


async def test_rows_are_counted_when_asked(database):
    await store(database, *(a_product(f"S{n}", "Same") for n in range(3)))
    async with database.read() as work:
        counted = await work.products.page(ProductFilter(count=True), Window(1))
        uncounted = await work.products.page(ProductFilter(), Window(1))
    assert (counted.total, uncounted.total) == (Total(3), None)


async def test_beyond_a_thousand_nobody_counts(database):
    await store(database, *(a_product(f"S{n}", "Same") for n in range(1_001)))
    async with database.read() as work:
        page = await work.products.page(ProductFilter(count=True), Window(1))
    assert page.total == Total(1_000, exact=False)


async def test_nothing_is_hidden_from_a_company_that_is_not_there(database, mouse):
    with pytest.raises(Invalid):
        async with database.begin() as work:
            await work.products.exclude(mouse.id, [a_company().id])


async def test_exclusions_are_replaced(database, mouse):
    harbour, orchard = a_company("Harbour"), a_company("Orchard")
    async with database.begin() as work:
        assert await work.products.excluded(mouse.id) == frozenset()
        await work.companies.add(harbour)
        await work.companies.add(orchard)
        await work.products.exclude(mouse.id, [harbour.id, harbour.id])
        assert await work.products.excluded(mouse.id) == {harbour.id}
        await work.products.exclude(mouse.id, [orchard.id])
    async with database.begin() as work:
        assert await work.products.excluded(mouse.id) == {orchard.id}
        await work.products.exclude(mouse.id, [])
        assert await work.products.excluded(mouse.id) == frozenset()
