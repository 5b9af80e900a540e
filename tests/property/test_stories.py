"""The same random story told to two databases: neither may know more than the other."""

import asyncio
from datetime import timedelta

import msgspec
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    rule,
    run_state_machine_as_test,
)
from msgspec.structs import replace

from adapters.crypto.sealer import Sealer
from adapters.memory.clock import SettableClock
from adapters.memory.database import MemoryDatabase
from adapters.sql.database import SqlDatabase
from adapters.sql.engine import create_engine
from adapters.sql.tables.everything import METADATA
from portal_core.commerce.carts import CartService
from portal_core.commerce.catalogue import CatalogueService
from portal_core.commerce.order import Shipping, Status, Wish
from portal_core.commerce.orders import OrderService
from portal_core.commerce.ports import OrderFilter, ShopSort
from portal_core.commerce.shelves import CategoryService, PriceListService
from portal_core.commerce.shop import Search, ShopService
from portal_core.delivery import DeliveryState, Result
from portal_core.errors import PortalError
from portal_core.idempotency import Once
from portal_core.paging import Window
from tests.contract.lists import walk
from tests.examples import a_company, a_price_list, a_user, aud, details
from tests.people import BUYER, MSP, NOON

SKUS = ["0012-A", "12-a", "1e5", "MOUSE-1", "Kabel 3 m", "É-7"]
NAMES = dict(zip(SKUS, ["Cable", "adapter", "Bolt", "Mouse", "Kabel", "Étui"], strict=True))
STATUSES = list(Status)

SEALER = Sealer(["a secret of the tests"])
VIP = a_price_list()
HARBOUR = a_company("Harbour", price_list_id=VIP.id)
ORCHARD = a_company("Orchard")
BEA = a_user("Bea Buyer")
BUYERS = [replace(BUYER, id=BEA.id, company_id=c.id) for c in (HARBOUR, ORCHARD)]

skus = st.sampled_from(SKUS)
spellings = st.builds(lambda sku, case: case(sku), skus, st.sampled_from([str, str.upper]))
prices = st.sampled_from([None, aud(0), aud(199), aud(2_500)])
units = st.integers(0, 6)
buyers = st.sampled_from(BUYERS)
companies = st.sets(st.sampled_from([HARBOUR.id, ORCHARD.id]))
quantities = st.integers(0, 4)
wishes = st.lists(st.builds(Wish, spellings, quantities), max_size=3)
keys = st.sampled_from([None, None, "key-1", "key-2"])
texts = st.sampled_from(["", "12a", "0012", "kabel", "1E5", "mou", "étui", "b"])
positions = st.integers(0, 5)


class World:
    """A database with the services over it, and what only it knows by name."""

    def __init__(self, database, clock):
        self.database = database
        self.numbers = []
        self.shelves = {}
        both = {"database": database, "clock": clock}
        self.catalogue = CatalogueService(**both)
        self.categories = CategoryService(database=database)
        self.price_lists = PriceListService(**both)
        self.shop = ShopService(database=database)
        self.carts = CartService(**both, currency="AUD")
        self.orders = OrderService(**both)

    async def settle(self):
        """Move the companies and the buyer in."""
        async with self.database.begin() as work:
            await work.price_lists.add(VIP)
            await work.users.add(BEA)
            for company in (HARBOUR, ORCHARD):
                await work.companies.add(company)

    def number(self, position):
        """Return the number of an order of this world; some are not there."""
        there = position < len(self.numbers)
        return self.numbers[position] if there else "ORD0000000000"

    async def tell(self, chapter):
        """Return what comes of a chapter, in words that mean the same in every world."""
        try:
            return self.plain(msgspec.to_builtins(await chapter(self)))
        except PortalError as refusal:
            problems = [(p.field, p.message, p.code) for p in refusal.problems]
            return type(refusal).__name__, refusal.message, refusal.code, problems

    def plain(self, told):
        """Return an answer without the ids, which each world makes for itself."""
        if isinstance(told, list | tuple):
            return [self.plain(each) for each in told]
        if not isinstance(told, dict):
            return told
        kept = {k: self.plain(v) for k, v in told.items() if not _is_id(k)}
        if "number" in kept and kept["number"] in self.numbers:
            kept["number"] = self.numbers.index(kept["number"])
        return kept


def _is_id(key):
    return key == "id" or (key.endswith("_id") and key != "company_id")


class Stories(RuleBasedStateMachine):
    """Commerce in a memory database and in SQL, side by side."""

    def __init__(self):
        super().__init__()
        self.runner = asyncio.Runner()
        self.clock = SettableClock(NOON)
        self.engine = create_engine("sqlite://")
        self.runner.run(_make_tables(self.engine))
        sql = SqlDatabase(self.engine, secrets=SEALER)
        self.worlds = [World(MemoryDatabase(), self.clock), World(sql, self.clock)]
        for world in self.worlds:
            self.runner.run(world.settle())

    def teardown(self):
        self.runner.run(self.engine.dispose())
        self.runner.close()

    def both(self, chapter):
        """Tell both worlds a chapter, and compare what comes of it."""
        memory, sql = (self.runner.run(world.tell(chapter)) for world in self.worlds)
        assert memory == sql
        self.clock.advance(timedelta(seconds=1))

    # The MSP keeps its catalogue.

    @rule(sku=spellings, price=prices, stock=units, shelf=positions)
    def add_product(self, sku, price, stock, shelf):
        async def chapter(world):
            name = NAMES.get(sku, sku)
            category_id = list(world.shelves.values())[shelf : shelf + 1]
            described = details(sku, name, price=price)
            if category_id:
                described = replace(described, category_id=category_id[0])
            return await world.catalogue.create(MSP, described, stock=stock)

        self.both(chapter)

    @rule(sku=spellings, price=prices, behind=st.sampled_from([0, 0, 0, 1]))
    def edit_product(self, sku, price, behind):
        async def chapter(world):
            product = (await world.catalogue.get(MSP, sku)).product
            described = details(
                product.sku, product.name, price=price, category_id=product.category_id
            )
            version = product.version - behind
            return await world.catalogue.edit(MSP, sku, described, version=version)

        self.both(chapter)

    @rule(sku=spellings, main=units, perth=units)
    def count_stock(self, sku, main, perth):
        levels = {"main": main, "perth": perth}
        self.both(lambda world: world.catalogue.set_stock(MSP, sku, levels))

    @rule(sku=spellings)
    def archive(self, sku):
        self.both(lambda world: world.catalogue.archive(MSP, sku))

    @rule(sku=spellings)
    def restore(self, sku):
        self.both(lambda world: world.catalogue.restore(MSP, sku))

    @rule(sku=spellings, hidden_from=companies)
    def exclude(self, sku, hidden_from):
        self.both(lambda world: world.catalogue.exclude(MSP, sku, hidden_from))

    @rule(sku=spellings, price=prices)
    def set_price(self, sku, price):
        self.both(lambda world: world.price_lists.set_price(MSP, VIP.id, sku, price))

    @rule(name=st.sampled_from(["Parts", "parts", "Mice"]), below=positions)
    def add_shelf(self, name, below):
        async def chapter(world):
            parent = list(world.shelves.values())[below : below + 1]
            category = await world.categories.add(MSP, name, parent[0] if parent else None)
            world.shelves[category.path] = category.id
            return category

        self.both(chapter)

    @rule(shelf=positions)
    def remove_shelf(self, shelf):
        async def chapter(world):
            for path, category_id in list(world.shelves.items())[shelf : shelf + 1]:
                await world.categories.remove(MSP, category_id)
                del world.shelves[path]

        self.both(chapter)

    # Clients shop.

    @rule(buyer=buyers, sku=spellings, quantity=quantities)
    def add_to_cart(self, buyer, sku, quantity):
        self.both(lambda world: world.carts.add(buyer, sku, quantity))

    @rule(buyer=buyers, lines=wishes)
    def change_cart(self, buyer, lines):
        self.both(lambda world: world.carts.change(buyer, lines))

    @rule(buyer=buyers, sku=spellings)
    def remove_from_cart(self, buyer, sku):
        self.both(lambda world: world.carts.remove(buyer, sku))

    @rule(buyer=buyers, lines=wishes, key=keys, po_number=st.sampled_from(["", "PO 7"]))
    def place_order(self, buyer, lines, key, po_number):
        once = key and Once(str(buyer.company_id), key, repr((lines, po_number)))

        async def chapter(world):
            placed = await world.orders.place(buyer, lines, po_number=po_number, once=once)
            if not placed.replayed:
                world.numbers.append(placed.order.number)
            return placed

        self.both(chapter)

    @rule(buyer=buyers, key=keys, surprised=st.booleans())
    def order_cart(self, buyer, key, surprised):
        once = key and Once(str(buyer.company_id), key, "the cart")

        async def chapter(world):
            gross = (await world.carts.get(buyer)).gross
            expected = replace(gross, minor=gross.minor + surprised)
            placed = await world.orders.place_cart(buyer, expected=expected, once=once)
            if not placed.replayed:
                world.numbers.append(placed.order.number)
            return placed

        self.both(chapter)

    @rule(buyer=st.sampled_from([*BUYERS, MSP]), order=positions)
    def cancel(self, buyer, order):
        self.both(lambda world: world.orders.cancel(buyer, world.number(order)))

    @rule(order=positions)
    def ship(self, order):
        shipping = Shipping(carrier="Post")
        self.both(lambda world: world.orders.ship(MSP, world.number(order), shipping))

    @rule(order=positions, status=st.sampled_from(STATUSES), notes=st.sampled_from("ab"))
    def move_on(self, order, status, notes):
        self.both(
            lambda world: world.orders.update(
                MSP, world.number(order), status=status, notes=notes
            )
        )

    @rule(at_most=st.integers(1, 3), state=st.sampled_from(list(DeliveryState)))
    def deliver(self, at_most, state):
        """Claim everything, and let it end in the same way everywhere."""
        now = self.clock()

        async def chapter(world):
            outbox = world.database.outbox
            dues = await outbox.claim(
                limit=9_999, now=now, lease=timedelta(minutes=at_most)
            )
            await outbox.record([_result(due, state, now) for due in dues])
            return sorted(
                (type(due.event).__name__, due.delivery.subscriber, due.delivery.attempts)
                for due in dues
            )

        self.both(chapter)

    # Everybody looks.

    @rule(buyer=buyers, text=texts, sort=st.sampled_from([None, *ShopSort]))
    def browse(self, buyer, text, sort):
        search = Search(text=text, sort=sort)
        self.both(lambda world: _shelf(world, buyer, search))

    @rule(buyer=buyers, in_stock=st.booleans(), shelf=positions)
    def browse_a_category(self, buyer, in_stock, shelf):
        async def chapter(world):
            path = (list(world.shelves)[shelf : shelf + 1] or ["Nowhere"])[0]
            return await _shelf(world, buyer, Search(category=path, in_stock=in_stock))

        self.both(chapter)

    @rule(buyer=buyers, sku=spellings)
    def look_at_a_product(self, buyer, sku):
        self.both(lambda world: world.shop.product(buyer, sku))

    @rule(buyer=buyers)
    def look_at_the_cart(self, buyer):
        self.both(lambda world: world.carts.get(buyer))

    @rule(sku=spellings)
    def look_at_a_sheet(self, sku):
        async def chapter(world):
            sheet = await world.catalogue.get(MSP, sku)
            prices = {"vip": sheet.prices.get(VIP.id)}
            return sheet.product, sheet.levels, prices, sorted(map(str, sheet.excluded))

        self.both(chapter)

    @rule(
        who=st.sampled_from([*BUYERS, MSP]), search=st.sampled_from(["", "PO", "ord", "x"])
    )
    def list_orders(self, who, search):
        async def chapter(world):
            there, back = await walk(
                lambda window: world.orders.page(who, OrderFilter(search=search), window),
                limit=2,
            )
            assert there == back
            return there

        self.both(chapter)

    @rule(who=st.sampled_from([*BUYERS, MSP]), order=positions)
    def follow_an_order(self, who, order):
        self.both(lambda world: _timeline(world, who, world.number(order)))

    @invariant()
    def both_have_the_same_stock(self):
        async def chapter(world):
            page = await world.catalogue.page(MSP, Window(100), archived=None, count=True)
            assert all(product.available >= 0 <= product.reserved for product in page.items)
            return page

        self.both(chapter)


async def _shelf(world, buyer, search):
    async def read(window):
        return (await world.shop.browse(buyer, search, window)).products

    there, back = await walk(read, limit=2)
    assert there == back
    return there


async def _timeline(world, who, number):
    order, entries = await world.orders.timeline(who, number)
    told = [(entry.type, entry.at, entry.actor, entry.details) for entry in entries]
    return order, told


def _result(due, state, now):
    return Result(
        delivery_id=due.delivery.id,
        attempt=due.delivery.attempts + 1,
        state=state,
        at=now,
        duration=timedelta(seconds=1),
        answer="an answer",
        next_at=now + timedelta(seconds=5) if state is DeliveryState.PENDING else None,
    )


async def _make_tables(engine):
    async with engine.begin() as connection:
        await connection.run_sync(METADATA.create_all)


def test_memory_and_sql_tell_the_same_story():
    run_state_machine_as_test(
        Stories,
        settings=settings(
            max_examples=25,
            stateful_step_count=40,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow],
        ),
    )
