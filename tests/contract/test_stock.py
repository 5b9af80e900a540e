import pytest

from portal_core.commerce.model import StockLevel
from portal_core.commerce.ports import StockChange
from portal_core.errors import Conflict
from portal_core.ids import new_id
from tests.examples import a_product, a_reservation, an_arrival
from tests.people import NOON


@pytest.fixture
async def mouse(database):
    product = a_product()
    async with database.begin() as work:
        await work.products.add(product)
    return product


async def apply(database, *moves):
    async with database.begin() as work:
        return list(await work.stock.apply(moves, at=NOON, reference=new_id()))


async def levels(database, product):
    async with database.read() as work:
        return list(await work.stock.levels(product.id))


async def units(database, product):
    async with database.read() as work:
        stored = await work.products.get(product.sku)
    return stored.on_hand, stored.reserved


def change(product, before, after):
    return StockChange(
        product_id=product.id,
        sku=product.sku,
        name=product.name,
        before=before,
        after=after,
    )


async def test_a_new_product_lies_nowhere(database, mouse):
    assert await levels(database, mouse) == []
    assert await units(database, mouse) == (0, 0)


async def test_units_lie_in_their_warehouse(database, mouse):
    await apply(
        database,
        an_arrival(mouse, 5, warehouse="sydney"),
        an_arrival(mouse, 2, warehouse="Adelaide"),
        an_arrival(mouse, 3, warehouse="sydney"),
    )
    assert await levels(database, mouse) == [
        StockLevel("Adelaide", 2),
        StockLevel("sydney", 8),
    ]
    assert await units(database, mouse) == (10, 0)


async def test_stock_is_one_products_own(database, mouse):
    other = a_product("OTHER")
    async with database.begin() as work:
        await work.products.add(other)
    await apply(database, an_arrival(mouse, 5))
    assert await levels(database, other) == []
    assert await units(database, other) == (0, 0)


async def test_a_reservation_takes_no_unit_from_a_warehouse(database, mouse):
    await apply(database, an_arrival(mouse, 5), a_reservation(mouse, 2))
    assert await levels(database, mouse) == [StockLevel("main", 5)]
    assert await units(database, mouse) == (5, 2)


async def test_the_answer_says_what_became_of_each_product(database, mouse):
    other = a_product("OTHER", "Other")
    async with database.begin() as work:
        await work.products.add(other)
    assert await apply(database, an_arrival(mouse, 5)) == [change(mouse, 0, 5)]
    changes = await apply(
        database, a_reservation(mouse, 2), an_arrival(other, 1), a_reservation(mouse, 1)
    )
    by_sku = {each.sku: each for each in changes}
    assert len(changes) == 2
    assert by_sku == {"MOUSE-1": change(mouse, 5, 2), "OTHER": change(other, 0, 1)}


async def test_what_can_be_ordered_is_never_below_zero(database, mouse):
    await apply(database, an_arrival(mouse, 5), a_reservation(mouse, 4))
    assert await apply(database, an_arrival(mouse, -3)) == [change(mouse, 1, 0)]
    assert await apply(database, an_arrival(mouse, 1)) == [change(mouse, 0, 0)]
    assert await units(database, mouse) == (3, 4)


@pytest.mark.parametrize(
    "broken",
    [
        lambda mouse: an_arrival(mouse, -6),
        lambda mouse: an_arrival(mouse, -1, warehouse="empty"),
        lambda mouse: a_reservation(mouse, -3),
    ],
    ids=["more than there is", "an empty warehouse", "more than reserved"],
)
async def test_nothing_goes_below_zero(database, mouse, broken):
    await apply(database, an_arrival(mouse, 5), a_reservation(mouse, 2))
    with pytest.raises(Conflict):
        await apply(database, an_arrival(mouse, 1, warehouse="other"), broken(mouse))
    assert await levels(database, mouse) == [StockLevel("main", 5)]
    assert await units(database, mouse) == (5, 2)


async def test_all_may_leave(database, mouse):
    await apply(database, an_arrival(mouse, 5), a_reservation(mouse, 5))
    await apply(database, an_arrival(mouse, -5), a_reservation(mouse, -5))
    assert await units(database, mouse) == (0, 0)
    assert sum(level.on_hand for level in await levels(database, mouse)) == 0


async def test_no_moves_change_nothing(database):
    assert await apply(database) == []
