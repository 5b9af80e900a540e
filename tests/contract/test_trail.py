from datetime import timedelta

import pytest
from msgspec.structs import replace

from portal_core.audit.model import Entry
from portal_core.commerce.events import OrderPlaced
from portal_core.identity.events import UserCreated, UserUpdated
from portal_core.ids import new_id
from tests.examples import a_company, a_fact, a_product, an_order
from tests.people import MSP, NOON, SYSTEM


async def trail(database, subject_id):
    async with database.read() as work:
        return list(await work.trail.of_subject(subject_id))


async def test_what_nothing_happened_to_has_no_history(database):
    assert await trail(database, new_id()) == []


async def test_a_fact_is_read_as_it_was_told(database):
    created = UserCreated(
        stamp=replace(MSP, request_id="req-1").stamp(NOON),
        user_id=new_id(),
        email="bea@example.com",
        name="Bea",
    )
    async with database.begin() as work:
        work.emit(created)
    assert await trail(database, created.user_id) == [
        Entry(
            id=created.stamp.id,
            at=NOON,
            type="user.created",
            actor=MSP.ref,
            details={
                "user_id": str(created.user_id),
                "email": "bea@example.com",
                "name": "Bea",
                "msp_role": None,
            },
        )
    ]


async def test_history_comes_oldest_first(database):
    user_id = new_id()
    for hours in (2, 0, 1):
        async with database.begin() as work:
            stamp = SYSTEM.stamp(NOON + timedelta(hours=hours))
            work.emit(UserUpdated(stamp=stamp, user_id=user_id, changed=(f"{hours}",)))
    found = await trail(database, user_id)
    assert [entry.details["changed"] for entry in found] == [["0"], ["1"], ["2"]]
    assert found[0].actor == SYSTEM.ref


async def test_history_is_one_things_own(database):
    mouse, other = a_product(), a_product("OTHER")
    async with database.begin() as work:
        work.emit(a_fact(mouse))
        work.emit(a_fact(other))
    [entry] = await trail(database, mouse.id)
    assert entry.details["sku"] == "MOUSE-1"


async def test_nested_details_are_plain(database):
    company, mouse = a_company(), a_product()
    order = an_order(company, mouse, quantity=2)
    async with database.begin() as work:
        work.emit(OrderPlaced.of(order, MSP.stamp(NOON, company.id)))
    [entry] = await trail(database, order.id)
    assert entry.details["gross"] == {"minor": 5_500, "currency": "AUD"}
    assert entry.details["lines"] == [
        {
            "product_id": str(mouse.id),
            "sku": "MOUSE-1",
            "name": "Mouse",
            "quantity": 2,
            "unit_price": {"minor": 2_500, "currency": "AUD"},
        }
    ]


async def test_an_undone_work_leaves_no_fact(database):
    mouse = a_product()
    with pytest.raises(ZeroDivisionError):
        async with database.begin() as work:
            work.emit(a_fact(mouse))
            raise ZeroDivisionError
    assert await trail(database, mouse.id) == []
