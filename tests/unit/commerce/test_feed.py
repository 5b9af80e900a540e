from datetime import date

import pytest
from msgspec.structs import replace

from portal_core.commerce.feed import FEED_WAREHOUSES, Change, Known
from portal_core.commerce.feed_reading import FeedRow, Reading
from portal_core.commerce.model import FEED_FIELDS, StockLevel
from portal_core.ids import CategoryId, new_id
from tests.examples import a_product, aud
from tests.feeds import a_row
from tests.people import NOON

LATER = NOON.replace(day=2)
SHELF = CategoryId(new_id())


def an_item(code="AB-100", **fields):
    return Reading(FeedRow(1, a_row(code, **fields)), "AUD").item()


def known(item=None, **changes):
    """Return a product as an earlier feed left it."""
    change = Change.new(item or an_item(), SHELF, at=NOON)
    return Known(replace(change.after, **changes), change.levels)


def moves(change):
    return {move.warehouse: move.on_hand for move in change.moves}


def test_a_new_product_is_all_that_the_feed_says():
    change = Change.new(an_item(), SHELF, at=NOON)
    product = change.after
    assert change.before is None
    assert change.shows
    assert change.fields == ()
    assert (product.sku, product.vendor_sku, product.name) == (
        "AB-100",
        "AB-100",
        "Harbour 14",
    )
    assert (product.price, product.cost) == (aud(129_900), aud(100_050))
    assert product.category_id == SHELF
    assert product.stock_date == date(2026, 6, 1)
    assert product.locked_fields == frozenset()
    assert not product.archived
    assert (product.on_hand, product.reserved) == (5, 0)
    assert moves(change) == {"NSW": 3, "VIC": 2}
    assert change.levels == (StockLevel("NSW", 3), StockLevel("VIC", 2))
    assert {move.reason for move in change.moves} == {"feed"}


def test_a_new_product_does_without_what_is_not_said():
    item = an_item(RRP="", DBP="N/A", CategoryName="", ImageUrl="", Weight="")
    product = Change.new(item, None, at=NOON).after
    assert (product.price, product.cost, product.category_id) == (None, None, None)
    assert (product.image_url, product.weight_grams) == ("", None)


def test_the_digest_tells_whether_anything_is_said_differently():
    assert an_item().digest == an_item().digest
    for changed in (
        an_item("ab-100"),
        an_item(ProductName="Other"),
        an_item(OnHandChanelNsw="4"),
        an_item(pubDate="02/06/2026"),
    ):
        assert changed.digest != an_item().digest


def test_the_same_again_changes_nothing():
    change = known().told(an_item(), SHELF, at=LATER)
    assert not change.shows
    assert change.before == change.after
    assert change.moves == ()


def test_what_the_feed_says_anew_is_taken_over():
    before = known()
    item = an_item(ProductName="Harbour 15", RRP="1,400", Weight="")
    change = before.told(item, SHELF, at=LATER)
    after = change.after
    assert change.fields == ("name", "price")
    assert change.shows
    assert (after.name, after.price) == ("Harbour 15", aud(140_000))
    assert (after.weight_grams, after.cost) == (1_350, aud(100_050))
    assert (after.updated_at, after.version) == (LATER, before.product.version + 1)
    assert after.feed_digest == item.digest
    assert after.id == before.product.id


def test_what_can_not_be_read_stays():
    change = known().told(
        an_item(RRP="?", DBP="?", pubDate="?", CategoryName="/".join("ABCDEFGHI")),
        None,
        at=LATER,
    )
    assert not change.shows
    assert change.after.feed_digest != change.before.feed_digest
    assert change.after.stock_date == date(2026, 6, 1)


def test_texts_can_be_emptied_and_the_category_be_cleared():
    item = an_item(ProductName2="", WarrantyLength="", ImageUrl="", CategoryName="")
    after = known().told(item, None, at=LATER).after
    assert (after.description, after.warranty, after.image_url) == ("", "", "")
    assert after.category_id is None


@pytest.mark.parametrize("field", sorted(FEED_FIELDS))
def test_what_an_administrator_has_taken_over_stays(field):
    item = an_item(
        ProductName="b",
        ProductName2="b",
        Manufacturer="b",
        RRP="2",
        DBP="1",
        Weight="2",
        Length="2",
        Width="2",
        Height="2",
        WarrantyLength="b",
        ImageUrl="https://example.com/b",
    )
    before = known(locked_fields=frozenset({field}))
    change = before.told(item, CategoryId(new_id()), at=LATER)
    assert getattr(change.after, field) == getattr(before.product, field)
    assert set(change.fields) == FEED_FIELDS - {field}
    assert change.after.locked_fields == {field}


def test_an_archived_product_stays_archived_and_reservations_stay():
    before = known(archived=True, reserved=4)
    after = before.told(an_item(ProductName="b"), SHELF, at=LATER).after
    assert after.archived
    assert after.reserved == 4


def test_stock_is_brought_to_what_the_feed_counts():
    before = known()
    change = before.told(an_item(OnHandChanelNsw="0", OnHandChanelSa="7"), SHELF, at=LATER)
    assert moves(change) == {"NSW": -3, "SA": 7}
    assert change.levels == (StockLevel("NSW", 0), StockLevel("SA", 7))
    assert change.after.on_hand == 9
    assert change.after.version == before.product.version
    assert change.shows


def test_stock_elsewhere_is_the_administrators():
    product = known(on_hand=15).product
    levels = [StockLevel("main", 10), StockLevel("NSW", 5)]
    change = Known(product, levels).told(an_item(), SHELF, at=LATER)
    assert moves(change) == {"NSW": -2, "VIC": 2}
    assert change.after.on_hand == 15


def test_what_is_gone_is_out_of_stock_and_stays_in_the_catalogue():
    before = known()
    change = before.gone()
    assert moves(change) == {"NSW": -3, "VIC": -2}
    assert change.after.on_hand == 0
    assert change.after.feed_digest is None
    assert replace(change.after, on_hand=5, feed_digest=before.product.feed_digest) == (
        before.product
    )


def test_a_product_of_ones_own_keeps_its_sku():
    product = a_product("OWN-1", vendor_sku="AB-100")
    change = Known(product, ()).told(an_item(), SHELF, at=LATER)
    assert change.after.sku == "OWN-1"
    assert change.after.on_hand == 5
    assert {move.warehouse for move in change.moves} <= set(FEED_WAREHOUSES)
