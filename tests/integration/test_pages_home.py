"""Where people arrive: what they can do now, and where each of it leads."""

from datetime import date, timedelta

import pytest
from msgspec.structs import replace
from sqlalchemy import event

from portal_core.commerce.feed_import import Counts, FeedImport, ImportState, Origin
from portal_core.commerce.model import ProductDetails
from portal_core.commerce.order import Shipping, Status, Wish
from portal_core.identity.permissions import Role
from tests.examples import PRICE
from tests.pages import look_at
from tests.people import NOON, SYSTEM, member

MOST_QUERIES = 6
HOME = "/c/harbour/home"
DESK = "/admin"


class Shelf:
    """A product in a town's shop, and a buyer of Harbour who orders it."""

    def __init__(self, town):
        self.town = town
        buyer = town.people["buyer"]
        self.buyer = member(buyer.id, buyer.name, Role.BUYER, town.harbour.id)

    async def fill(self, stock=50):
        """Put the product on sale."""
        details = ProductDetails(sku="MOUSE-1", name="Quiet <b>mouse</b>", price=PRICE)
        await self.town.parts.catalogue().create(SYSTEM, details, stock=stock)

    async def order(self, *route, units=1, shipping=None):
        """Place an order, move it on, and return its number."""
        orders = self.town.parts.orders()
        wishes = [Wish("MOUSE-1", units)]
        placed = await orders.place(self.buyer, wishes, po_number="PO 7")
        for status in route:
            await orders.update(
                SYSTEM, placed.order.number, status=status, shipping=shipping
            )
        return placed.order.number

    async def keep(self, units):
        """Put some into the buyer's cart."""
        await self.town.parts.carts().add(self.buyer, "MOUSE-1", units)


@pytest.fixture
async def shelf(town):
    shelf = Shelf(town)
    await shelf.fill()
    return shelf


def links(page):
    return [one.get("href") for one in page.all("a")]


async def test_a_buyer_who_never_ordered_is_led_to_the_shop(town):
    page = look_at(await (await town.signed_in("buyer")).get(HOME))
    assert "No orders yet" in page.text
    assert "Your cart It is empty." in page.text
    assert [form["action"] for form in page.all("form") if form.get("role")] == [
        "/c/harbour/shop"
    ]
    assert "Ordered before" not in page.text


async def test_a_buyer_sees_what_is_on_its_way(town, shelf):
    parcel = Shipping(carrier="Swift", consignment="SW 1", eta=date(2026, 6, 4))
    waiting = await shelf.order(units=3)
    sent = await shelf.order(Status.SHIPPED, shipping=parcel)
    page = look_at(await (await town.signed_in("buyer")).get(HOME))
    for words in (waiting, "Placed", "3 units", "PO 7", "Shipped", "Expected 4 Jun 2026"):
        assert words in page.text
    assert {f"/c/harbour/orders/{waiting}", f"/c/harbour/orders/{sent}"} <= set(links(page))
    assert "Order again" not in page.text


async def test_more_than_fits_is_one_link_away(town, shelf, clock):
    placed = []
    for _ in range(6):
        clock.advance(timedelta(minutes=1))
        placed.append(await shelf.order())
    browser = await town.signed_in("buyer")
    page = look_at(await browser.get(HOME))
    assert placed[0] not in page.text
    assert "/c/harbour/orders?status=under_way" in links(page)
    rest = look_at(await browser.get("/c/harbour/orders?status=under_way"))
    assert all(number in rest.text for number in placed)


async def test_a_buyer_sees_the_cart(town, shelf):
    await shelf.keep(4)
    answer = await (await town.signed_in("buyer")).get(HOME)
    page = look_at(answer)
    assert "Your cart 4 units" in page.text
    assert {"/c/harbour/shop/MOUSE-1", "/c/harbour/cart"} <= set(links(page))
    assert "<b>mouse" not in answer.text


async def test_what_was_ordered_before_is_ordered_again(town, shelf):
    number = await shelf.order(Status.SHIPPED, Status.DELIVERED, units=2)
    browser = await town.signed_in("buyer")
    page = look_at(await browser.get(HOME))
    assert "Nothing is on its way." in page.text
    again = f"/c/harbour/orders/{number}/again"
    assert again in [form.get("action") for form in page.all("form")]
    answer = await browser.post(again)
    assert (answer.status_code, answer.headers["location"]) == (303, "/c/harbour/cart")
    cart = look_at(await browser.get("/c/harbour/cart"))
    assert cart.value("quantity") == "2"
    assert "All of that order is in your cart again." in cart.text


async def test_what_is_gone_is_not_ordered_again_in_silence(town, shelf):
    number = await shelf.order(Status.SHIPPED, Status.DELIVERED)
    await town.parts.catalogue().archive(SYSTEM, "MOUSE-1")
    browser = await town.signed_in("buyer")
    await browser.post(f"/c/harbour/orders/{number}/again")
    cart = look_at(await browser.get("/c/harbour/cart"))
    assert "Not all of that order can be bought any more." in cart.text
    assert "Your cart is empty" in cart.text


async def test_a_stranger_orders_nothing_again(town, shelf):
    number = await shelf.order(Status.SHIPPED, Status.DELIVERED)
    browser = await town.signed_in("stranger")
    for room in ("harbour", "orchard"):
        answer = await browser.post(f"/c/{room}/orders/{number}/again")
        assert answer.status_code == 404


async def test_who_may_do_nothing_is_told_whom_to_ask(town, shelf):
    number = await shelf.order()
    page = look_at(await (await town.signed_in("member")).get(HOME))
    assert "Nothing to do here yet" in page.text
    assert number not in page.text
    assert not [form for form in page.all("form") if form.get("role")]


async def test_a_new_portal_asks_for_its_first_client(town):
    town.parts.database().tables.companies.clear()
    town.parts.database().tables.memberships.clear()
    page = look_at(await (await town.signed_in("msp")).get(DESK))
    assert "Ready for your first client" in page.text
    assert "/admin/companies/new" in links(page)


async def test_the_desk_counts_and_links_on(town, shelf):
    number = await shelf.order()
    await shelf.order(Status.ON_HOLD)
    browser = await town.signed_in("msp")
    page = look_at(await browser.get(DESK))
    for words in ("Orders to ship 1", "on hold 1", "Failed deliveries 0", "Companies 2"):
        assert words in page.text
    for href in (
        "/admin/orders?status=to_ship",
        "/admin/orders?status=on_hold",
        "/admin/deliveries?state=failed",
        "/admin/products?show=sold-out",
        "/admin/companies",
        f"/admin/orders/{number}",
    ):
        assert href in links(page)
        look_at(await browser.get(href))


async def test_the_list_behind_a_figure_has_what_was_counted(town, shelf):
    number = await shelf.order(Status.PROCESSING)
    held = await shelf.order(Status.ON_HOLD)
    browser = await town.signed_in("msp")
    to_ship = look_at(await browser.get("/admin/orders?status=to_ship"))
    assert number in to_ship.text
    assert held not in to_ship.text
    assert (await browser.get("/admin/orders?status=nonsense")).status_code == 422
    details = ProductDetails(sku="EMPTY-1", name="Nothing left", price=PRICE)
    await town.parts.catalogue().create(SYSTEM, details, stock=0)
    sold_out = look_at(await browser.get("/admin/products?show=sold-out"))
    assert "EMPTY-1" in sold_out.text
    assert "MOUSE-1" not in sold_out.text


async def test_the_desk_tells_of_the_last_import(town):
    browser = await town.signed_in("msp")
    assert "No feed was imported yet." in look_at(await browser.get(DESK)).text
    feed = FeedImport.begin(Origin.UPLOAD, "<i>june</i>.xml", by=SYSTEM.ref, at=NOON)
    feed = replace(
        feed, state=ImportState.DONE, counts=Counts(created=12, updated=3), skipped=4
    )
    async with town.parts.database().begin() as work:
        await work.imports.add(feed)
    answer = await browser.get(DESK)
    page = look_at(answer)
    for words in ("Applied", "<i>june</i>.xml", "New 12", "Changed 3", "Faults 4"):
        assert words in page.text
    assert "<i>june" not in answer.text


async def test_looking_changes_nothing(town, shelf):
    buyer, msp = [await town.signed_in(who) for who in ("buyer", "msp")]
    before = town.facts()
    await buyer.get(HOME)
    await msp.get(DESK)
    assert town.facts() == before


async def test_few_queries_whatever_there_is(town_on_sqlite):
    town = town_on_sqlite
    shelf = Shelf(town)
    await shelf.fill()
    for _ in range(7):
        await shelf.order()
        await shelf.order(Status.SHIPPED, Status.DELIVERED)
    await shelf.keep(2)
    counted = []
    engine = town.parts.engine().sync_engine
    event.listen(engine, "before_cursor_execute", lambda *asked: counted.append(asked[2]))
    for who, path in (("buyer", HOME), ("msp", HOME), ("msp", DESK)):
        browser = await town.signed_in(who)
        await browser.get(path)
        counted.clear()
        look_at(await browser.get(path))
        assert 0 < len(counted) <= MOST_QUERIES, counted
