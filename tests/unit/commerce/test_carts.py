from datetime import timedelta

import pytest

from portal_core.commerce.order import Wish
from portal_core.companies.portal import PortalSettings
from portal_core.errors import Forbidden, Invalid, NotFound
from portal_core.events import ActorKind
from portal_core.identity.actor import Actor
from portal_core.identity.permissions import Permission
from portal_core.ids import KeyId, new_id
from tests.examples import aud, details
from tests.people import BUYER, MSP, NOBODY, SYSTEM


@pytest.fixture
async def mouse(catalogue):
    return await catalogue.create(MSP, details(price=aud(2_500)), stock=10)


@pytest.fixture
async def keyboard(catalogue):
    return await catalogue.create(
        MSP, details("KEY-1", "Keyboard", price=aud(4_995)), stock=2
    )


def rows(cart):
    return [(row.sku, row.quantity) for row in cart.rows]


async def test_a_new_cart_is_empty(carts, buyer):
    cart = await carts.get(buyer)
    assert (cart.rows, cart.net, cart.gross) == ((), aud(0), aud(0))
    assert not cart.orderable


async def test_units_are_added_on_top_of_what_is_there(carts, buyer, mouse):
    await carts.add(buyer, "mouse-1", 2)
    await carts.add(buyer, "MOUSE-1", 3)
    cart = await carts.get(buyer)
    assert rows(cart) == [("MOUSE-1", 5)]
    assert cart.orderable


async def test_a_cart_comes_to_its_lines_and_tax(carts, buyer, mouse, keyboard):
    await carts.add(buyer, "MOUSE-1", 2)
    await carts.add(buyer, "KEY-1", 1)
    cart = await carts.get(buyer)
    assert [row.total for row in cart.rows] == [aud(5_000), aud(4_995)]
    assert (cart.net, cart.tax, cart.gross) == (aud(9_995), aud(1_000), aud(10_995))


async def test_tax_is_what_the_settings_say(carts, database, buyer, mouse):
    database.tables.settings = PortalSettings(tax_rate_bp=0)
    await carts.add(buyer, "MOUSE-1", 1)
    cart = await carts.get(buyer)
    assert (cart.tax, cart.gross) == (aud(0), aud(2_500))


async def test_a_cart_is_kept_for_the_user_in_the_company(carts, buyer, orchard, mouse):
    await carts.add(buyer, "MOUSE-1", 1)
    assert rows(await carts.get(buyer)) == [("MOUSE-1", 1)]
    assert rows(await carts.get(buyer.within(orchard.id))) == []


async def test_a_quantity_is_changed(carts, buyer, mouse):
    await carts.add(buyer, "MOUSE-1", 1)
    await carts.change(buyer, [Wish("mouse-1", 7)])
    cart = await carts.get(buyer)
    assert rows(cart) == [("MOUSE-1", 7)]


async def test_a_line_that_is_changed_keeps_its_place(carts, clock, buyer, mouse, keyboard):
    for sku in ("MOUSE-1", "KEY-1"):
        await carts.add(buyer, sku, 1)
        clock.advance(timedelta(seconds=1))
    await carts.change(buyer, [Wish("MOUSE-1", 2)])
    cart = await carts.get(buyer)
    assert rows(cart) == [("MOUSE-1", 2), ("KEY-1", 1)]
    await carts.add(buyer, "MOUSE-1", 1)
    cart = await carts.get(buyer)
    assert rows(cart) == [("MOUSE-1", 3), ("KEY-1", 1)]


async def test_nothing_of_a_product_takes_it_out(carts, buyer, mouse, keyboard):
    await carts.add(buyer, "MOUSE-1", 1)
    await carts.change(buyer, [Wish("mouse-1", 0), Wish("KEY-1", 2)])
    cart = await carts.get(buyer)
    assert rows(cart) == [("KEY-1", 2)]


async def test_what_has_left_the_shop_can_be_taken_out(carts, catalogue, buyer, mouse):
    await carts.add(buyer, "MOUSE-1", 1)
    await catalogue.archive(MSP, "MOUSE-1")
    await carts.change(buyer, [Wish("MOUSE-1", 0)])
    assert rows(await carts.get(buyer)) == []


async def test_all_refused_lines_are_named_and_nothing_changes(
    carts, buyer, mouse, keyboard
):
    await carts.add(buyer, "MOUSE-1", 1)
    wishes = [
        Wish("MOUSE-1", 2),
        Wish("KEY-1", 3),
        Wish("NONE", 1),
        Wish("MOUSE-1", -1),
        Wish("KEY-1", 10_000),
    ]
    with pytest.raises(Invalid) as refusal:
        await carts.change(buyer, wishes)
    assert [(p.field, p.code) for p in refusal.value.problems] == [
        ("lines.1.quantity", "out_of_stock"),
        ("lines.2.sku", "not_for_sale"),
        ("lines.3.quantity", "invalid"),
        ("lines.4.quantity", "invalid"),
    ]
    assert rows(await carts.get(buyer)) == [("MOUSE-1", 1)]


async def test_a_cart_has_a_limit_of_lines(carts, buyer):
    wishes = [Wish(f"SKU-{number}", 1) for number in range(201)]
    for call in (carts.change(buyer, wishes), carts.put(buyer, wishes)):
        with pytest.raises(Invalid):
            await call


async def test_a_cart_is_filled_with_these_lines_only(carts, buyer, mouse, keyboard):
    await carts.add(buyer, "MOUSE-1", 1)
    cart = await carts.put(buyer, [Wish("KEY-1", 2)])
    assert rows(cart) == [("KEY-1", 2)]


async def test_lines_stand_as_they_were_named(carts, buyer, mouse, keyboard):
    wishes = [Wish("KEY-1", 1), Wish("MOUSE-1", 1)]
    assert rows(await carts.put(buyer, wishes)) == [("KEY-1", 1), ("MOUSE-1", 1)]
    wishes.reverse()
    assert rows(await carts.put(buyer, wishes)) == [("MOUSE-1", 1), ("KEY-1", 1)]


async def test_a_refused_filling_leaves_the_cart(carts, buyer, mouse):
    await carts.add(buyer, "MOUSE-1", 1)
    with pytest.raises(Invalid):
        await carts.put(buyer, [Wish("NONE", 1)])
    assert rows(await carts.get(buyer)) == [("MOUSE-1", 1)]


async def test_a_product_is_taken_out(carts, buyer, mouse, keyboard):
    await carts.add(buyer, "MOUSE-1", 1)
    await carts.add(buyer, "KEY-1", 1)
    await carts.remove(buyer, "mouse-1")
    assert rows(await carts.get(buyer)) == [("KEY-1", 1)]
    await carts.remove(buyer, "NONE")
    assert rows(await carts.get(buyer)) == [("KEY-1", 1)]


async def test_a_cart_is_emptied(carts, buyer, mouse):
    await carts.add(buyer, "MOUSE-1", 1)
    await carts.clear(buyer)
    assert rows(await carts.get(buyer)) == []


@pytest.mark.parametrize("quantity", [0, -1, 10_000])
async def test_an_impossible_quantity_is_refused(carts, buyer, mouse, quantity):
    with pytest.raises(Invalid):
        await carts.add(buyer, "MOUSE-1", quantity)


@pytest.mark.parametrize(
    ("there", "more", "message"),
    [
        (0, 11, "You can add 10 more at most."),
        (8, 3, "You can add 2 more at most."),
        (10, 1, "You have all there is."),
    ],
)
async def test_no_more_than_there_is_can_be_added(
    carts, buyer, mouse, there, more, message
):
    if there:
        await carts.add(buyer, "MOUSE-1", there)
    with pytest.raises(Invalid) as refusal:
        await carts.add(buyer, "MOUSE-1", more)
    assert (refusal.value.message, refusal.value.code) == (message, "out_of_stock")


async def test_what_is_out_of_stock_cannot_be_added(carts, catalogue, buyer, mouse):
    await catalogue.set_stock(MSP, "MOUSE-1", {"main": 0})
    with pytest.raises(Invalid, match="Mouse is out of stock"):
        await carts.add(buyer, "MOUSE-1", 1)


async def test_what_is_not_for_sale_is_not_found(carts, catalogue, buyer, harbour, mouse):
    await catalogue.exclude(MSP, "MOUSE-1", [harbour.id])
    for call in (
        carts.add(buyer, "MOUSE-1", 1),
        carts.add(buyer, "NONE", 1),
    ):
        with pytest.raises(NotFound):
            await call


async def test_a_new_price_is_shown_with_a_word_about_it(carts, catalogue, buyer, mouse):
    await carts.add(buyer, "MOUSE-1", 2)
    await catalogue.edit(MSP, "MOUSE-1", details(price=aud(3_000)), version=1)
    cart = await carts.get(buyer)
    assert cart.net == aud(6_000)
    [row] = cart.rows
    assert row.notice == "The price changed from 25.00 AUD to 30.00 AUD."
    assert cart.orderable


async def test_a_price_that_was_seen_is_no_longer_news(carts, catalogue, buyer, mouse):
    await carts.add(buyer, "MOUSE-1", 2)
    await catalogue.edit(MSP, "MOUSE-1", details(price=aud(3_000)), version=1)
    await carts.change(buyer, [Wish("MOUSE-1", 3)])
    [row] = (await carts.get(buyer)).rows
    assert (row.notice, row.quantity) == ("", 3)


async def test_what_has_left_the_shop_is_shown_as_gone(carts, catalogue, buyer, mouse):
    await carts.add(buyer, "MOUSE-1", 2)
    await catalogue.archive(MSP, "MOUSE-1")
    cart = await carts.get(buyer)
    [row] = cart.rows
    assert (row.offer, row.total, row.name) == (None, None, "Mouse")
    assert row.notice == "This product is no longer for sale. Remove it to go on."
    assert (cart.net, cart.orderable) == (aud(0), False)


@pytest.mark.parametrize(
    ("left", "notice"),
    [
        (0, "Out of stock. Remove it, or order later."),
        (1, "Only 1 left. Lower the quantity."),
    ],
)
async def test_a_shortage_is_shown(carts, catalogue, buyer, mouse, left, notice):
    await carts.add(buyer, "MOUSE-1", 2)
    await catalogue.set_stock(MSP, "MOUSE-1", {"main": left})
    cart = await carts.get(buyer)
    assert (cart.rows[0].notice, cart.orderable) == (notice, False)


async def test_a_cart_shows_no_cost(carts, catalogue, buyer):
    await catalogue.create(MSP, details(cost=aud(1_234)), stock=1)
    await carts.add(buyer, "MOUSE-1", 1)
    assert "1234" not in repr(await carts.get(buyer))


async def test_a_key_has_a_cart_of_its_own(carts, catalogue, buyer, harbour):
    await catalogue.create(MSP, details(), stock=5)
    key = Actor(
        kind=ActorKind.KEY,
        id=KeyId(new_id()),
        name="Warehouse",
        permissions=frozenset({Permission.SHOP}),
        company_id=harbour.id,
    )
    await carts.add(key, "MOUSE-1", 2)
    assert [row.quantity for row in (await carts.get(key)).rows] == [2]
    assert not (await carts.get(buyer)).rows


async def test_the_portal_itself_has_no_cart(carts, harbour):
    with pytest.raises(Forbidden):
        await carts.get(SYSTEM.within(harbour.id))


async def test_without_the_right_nobody_fills_a_cart(carts):
    nobody = NOBODY.within(BUYER.company)
    calls = [
        carts.get(nobody),
        carts.add(nobody, "MOUSE-1", 1),
        carts.change(nobody, [Wish("MOUSE-1", 1)]),
        carts.put(nobody, [Wish("MOUSE-1", 1)]),
        carts.remove(nobody, "MOUSE-1"),
        carts.clear(nobody),
    ]
    for call in calls:
        with pytest.raises(Forbidden):
            await call


async def test_an_order_fills_the_cart_again(carts, orders, buyer, mouse, keyboard):
    placed = await orders.place(buyer, [Wish("MOUSE-1", 2), Wish("KEY-1", 1)])
    await carts.add(buyer, "MOUSE-1", 1)
    assert await carts.refill(buyer, placed.order.number) == []
    assert rows(await carts.get(buyer)) == [("MOUSE-1", 3), ("KEY-1", 1)]


async def test_what_is_short_or_gone_is_named(
    carts, orders, catalogue, buyer, mouse, keyboard
):
    placed = await orders.place(buyer, [Wish("MOUSE-1", 6), Wish("KEY-1", 1)])
    await catalogue.archive(MSP, "KEY-1")
    assert await carts.refill(buyer, placed.order.number) == ["Mouse", "Keyboard"]
    assert rows(await carts.get(buyer)) == [("MOUSE-1", 4)]
    assert await carts.refill(buyer, placed.order.number) == ["Mouse", "Keyboard"]
    assert rows(await carts.get(buyer)) == [("MOUSE-1", 4)]


async def test_another_product_with_the_same_sku_is_not_what_was_ordered(
    carts, orders, catalogue, buyer, mouse
):
    placed = await orders.place(buyer, [Wish("MOUSE-1", 1)])
    await catalogue.edit(MSP, "MOUSE-1", details("MOUSE-OLD"), version=mouse.version)
    await catalogue.create(MSP, details(name="Another mouse"), stock=5)
    assert await carts.refill(buyer, placed.order.number) == ["Mouse"]
    assert rows(await carts.get(buyer)) == []


async def test_only_orders_of_the_company_fill_a_cart(carts, orders, buyer, orchard, mouse):
    placed = await orders.place(buyer, [Wish("MOUSE-1", 1)])
    with pytest.raises(NotFound):
        await carts.refill(buyer.within(orchard.id), placed.order.number)
    with pytest.raises(Forbidden):
        await carts.refill(NOBODY, placed.order.number)
