from datetime import date, timedelta

import pytest
from msgspec.structs import replace

from portal_core.commerce.events import (
    OrderCancelled,
    OrderPlaced,
    OrderShipped,
    OrderUpdated,
    StockChanged,
)
from portal_core.commerce.order import Shipping, Status, Wish
from portal_core.commerce.ports import OrderFilter
from portal_core.errors import Conflict, Forbidden, Invalid, NotFound
from portal_core.events import ActorKind
from portal_core.idempotency import Once
from portal_core.identity.actor import Actor
from portal_core.identity.permissions import SCOPES
from portal_core.ids import KeyId, new_id
from portal_core.paging import Window
from tests.examples import a_price_list, aud, details
from tests.people import ADMINISTRATOR, BUYER_ID, MSP, NOBODY, NOON

ONCE = Once("user:bea@harbour", "key-1", "fingerprint")
MOUSE = Wish("MOUSE-1", 2)
KEYBOARD = Wish("KEY-1", 1)


@pytest.fixture(autouse=True)
async def stocked(catalogue, harbour, orchard):
    """Ten mice, and two keyboards."""
    await catalogue.create(MSP, details(price=aud(2_500), cost=aud(1_200)), stock=10)
    await catalogue.create(MSP, details("KEY-1", "Keyboard", price=aud(4_995)), stock=2)


@pytest.fixture
async def order(orders, buyer):
    """Two mice, ordered."""
    return (await orders.place(buyer, [MOUSE], po_number="PO 7")).order


async def stock(catalogue, sku="MOUSE-1"):
    product = (await catalogue.get(MSP, sku)).product
    return product.on_hand, product.reserved


async def test_an_order_is_placed_at_todays_prices(orders, buyer, harbour):
    placed = await orders.place(buyer, [MOUSE, KEYBOARD], po_number=" PO  7 ")
    order = placed.order
    assert not placed.replayed
    assert (order.number, order.status) == ("ORD0000000018", Status.PLACED)
    assert (order.company_id, order.po_number) == (harbour.id, "PO 7")
    assert (order.placed_by, order.placed_by_name) == (BUYER_ID, "Bea Buyer")
    assert (order.placed_at, order.version) == (NOON, 1)
    assert (order.totals.net, order.totals.gross) == (aud(9_995), aud(10_995))
    assert await orders.get(buyer, order.number) == order


async def test_each_order_has_a_number_of_its_own(orders, buyer):
    numbers = {(await orders.place(buyer, [KEYBOARD])).order.number for _ in range(2)}
    assert len(numbers) == 2


async def test_ordered_units_are_reserved(orders, catalogue, order):
    assert await stock(catalogue) == (10, 2)


async def test_an_order_is_a_fact_without_cost(orders, facts, order):
    [event] = facts(OrderPlaced)
    assert (event.subject_id, event.number) == (order.id, order.number)
    assert (event.net, event.gross) == (aud(5_000), aud(5_500))
    assert event.stamp.company_id == order.company_id
    assert "cost" not in event.lines[0].__struct_fields__


async def test_a_key_places_orders_in_its_own_name(orders, harbour):
    key = Actor(
        kind=ActorKind.KEY,
        id=KeyId(new_id()),
        name="Warehouse",
        permissions=SCOPES["orders:write"],
        company_id=harbour.id,
    )
    order = (await orders.place(key, [MOUSE])).order
    assert (order.placed_by, order.placed_by_name) == (None, "Warehouse")


async def test_the_companys_own_price_is_charged(
    orders, price_lists, database, buyer, harbour
):
    vip = a_price_list()
    database.tables.price_lists[vip.id] = vip
    database.tables.companies[harbour.id] = replace(harbour, price_list_id=vip.id)
    await price_lists.set_price(MSP, vip.id, "MOUSE-1", aud(1_900))
    order = (await orders.place(buyer, [MOUSE])).order
    assert order.totals.net == aud(3_800)


async def test_a_refused_order_leaves_no_trace(orders, catalogue, facts, buyer):
    before = facts()
    with pytest.raises(Conflict) as refusal:
        await orders.place(buyer, [MOUSE, Wish("KEY-1", 3), Wish("NONE", 1)])
    assert [problem.field for problem in refusal.value.problems] == [
        "lines.1.quantity",
        "lines.2.sku",
    ]
    assert facts() == before
    assert await stock(catalogue) == (10, 0)
    assert (await orders.page(buyer, OrderFilter(), Window())).items == ()


async def test_what_is_reserved_is_not_sold_again(orders, buyer):
    await orders.place(buyer, [Wish("KEY-1", 2)])
    with pytest.raises(Conflict, match="There is none left of Keyboard"):
        await orders.place(buyer, [KEYBOARD])


@pytest.mark.parametrize("again", ["MOUSE-1", "mouse-1"])
async def test_a_product_named_twice_is_not_oversold(orders, catalogue, buyer, again):
    with pytest.raises(Invalid):
        await orders.place(buyer, [Wish("MOUSE-1", 6), Wish(again, 6)])
    assert await stock(catalogue) == (10, 0)


async def test_selling_the_last_is_a_fact_of_note(orders, facts, buyer):
    before = len(facts(StockChanged))
    await orders.place(buyer, [KEYBOARD])
    assert len(facts(StockChanged)) == before
    await orders.place(buyer, [KEYBOARD])
    event = facts(StockChanged)[-1]
    assert (event.sku, event.before, event.after) == ("KEY-1", 1, 0)
    assert event.stamp.company_id is None


async def test_the_same_request_again_is_the_same_order(orders, catalogue, facts, buyer):
    first = await orders.place(buyer, [MOUSE], once=ONCE)
    second = await orders.place(buyer, [MOUSE], once=ONCE)
    assert (first.replayed, second.replayed) == (False, True)
    assert second.order == first.order
    assert await stock(catalogue) == (10, 2)
    assert len(facts(OrderPlaced)) == 1


async def test_a_used_key_with_another_request_is_refused(orders, buyer):
    await orders.place(buyer, [MOUSE], once=ONCE)
    with pytest.raises(Invalid) as refusal:
        await orders.place(buyer, [KEYBOARD], once=replace(ONCE, fingerprint="other"))
    assert refusal.value.code == "idempotency_key_reused"


async def test_a_refused_request_may_be_repeated(orders, catalogue, buyer):
    with pytest.raises(Conflict):
        await orders.place(buyer, [Wish("KEY-1", 3)], once=ONCE)
    await catalogue.set_stock(MSP, "KEY-1", {"main": 3})
    assert not (await orders.place(buyer, [Wish("KEY-1", 3)], once=ONCE)).replayed


async def test_a_cart_is_ordered_and_emptied(orders, carts, buyer):
    await carts.add(buyer, "MOUSE-1", 2)
    await carts.add(buyer, "KEY-1", 1)
    cart = await carts.get(buyer)
    placed = await orders.place_cart(buyer, po_number="PO 7", expected=cart.gross)
    assert placed.order.totals.gross == cart.gross
    assert [line.sku for line in placed.order.lines] == ["MOUSE-1", "KEY-1"]
    assert (await carts.get(buyer)).rows == ()


async def test_an_empty_cart_is_not_ordered(orders, buyer):
    with pytest.raises(Invalid, match="The cart is empty"):
        await orders.place_cart(buyer)


async def test_a_cart_ordered_twice_with_one_key_is_one_order(orders, carts, buyer):
    await carts.add(buyer, "MOUSE-1", 2)
    first = await orders.place_cart(buyer, once=ONCE)
    second = await orders.place_cart(buyer, once=ONCE)
    assert (second.order, second.replayed) == (first.order, True)


async def test_another_price_than_shown_is_not_charged(orders, carts, catalogue, buyer):
    await carts.add(buyer, "MOUSE-1", 2)
    cart = await carts.get(buyer)
    await catalogue.edit(
        MSP, "MOUSE-1", details(price=aud(3_000), cost=aud(1_200)), version=1
    )
    with pytest.raises(Conflict, match=r"now 66\.00 AUD, it was 55\.00 AUD") as refusal:
        await orders.place_cart(buyer, expected=cart.gross)
    assert refusal.value.code == "price_changed"
    assert len((await carts.get(buyer)).rows) == 1
    assert await stock(catalogue) == (10, 0)


async def test_a_refused_cart_is_kept(orders, carts, catalogue, buyer):
    await carts.add(buyer, "KEY-1", 2)
    await catalogue.set_stock(MSP, "KEY-1", {"main": 1})
    with pytest.raises(Conflict):
        await orders.place_cart(buyer)
    assert len((await carts.get(buyer)).rows) == 1


async def test_another_companys_order_is_not_found(orders, buyer, orchard, order):
    stranger = replace(ADMINISTRATOR, company_id=orchard.id)
    calls = [
        orders.get(stranger, order.number),
        orders.timeline(stranger, order.number),
        orders.cancel(stranger, order.number),
        orders.get(buyer, "ORD0000000000"),
    ]
    messages = set()
    for call in calls:
        with pytest.raises(NotFound) as refusal:
            await call
        messages.add(refusal.value.message)
    assert len(messages) == 1
    page = await orders.page(stranger, OrderFilter(), Window())
    assert page.items == ()


async def test_the_msp_sees_the_orders_of_all(orders, order):
    assert await orders.get(MSP, order.number) == order
    page = await orders.page(MSP, OrderFilter(), Window())
    assert [each.company_name for each in page.items] == ["Harbour"]


async def test_a_buyer_sees_no_orders_across(orders, buyer, order):
    outside = replace(buyer, company_id=None)
    with pytest.raises(Forbidden):
        await orders.page(outside, OrderFilter(), Window())
    with pytest.raises(Forbidden):
        await orders.get(outside, order.number)


async def test_a_cancelled_order_gives_its_units_back_once(
    orders, catalogue, facts, buyer, order
):
    for _ in range(2):
        cancelled = await orders.cancel(buyer, order.number, reason=" Found \n one ")
        assert (cancelled.status, cancelled.version) == (Status.CANCELLED, 2)
        assert await stock(catalogue) == (10, 0)
    [event] = facts(OrderCancelled)
    assert (event.reason, event.version) == ("Found one", 2)
    assert event.placed_by == BUYER_ID


async def test_units_that_come_back_are_a_fact_of_note(orders, facts, buyer):
    order = (await orders.place(buyer, [Wish("KEY-1", 2)])).order
    await orders.cancel(buyer, order.number)
    event = facts(StockChanged)[-1]
    assert (event.sku, event.before, event.after) == ("KEY-1", 0, 2)


async def test_a_shipped_order_is_not_cancelled(orders, catalogue, buyer, order):
    await orders.ship(MSP, order.number, Shipping())
    with pytest.raises(Conflict) as refusal:
        await orders.cancel(buyer, order.number)
    assert refusal.value.code == "transition_not_allowed"
    assert await stock(catalogue) == (8, 0)


async def test_shipping_takes_the_units_out_of_the_warehouses(
    orders, catalogue, facts, order
):
    shipping = Shipping(carrier="Post", consignment="C1", eta=date(2026, 6, 5))
    shipped = await orders.ship(MSP, order.number, shipping, version=1)
    assert (shipped.status, shipped.shipping) == (Status.SHIPPED, shipping)
    assert await stock(catalogue) == (8, 0)
    [event] = facts(OrderShipped)
    assert (event.carrier, event.consignment, event.eta) == ("Post", "C1", "2026-06-05")
    assert event.stamp.company_id == order.company_id


async def test_the_fullest_warehouse_is_emptied_first(orders, catalogue, buyer):
    await catalogue.set_stock(MSP, "MOUSE-1", {"main": 3, "perth": 4})
    order = (await orders.place(buyer, [Wish("MOUSE-1", 6)])).order
    await orders.ship(MSP, order.number, Shipping())
    levels = (await catalogue.get(MSP, "MOUSE-1")).levels
    assert {level.warehouse: level.on_hand for level in levels} == {"main": 1, "perth": 0}


async def test_what_the_warehouses_have_lost_is_shipped_all_the_same(
    orders, catalogue, order
):
    await catalogue.set_stock(MSP, "MOUSE-1", {"main": 1})
    await orders.ship(MSP, order.number, Shipping())
    assert await stock(catalogue) == (0, 0)


async def test_shipping_without_an_eta_has_none(orders, facts, order):
    await orders.ship(MSP, order.number, Shipping())
    assert facts(OrderShipped)[0].eta is None


async def test_an_order_ships_once(orders, order):
    await orders.ship(MSP, order.number, Shipping())
    with pytest.raises(Conflict):
        await orders.ship(MSP, order.number, Shipping())


async def test_who_looked_at_an_older_version_conflicts(orders, order):
    await orders.update(MSP, order.number, notes="First", version=1)
    for call in (
        orders.ship(MSP, order.number, Shipping(), version=1),
        orders.update(MSP, order.number, notes="Second", version=1),
    ):
        with pytest.raises(Conflict) as refusal:
            await call
        assert refusal.value.code == "stale"


async def test_an_order_moves_on(orders, facts, order):
    moved = await orders.update(MSP, order.number, status=Status.PROCESSING)
    assert (moved.status, moved.version) == (Status.PROCESSING, 2)
    [event] = facts(OrderUpdated)
    assert (event.changed, event.previous_status) == (("status",), "placed")


async def test_details_are_changed(orders, facts, order):
    shipping = Shipping(carrier="Post")
    changed = await orders.update(
        MSP, order.number, shipping=shipping, notes=" By the back door. "
    )
    assert (changed.shipping, changed.notes) == (shipping, "By the back door.")
    assert facts(OrderUpdated)[0].changed == ("shipping", "notes")


async def test_what_is_not_given_stays(orders, order):
    await orders.update(MSP, order.number, notes="Kept")
    changed = await orders.update(MSP, order.number, status=Status.ON_HOLD)
    assert changed.notes == "Kept"


async def test_an_update_that_changes_nothing_is_no_news(orders, facts, order):
    assert (await orders.update(MSP, order.number, notes="")).version == 1
    assert facts(OrderUpdated) == []


async def test_a_move_that_is_not_allowed_is_refused(orders, order):
    with pytest.raises(Conflict):
        await orders.update(MSP, order.number, status=Status.COMPLETED)


async def test_cancelling_by_status_is_cancelling(orders, catalogue, facts, order):
    await orders.update(MSP, order.number, status=Status.CANCELLED)
    assert await stock(catalogue) == (10, 0)
    assert facts(OrderCancelled)


async def test_shipping_by_status_is_shipping(orders, catalogue, facts, order):
    shipping = Shipping(carrier="Post")
    shipped = await orders.update(
        MSP, order.number, status=Status.SHIPPED, shipping=shipping
    )
    assert shipped.shipping == shipping
    assert await stock(catalogue) == (8, 0)
    assert facts(OrderShipped)


async def test_notes_are_kept_whatever_else_happens(orders, order):
    shipped = await orders.update(MSP, order.number, status=Status.SHIPPED, notes="left")
    assert (shipped.notes, shipped.status) == ("left", Status.SHIPPED)


async def test_nobody_cancels_by_status_what_was_changed_meanwhile(orders, order):
    await orders.update(MSP, order.number, notes="wait", version=order.version)
    with pytest.raises(Conflict) as refusal:
        await orders.update(
            MSP, order.number, status=Status.CANCELLED, version=order.version
        )
    assert refusal.value.code == "stale"


async def test_an_order_has_a_timeline(orders, clock, buyer, order):
    clock.advance(timedelta(hours=1))
    await orders.cancel(buyer, order.number)
    found, entries = await orders.timeline(buyer, order.number)
    assert found.status is Status.CANCELLED
    assert [entry.type for entry in entries] == ["order.placed", "order.cancelled"]
    assert [entry.actor.name for entry in entries] == ["Bea Buyer", "Bea Buyer"]


async def test_without_the_right_nobody_orders(orders, buyer, order):
    nobody = NOBODY.within(buyer.company)
    calls = [
        orders.place(nobody, [MOUSE]),
        orders.place_cart(nobody),
        orders.get(nobody, order.number),
        orders.timeline(nobody, order.number),
        orders.page(nobody, OrderFilter(), Window()),
        orders.cancel(nobody, order.number),
        orders.ship(buyer, order.number, Shipping()),
        orders.update(buyer, order.number, notes="x"),
    ]
    for call in calls:
        with pytest.raises(Forbidden):
            await call


async def test_the_msps_rooms_are_no_company_that_buys(orders):
    with pytest.raises(NotFound):
        await orders.place(MSP, [MOUSE])
