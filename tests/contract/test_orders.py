import asyncio
from datetime import date, timedelta

import pytest
from msgspec.structs import replace

from portal_core.commerce.order import OrderSummary, Shipping, Status
from portal_core.commerce.ports import OrderFilter
from portal_core.errors import Conflict, NotFound
from portal_core.paging import Total, Window
from tests.contract.lists import walk
from tests.examples import a_company, a_product, a_user, an_order, aud
from tests.people import NOON


@pytest.fixture
async def harbour(database):
    return await stored_company(database, "Harbour")


@pytest.fixture
async def orchard(database):
    return await stored_company(database, "Orchard")


@pytest.fixture
async def mouse(database):
    product = a_product(cost=aud(1_200))
    async with database.begin() as work:
        await work.products.add(product)
    return product


@pytest.fixture
async def order(database, harbour, mouse):
    """An order of two mice by a buyer of Harbour."""
    bea = a_user("Bea")
    order = an_order(harbour, mouse, quantity=2, by=bea, po_number="PO 7")
    async with database.begin() as work:
        await work.users.add(bea)
        await work.orders.add(order)
    return order


async def stored_company(database, name):
    company = a_company(name)
    async with database.begin() as work:
        await work.companies.add(company)
    return company


async def store(database, *orders):
    async with database.begin() as work:
        for order in orders:
            await work.orders.add(order)


async def numbers(database, company=None, **filters):
    wanted = OrderFilter(**filters)
    async with database.read() as work:
        if company is None:
            page = await work.orders.page_across(wanted, Window())
        else:
            page = await work.orders.page(company.id, wanted, Window())
    return [order.number for order in page.items]


async def test_an_order_comes_back_as_stored(database, harbour, order):
    async with database.read() as work:
        assert await work.orders.get(harbour.id, order.number) == order
        assert await work.orders.get_across(order.number) == order


async def test_its_lines_come_in_their_order(database, harbour):
    products = [a_product(f"P{n}") for n in (3, 1, 2)]
    order = an_order(harbour, products[0])
    lines = [an_order(harbour, product).lines[0] for product in products]
    order = replace(order, lines=tuple(lines))
    async with database.begin() as work:
        for product in products:
            await work.products.add(product)
        await work.orders.add(order)
    async with database.read() as work:
        assert await work.orders.get(harbour.id, order.number) == order


async def test_another_companys_order_is_not_found(database, orchard, order):
    async with database.read() as work:
        with pytest.raises(NotFound):
            await work.orders.get(orchard.id, order.number)


@pytest.mark.parametrize("number", ["ORD0000000000", "", "ORD%"])
async def test_an_order_that_is_not_there(database, harbour, order, number):
    async with database.read() as work:
        with pytest.raises(NotFound):
            await work.orders.get(harbour.id, number)
        with pytest.raises(NotFound):
            await work.orders.get_across(number)


async def test_a_number_is_taken_once(database, orchard, mouse, order):
    with pytest.raises(Conflict):
        await store(database, an_order(orchard, mouse, sequence=1))


async def test_an_order_keeps_what_it_said_whatever_becomes_of_the_product(
    database, harbour, mouse, order
):
    async with database.begin() as work:
        await work.products.save(
            replace(mouse, sku="X", name="X", price=aud(1), archived=True, version=2)
        )
    async with database.read() as work:
        assert await work.orders.get(harbour.id, order.number) == order


async def test_the_next_version_is_stored_but_for_the_lines(database, harbour, order):
    changed = replace(
        order,
        status=Status.SHIPPED,
        shipping=Shipping(carrier="Post", consignment="C1", eta=date(2026, 6, 5)),
        notes="By the back door.",
        updated_at=NOON + timedelta(hours=1),
        version=2,
    )
    async with database.begin() as work:
        await work.orders.save(replace(changed, lines=()))
    async with database.read() as work:
        assert await work.orders.get(harbour.id, order.number) == changed


@pytest.mark.parametrize("version", [0, 1, 3])
async def test_any_other_version_conflicts(database, order, version):
    with pytest.raises(Conflict):
        async with database.begin() as work:
            await work.orders.save(replace(order, notes="Too late", version=version))


async def test_of_two_changes_at_once_one_conflicts(database, harbour, order):
    async def change(notes):
        try:
            async with database.begin() as work:
                found = await work.orders.get(harbour.id, order.number)
                await asyncio.sleep(0)
                await work.orders.save(replace(order, notes=notes, version=2))
                return found.version
        except Conflict:
            return "conflict"

    answers = await asyncio.gather(change("one"), change("other"))
    assert sorted(map(str, answers)) == ["1", "conflict"]


async def test_numbers_are_given_out_once(database):
    async def take():
        async with database.begin() as work:
            return await work.orders.next_number()

    given = await asyncio.gather(*(take() for _ in range(10)))
    assert len(set(given)) == 10
    assert min(given) >= 1


async def test_numbers_grow(database):
    given = []
    for _ in range(3):
        async with database.begin() as work:
            given.append(await work.orders.next_number())
    assert given == sorted(given)


async def test_a_list_shows_orders_in_short(database, harbour, order):
    async with database.read() as work:
        page = await work.orders.page(harbour.id, OrderFilter(), Window())
    assert page.items == (
        OrderSummary(
            id=order.id,
            number=order.number,
            company_slug="harbour",
            company_name="Harbour",
            placed_by_name="Bea",
            placed_at=NOON,
            status=Status.PLACED,
            po_number="PO 7",
            units=2,
            gross=aud(5_500),
        ),
    )


async def test_a_list_tells_where_the_parcel_is(database, harbour, order):
    parcel = Shipping(carrier="Swift", consignment="SW 1", eta=date(2026, 6, 4))
    async with database.begin() as work:
        await work.orders.save(replace(order, shipping=parcel, version=2))
    async with database.read() as work:
        page = await work.orders.page(harbour.id, OrderFilter(), Window())
    assert [row.shipping for row in page.items] == [parcel]


async def test_a_company_sees_its_own_orders_newest_first(
    database, harbour, orchard, mouse
):
    hours = [NOON + timedelta(hours=hour) for hour in range(4)]
    owners = [harbour, orchard, harbour, harbour]
    orders = [
        an_order(owner, mouse, sequence=n + 1, at=at)
        for n, (owner, at) in enumerate(zip(owners, hours, strict=True))
    ]
    await store(database, orders[2], orders[0], orders[3], orders[1])
    newest_first = [order.number for order in reversed(orders)]
    assert await numbers(database) == newest_first
    own = [number for number in newest_first if number != orders[1].number]
    assert await numbers(database, harbour) == own
    assert await numbers(database, orchard) == [orders[1].number]


@pytest.mark.parametrize("search", ["", "ORD00000000", "ord0000000018", "PO 7", "po", "P"])
async def test_orders_are_found_by_the_beginning_of_their_numbers(
    database, harbour, orchard, order, search
):
    assert await numbers(database, harbour, search=search) == [order.number]
    assert await numbers(database, search=search) == [order.number]
    assert await numbers(database, orchard, search=search) == []


@pytest.mark.parametrize("search", ["RD", "0000000018", "7", "%", "_O", "ORD1"])
async def test_other_texts_find_nothing(database, harbour, order, search):
    assert await numbers(database, harbour, search=search) == []


async def test_orders_are_found_by_status_and_company(
    database, harbour, orchard, mouse, order
):
    shipped = replace(an_order(orchard, mouse, sequence=2), status=Status.SHIPPED)
    await store(database, shipped)
    assert await numbers(database, status=Status.SHIPPED) == [shipped.number]
    assert await numbers(database, status=Status.PLACED) == [order.number]
    assert await numbers(database, status=Status.CANCELLED) == []
    assert await numbers(database, company_id=harbour.id) == [order.number]
    assert await numbers(database, harbour, status=Status.SHIPPED) == []


async def test_orders_are_found_among_statuses(database, harbour, orchard, mouse, order):
    shipped = replace(an_order(orchard, mouse, sequence=2), status=Status.SHIPPED)
    held = replace(an_order(harbour, mouse, sequence=3), status=Status.ON_HOLD)
    await store(database, shipped, held)
    both = frozenset({Status.PLACED, Status.SHIPPED})
    assert set(await numbers(database, among=both)) == {order.number, shipped.number}
    assert await numbers(database, harbour, among=both) == [order.number]
    assert await numbers(database, among=both, status=Status.ON_HOLD) == []


async def test_the_oldest_come_first_if_wanted(database, harbour, mouse):
    orders = [
        an_order(harbour, mouse, sequence=n, at=NOON + timedelta(hours=n))
        for n in (1, 2, 3)
    ]
    await store(database, *orders)
    oldest_first = [order.number for order in orders]
    assert await numbers(database, oldest_first=True) == oldest_first
    assert await numbers(database, harbour, oldest_first=True) == oldest_first
    assert await numbers(database) == oldest_first[::-1]

    async def read(window):
        async with database.read() as work:
            return await work.orders.page_across(OrderFilter(oldest_first=True), window)

    there, back = await walk(read, limit=1)
    assert [order.number for order in there] == oldest_first
    assert there == back


async def test_no_filter_opens_another_companys_orders(database, harbour, orchard, order):
    assert await numbers(database, orchard, company_id=harbour.id) == []


async def test_every_order_is_on_one_page(database, harbour, orchard, mouse):
    await store(
        database,
        *(
            an_order(harbour if n % 4 else orchard, mouse, sequence=n, at=NOON)
            for n in range(1, 13)
        ),
    )

    async def own(window):
        async with database.read() as work:
            return await work.orders.page(harbour.id, OrderFilter(), window)

    async def across(window):
        async with database.read() as work:
            return await work.orders.page_across(OrderFilter(), window)

    for read, count in ((own, 9), (across, 12)):
        there, back = await walk(read)
        assert there == back
        assert len({order.id for order in there}) == len(there) == count


async def test_orders_are_counted_when_asked(database, harbour, orchard, mouse):
    orders = [an_order(harbour, mouse, sequence=n) for n in (1, 2, 3)]
    await store(database, *orders)
    counting = OrderFilter(count=True)
    async with database.read() as work:
        assert (await work.orders.page_across(counting, Window(1))).total == Total(3)
        own = await work.orders.page(orchard.id, counting, Window(1))
        assert own.total == Total(0)
        assert (await work.orders.page_across(OrderFilter(), Window(1))).total is None
