import pytest
from msgspec.structs import replace

from portal_core.commerce.order import (
    TRANSITIONS,
    Status,
    Totals,
    Wish,
    check_quantity,
    clean_po_number,
    lines_for,
    order_number,
)
from portal_core.errors import Conflict, Invalid
from tests.examples import a_company, a_product, an_offer, an_order, aud

MOUSE = a_product("MOUSE-1", "Mouse", price=aud(2_500), cost=aud(1_200))
KEYBOARD = a_product("KEY-1", "Keyboard", price=aud(4_995))
OFFERS = {"MOUSE-1": an_offer(MOUSE), "KEY-1": an_offer(KEYBOARD, on_hand=1)}


def lines(*wishes, offers=OFFERS):
    return lines_for([Wish(*wish) for wish in wishes], offers, tax_rate_bp=1_000)


@pytest.mark.parametrize(
    ("sequence", "number"),
    [
        (1, "ORD0000000018"),
        (42, "ORD0000000422"),
        (123_456_789, "ORD1234567897"),
        (1_234_567_890, "ORD12345678903"),
    ],
)
def test_a_number_ends_in_a_check_digit(sequence, number):
    assert order_number(sequence) == number


def test_a_line_is_a_snapshot_of_the_offer():
    [line] = lines(("MOUSE-1", 3))
    assert (line.sku, line.name, line.quantity) == ("MOUSE-1", "Mouse", 3)
    assert (line.unit_price, line.cost) == (aud(2_500), aud(1_200))
    assert (line.total, line.tax) == (aud(7_500), aud(750))


def test_tax_is_rounded_per_line():
    totals = Totals.of(lines(("MOUSE-1", 1), ("KEY-1", 1)))
    assert (totals.net, totals.tax) == (aud(7_495), aud(250 + 500))
    assert totals.gross == aud(8_245)
    assert totals.freight == aud(0)


def test_an_empty_order_is_refused():
    with pytest.raises(Invalid) as refusal:
        lines()
    assert refusal.value.code == "empty"


@pytest.mark.parametrize("quantity", [0, -1, 10_000])
def test_an_impossible_quantity_is_refused_with_its_line(quantity):
    with pytest.raises(Invalid) as refusal:
        lines(("MOUSE-1", 1), ("KEY-1", quantity))
    assert refusal.value.problems[0].field == "lines.1.quantity"
    with pytest.raises(Invalid):
        check_quantity(quantity)


def test_there_is_a_limit_of_lines():
    with pytest.raises(Invalid):
        lines(*((f"SKU-{number}", 1) for number in range(201)))


@pytest.mark.parametrize("again", ["MOUSE-1", "mouse-1"])
def test_a_product_is_named_once_whatever_its_case(again):
    offers = OFFERS | {"mouse-1": OFFERS["MOUSE-1"]}
    with pytest.raises(Invalid) as refusal:
        lines(("MOUSE-1", 6), (again, 6), offers=offers)
    assert refusal.value.problems[0].code == "duplicate"


def test_a_refusal_names_every_line_and_why():
    with pytest.raises(Conflict) as refusal:
        lines(("MOUSE-1", 11), ("NONE", 1), ("KEY-1", 1))
    assert refusal.value.message == "Some lines can't be ordered. Nothing was ordered."
    assert [(p.field, p.code) for p in refusal.value.problems] == [
        ("lines.0.quantity", "out_of_stock"),
        ("lines.1.sku", "not_for_sale"),
    ]


def test_one_refusal_is_the_whole_message():
    with pytest.raises(Conflict) as refusal:
        lines(("KEY-1", 2))
    assert (
        refusal.value.message
        == "There is only 1 left of Keyboard (KEY-1). Nothing was ordered."
    )
    assert refusal.value.code == "out_of_stock"


def test_what_is_gone_is_said_to_be_gone():
    offers = {"MOUSE-1": replace(OFFERS["MOUSE-1"], reserved=10)}
    with pytest.raises(Conflict, match="There is none left of Mouse"):
        lines(("MOUSE-1", 1), offers=offers)


def test_a_purchase_order_number_is_tidied():
    assert clean_po_number("  PO   7 ") == "PO 7"
    with pytest.raises(Invalid) as refusal:
        clean_po_number("x" * 101)
    assert refusal.value.problems[0].field == "po_number"


ORDER = an_order(a_company(), MOUSE)


@pytest.mark.parametrize("before", Status)
@pytest.mark.parametrize("after", Status)
def test_an_order_moves_as_the_table_allows(before, after):
    order = replace(ORDER, status=before)
    if after in TRANSITIONS[before]:
        assert order.moved(after, at=ORDER.placed_at).status is after
    else:
        with pytest.raises(Conflict) as refusal:
            order.moved(after, at=ORDER.placed_at)
        assert refusal.value.code == "transition_not_allowed"


def test_every_status_is_in_the_table():
    assert TRANSITIONS.keys() == set(Status)


@pytest.mark.parametrize(
    ("status", "cancellable"),
    [
        (Status.PLACED, True),
        (Status.PROCESSING, True),
        (Status.ON_HOLD, True),
        (Status.SHIPPED, False),
        (Status.COMPLETED, False),
        (Status.CANCELLED, False),
    ],
)
def test_what_has_left_cannot_be_cancelled(status, cancellable):
    assert replace(ORDER, status=status).cancellable is cancellable
