import pytest
from msgspec.structs import replace

from portal_core.commerce.model import (
    Category,
    PriceList,
    Product,
    ProductDetails,
    StockLevel,
    StockMove,
    subtree,
    taken_from,
)
from portal_core.errors import Invalid
from tests.examples import a_category, a_product, an_offer, aud, details
from tests.people import NOON


def test_a_category_knows_its_path():
    parts = Category.create("  Spare   parts ", None)
    mice = Category.create("Mice", parts)
    assert (parts.path, mice.path) == ("Spare parts", "Spare parts/Mice")
    assert mice.parent_id == parts.id


@pytest.mark.parametrize("name", ["", "  ", "a/b", "x" * 121])
def test_a_broken_category_is_refused(name):
    with pytest.raises(Invalid) as refusal:
        Category.create(name, None)
    assert refusal.value.problems[0].field == "name"


@pytest.mark.parametrize("name", ["", " ", "x" * 121])
def test_a_broken_price_list_is_refused(name):
    with pytest.raises(Invalid):
        PriceList.create(name, "AUD")


@pytest.mark.parametrize("currency", ["", "dollars", "A1D"])
def test_a_price_list_has_a_currency(currency):
    with pytest.raises(Invalid):
        PriceList.create("VIP", currency)
    assert PriceList.create("VIP", " aud ").currency == "AUD"


def test_details_are_tidied():
    tidy = details(
        " M-1 ", " A  mouse ", description=" x ", manufacturer=" A  B "
    ).checked()
    assert (tidy.sku, tidy.name, tidy.description) == ("M-1", "A mouse", "x")
    assert tidy.manufacturer == "A B"


@pytest.mark.parametrize("sku", ["0012", "1e5", "A B", "ä", "x" * 64, "a%b", "<b>"])
def test_a_sku_is_any_text(sku):
    assert details(sku).checked().sku == sku


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("sku", ""),
        ("sku", "a/b"),
        ("sku", "a?b"),
        ("sku", "a#b"),
        ("sku", "a\\b"),
        ("sku", "a\x00b"),
        ("sku", "x" * 65),
        ("name", " "),
        ("name", "x" * 256),
        ("description", "x" * 20_001),
        ("manufacturer", "x" * 121),
        ("price", aud(-1)),
        ("cost", aud(-1)),
        ("low_stock", -1),
        ("low_stock", 1_000_001),
    ],
)
def test_a_broken_field_is_named(field, value):
    values = {"sku": "M-1", "name": "Mouse"} | {field: value}
    with pytest.raises(Invalid) as refusal:
        ProductDetails(**values).checked()
    assert {problem.field for problem in refusal.value.problems} == {field}


def test_what_the_administrator_filled_in_is_theirs():
    product = Product.create(details(price=aud(1), cost=None), at=NOON)
    assert product.locked_fields == {"name", "price"}
    assert (product.on_hand, product.vendor_sku) == (0, product.sku)


def test_a_supplier_may_call_it_otherwise():
    assert Product.create(details(vendor_sku="V-1"), at=NOON).vendor_sku == "V-1"


def test_what_an_edit_changes_is_locked():
    product = replace(a_product(), locked_fields=frozenset())
    edited = product.edited(details("M-2", "Mouse", price=aud(1)), at=NOON)
    assert edited.locked_fields == {"price"}
    assert (edited.sku, edited.price) == ("M-2", aud(1))


def test_a_field_is_handed_back():
    product = replace(
        a_product(), locked_fields=frozenset({"name", "price"}), feed_digest=b"seen"
    )
    handed_back = product.handed_back(frozenset({"name"}), at=NOON)
    assert handed_back.locked_fields == {"price"}
    assert handed_back.feed_digest is None


@pytest.mark.parametrize(("on_hand", "reserved", "left"), [(5, 2, 3), (2, 5, 0), (0, 0, 0)])
def test_what_is_promised_cannot_be_ordered(on_hand, reserved, left):
    product = replace(a_product(), on_hand=on_hand, reserved=reserved)
    assert product.available == left
    assert an_offer(product, on_hand=on_hand, reserved=reserved).available == left


def moves(levels, quantity):
    product = a_product()
    found = taken_from(levels, product.id, quantity, "shipped")
    assert all(isinstance(move, StockMove) for move in found)
    return [(move.warehouse, move.on_hand) for move in found]


def test_the_fullest_warehouse_gives_first():
    levels = [StockLevel("a", 2), StockLevel("b", 5), StockLevel("c", 2)]
    assert moves(levels, 4) == [("b", -4)]
    assert moves(levels, 8) == [("b", -5), ("a", -2), ("c", -1)]


def test_what_the_warehouses_do_not_hold_is_left():
    assert moves([StockLevel("a", 2), StockLevel("b", 0)], 5) == [("a", -2)]
    assert moves([], 5) == []


def test_a_subtree_is_a_category_and_all_below_it():
    parts = a_category("Parts")
    mice = a_category("Mice", parts)
    blue = a_category("Blue", mice)
    other = a_category("Other")
    everything = [other, blue, mice, parts]
    assert subtree(everything, parts.id) == {parts.id, mice.id, blue.id}
    assert subtree(everything, blue.id) == {blue.id}


def test_a_circle_of_categories_ends():
    one, two = a_category("One"), a_category("Two")
    circle = [replace(one, parent_id=two.id), replace(two, parent_id=one.id)]
    assert subtree(circle, one.id) == {one.id, two.id}
