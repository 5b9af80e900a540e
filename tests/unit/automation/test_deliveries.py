from datetime import timedelta

import msgspec
import pytest

from portal_core.automation.events import DeliveryRetried
from portal_core.automation.model import EndpointDetails
from portal_core.automation.ports import DeliveryFilter, Sent
from portal_core.delivery import DeliveryState
from portal_core.errors import Forbidden
from portal_core.ids import DeliveryId, new_id
from portal_core.notifications.ports import Message
from portal_core.outbox import PLAN
from portal_core.paging import Window
from tests.people import BUYER, MSP

HOOK = EndpointDetails(url="https://receiver.example/hook", events=("endpoint.*",))


@pytest.fixture
async def delivery_id(endpoints, relay, client):
    """A delivery that was refused once."""
    client.answer = Sent(500, "no")
    endpoint = await endpoints.create(MSP, HOOK)
    await endpoints.test(MSP, endpoint.id)
    [result] = await relay()
    return result.delivery_id


async def test_a_delivery_shows_its_tries_and_its_payload(deliveries, delivery_id):
    sheet = await deliveries.get(MSP, delivery_id)
    assert sheet.delivery.state is DeliveryState.PENDING
    assert [attempt.answer for attempt in sheet.attempts] == ["500 no"]
    assert msgspec.json.decode(sheet.payload)["type"] == "endpoint.tested"


async def test_deliveries_are_listed(deliveries, delivery_id):
    page = await deliveries.page(MSP, DeliveryFilter(), Window())
    assert delivery_id in {delivery.id for delivery in page.items}


async def test_the_deliveries_about_one_thing(deliveries, endpoints, delivery_id):
    [endpoint] = await endpoints.list(MSP)
    page = await deliveries.page_about(MSP, endpoint.id, DeliveryFilter(), Window())
    assert [delivery.id for delivery in page.items] == [delivery_id]
    page = await deliveries.page_about(MSP, new_id(), DeliveryFilter(), Window())
    assert page.items == ()
    with pytest.raises(Forbidden):
        await deliveries.page_about(BUYER, endpoint.id, DeliveryFilter(), Window())


async def test_a_retry_is_due_at_once(deliveries, delivery_id, relay, client):
    assert await relay() == []
    client.answer = Sent(200, "")
    await deliveries.retry(MSP, delivery_id)
    [result] = await relay()
    assert result.state is DeliveryState.DONE


async def test_what_was_given_up_is_counted_and_tried_again(
    deliveries, delivery_id, relay, clock
):
    for pause in PLAN[: len(PLAN)]:
        clock.advance(pause * 2)
        await relay()
    status = await deliveries.status(MSP)
    assert status.failed == 1
    assert await deliveries.retry_failed(MSP, since=clock() + timedelta(days=1)) == 0
    assert await deliveries.retry_failed(MSP) == 1
    assert (await deliveries.status(MSP)).failed == 0


async def test_trying_again_is_a_fact(deliveries, delivery_id, facts, clock):
    await deliveries.retry(MSP, delivery_id)
    assert await deliveries.retry_failed(MSP) == 0
    [fact] = facts(DeliveryRetried)
    assert (fact.delivery_id, fact.count, fact.subject_id) == (delivery_id, 1, delivery_id)


async def test_trying_all_again_is_one_fact(deliveries, delivery_id, relay, clock, facts):
    for pause in PLAN:
        clock.advance(pause * 2)
        await relay()
    await deliveries.retry_failed(MSP)
    [fact] = facts(DeliveryRetried)
    assert (fact.delivery_id, fact.count) == (None, 1)


async def test_a_kept_mail_is_shown(deliveries, delivery_id, mailer):
    assert (await deliveries.get(MSP, delivery_id)).mail is None
    await mailer.send(
        Message(id=delivery_id, to="a@example.com", subject="Hello", text="Hi", html="Hi")
    )
    assert "Subject: Hello" in (await deliveries.get(MSP, delivery_id)).mail


async def test_only_the_msp_sees_deliveries(deliveries):
    for act in (
        deliveries.page(BUYER, DeliveryFilter(), Window()),
        deliveries.get(BUYER, DeliveryId(new_id())),
        deliveries.retry(BUYER, DeliveryId(new_id())),
        deliveries.retry_failed(BUYER),
        deliveries.status(BUYER),
    ):
        with pytest.raises(Forbidden):
            await act
