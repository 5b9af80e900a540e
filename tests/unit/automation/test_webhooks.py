from datetime import timedelta

import msgspec
import pytest
from msgspec.structs import replace
from standardwebhooks import Webhook

from portal_core.automation.events import (
    EndpointCreated,
    EndpointDisabled,
    EndpointSecretRotated,
)
from portal_core.automation.model import EndpointDetails, PayloadFormat
from portal_core.automation.ports import Sent
from portal_core.automation.webhooks import MOST_ENDPOINTS, PATIENCE
from portal_core.commerce.order import Wish
from portal_core.delivery import DeliveryState
from portal_core.errors import Conflict, Forbidden, Invalid, NotFound, Unavailable
from portal_core.ids import CompanyId, EndpointId, new_id
from tests.examples import a_company, a_product, a_user, an_arrival
from tests.people import BUYER, BUYER_ID, HARBOUR, MSP, NOON

HOOK = EndpointDetails(url="https://receiver.example/hook", events=("order.*",))


@pytest.fixture
async def order(database, orders):
    """An order of two mice, by Harbour's buyer."""
    mouse = a_product()
    async with database.begin() as work:
        await work.companies.add(replace(a_company("Harbour"), id=HARBOUR))
        await work.users.add(replace(a_user(), id=BUYER_ID))
        await work.products.add(mouse)
        await work.stock.apply([an_arrival(mouse, 10)], at=NOON, reference=None)

    async def order():
        placed = await orders.place(BUYER, [Wish("MOUSE-1", 2)], po_number="PO-1")
        return placed.order

    return order


async def test_a_new_endpoint_has_a_secret_and_is_a_fact(endpoints, facts):
    endpoint = await endpoints.create(MSP, HOOK)
    assert endpoint.secrets[0].startswith("whsec_")
    assert [fact.endpoint_id for fact in facts(EndpointCreated)] == [endpoint.id]


async def test_an_address_that_may_not_be_reached_is_refused(endpoints):
    with pytest.raises(Invalid) as refusal:
        await endpoints.create(MSP, replace(HOOK, url="http://localhost/hook"))
    assert refusal.value.problems[0].field == "url"


async def test_there_are_not_too_many_endpoints(endpoints):
    for _ in range(MOST_ENDPOINTS):
        await endpoints.create(MSP, HOOK)
    with pytest.raises(Conflict):
        await endpoints.create(MSP, HOOK)


async def test_an_endpoint_of_an_unknown_company_is_refused(endpoints):
    with pytest.raises(NotFound):
        await endpoints.create(MSP, replace(HOOK, company_id=CompanyId(new_id())))


async def test_only_the_msp_manages_endpoints(endpoints):
    for act in (
        endpoints.list(BUYER),
        endpoints.create(BUYER, HOOK),
        endpoints.get(BUYER, EndpointId(new_id())),
        endpoints.rotate(BUYER, EndpointId(new_id())),
        endpoints.remove(BUYER, EndpointId(new_id())),
        endpoints.test(BUYER, EndpointId(new_id())),
    ):
        with pytest.raises(Forbidden):
            await act


async def test_an_endpoint_is_changed_by_whoever_is_not_late(endpoints):
    endpoint = await endpoints.create(MSP, HOOK)
    changed = replace(HOOK, description="The warehouse")
    await endpoints.edit(MSP, endpoint.id, changed, version=endpoint.version)
    assert (await endpoints.get(MSP, endpoint.id)).description == "The warehouse"
    with pytest.raises(Conflict):
        await endpoints.edit(MSP, endpoint.id, HOOK, version=endpoint.version)


async def test_a_receiver_can_verify_what_it_gets(endpoints, order, relay, client):
    endpoint = await endpoints.create(MSP, HOOK)
    placed = await order()
    [result] = await relay()
    [post] = client.posts
    # The library insists on the present; the signature is checked against our own clock.
    body = msgspec.json.decode(post.body)
    assert result.state is DeliveryState.DONE
    assert post.headers["webhook-id"] == str(result.delivery_id)
    assert body["type"] == "order.placed"
    assert body["timestamp"].endswith("Z")
    assert body["data"]["number"] == placed.number
    assert body["data"]["gross"] == {"amount": "55.00", "currency": "AUD"}
    assert body["data"]["lines"][0]["quantity"] == 2
    assert "cost" not in str(body)
    signed = Webhook(endpoint.secrets[0]).sign(
        str(result.delivery_id), NOON, post.body.decode()
    )
    assert post.headers["webhook-signature"] == signed


async def test_both_secrets_sign_while_they_overlap(endpoints, order, relay, client, clock):
    endpoint = await endpoints.create(MSP, HOOK)
    rotated = await endpoints.rotate(MSP, endpoint.id)
    await order()
    await relay()
    assert len(client.posts[0].headers["webhook-signature"].split()) == 2
    clock.advance(timedelta(hours=25))
    await order()
    await relay()
    assert len(client.posts[1].headers["webhook-signature"].split()) == 1
    assert rotated.secrets[1] == endpoint.secrets[0]


async def test_rotating_is_a_fact(endpoints, facts):
    endpoint = await endpoints.create(MSP, HOOK)
    await endpoints.rotate(MSP, endpoint.id)
    assert facts(EndpointSecretRotated)


async def test_the_legacy_format_is_what_the_predecessor_sent(
    endpoints, order, relay, client
):
    legacy = replace(HOOK, format=PayloadFormat.LEGACY_ORDER, legacy_key="old key")
    await endpoints.create(MSP, legacy)
    placed = await order()
    await relay()
    [post] = client.posts
    line = placed.lines[0]
    assert post.headers["x-api-key"] == "old key"
    assert msgspec.json.decode(post.body) == {
        "cart": [
            {
                "productId": str(line.product_id),
                "quantity": 2,
                "price": 25.0,
                "name": "Mouse",
                "sku": "MOUSE-1",
                "vendorSku": "MOUSE-1",
            }
        ],
        "poNumber": "PO-1",
        "orderNumber": placed.number,
        "companyId": str(HARBOUR),
    }


@pytest.mark.parametrize("status", [302, 400, 404, 500, 503])
async def test_any_other_answer_is_tried_again(endpoints, order, relay, client, status):
    await endpoints.create(MSP, HOOK)
    await order()
    client.answer = Sent(status, "no")
    [result] = await relay()
    assert (result.state, result.answer[:3]) == (DeliveryState.PENDING, str(status))


async def test_the_receiver_says_when(endpoints, order, relay, client, clock):
    await endpoints.create(MSP, HOOK)
    await order()
    client.answer = Sent(429, "", retry_after=3_600)
    [result] = await relay()
    assert result.next_at - clock() == timedelta(hours=1)


async def test_an_answer_is_shown_as_one_plain_line(endpoints, order, relay, client):
    await endpoints.create(MSP, HOOK)
    await order()
    client.answer = Sent(500, "\x1b[2Joh\r\n\tno\u202e\x00 " + "x" * 1_000)
    [result] = await relay()
    assert result.answer.startswith("500 [2Joh no xxx")
    assert result.answer.isprintable()
    assert len(result.answer) < 310


async def test_no_answer_is_tried_again(endpoints, order, relay, client):
    await endpoints.create(MSP, HOOK)
    await order()
    client.failure = Unavailable("No answer: ConnectTimeout.")
    [result] = await relay()
    assert result.state is DeliveryState.PENDING


async def test_an_address_that_turned_inwards_is_given_up(endpoints, order, relay, client):
    await endpoints.create(MSP, HOOK)
    await order()
    client.failure = Forbidden("It leads to 127.0.0.1.")
    [result] = await relay()
    assert result.state is DeliveryState.FAILED


async def test_gone_disables_the_endpoint(endpoints, order, relay, client, facts):
    endpoint = await endpoints.create(MSP, HOOK)
    await order()
    client.answer = Sent(410, "")
    [result] = await relay()
    assert result.state is DeliveryState.FAILED
    assert (await endpoints.get(MSP, endpoint.id)).disabled
    assert "410" in facts(EndpointDisabled)[0].reason


async def test_five_days_of_failing_disable_the_endpoint(
    endpoints, order, relay, client, clock
):
    endpoint = await endpoints.create(MSP, HOOK)
    client.answer = Sent(500, "")
    await order()
    await relay()
    clock.advance(PATIENCE)
    [result] = await relay()
    assert result.state is DeliveryState.FAILED
    assert (await endpoints.get(MSP, endpoint.id)).disabled


async def test_one_success_ends_the_failing(endpoints, order, relay, client, clock):
    endpoint = await endpoints.create(MSP, HOOK)
    client.answer = Sent(500, "")
    await order()
    await relay()
    assert (await endpoints.get(MSP, endpoint.id)).failing_since == NOON
    client.answer = Sent(204, "")
    clock.advance(timedelta(minutes=1))
    await relay()
    assert (await endpoints.get(MSP, endpoint.id)).failing_since is None


async def test_a_disabled_endpoint_gets_nothing_until_it_is_enabled(
    endpoints, order, relay, client
):
    endpoint = await endpoints.create(MSP, HOOK)
    await order()
    await endpoints.disable(MSP, endpoint.id)
    await endpoints.disable(MSP, endpoint.id)
    [result] = await relay()
    assert result.state is DeliveryState.FAILED
    await order()
    assert await relay() == []
    await endpoints.enable(MSP, endpoint.id)
    await endpoints.enable(MSP, endpoint.id)
    await order()
    await relay()
    assert len(client.posts) == 1


async def test_a_removed_endpoint_takes_its_deliveries_along(
    endpoints, order, relay, client
):
    endpoint = await endpoints.create(MSP, HOOK)
    await order()
    await endpoints.remove(MSP, endpoint.id)
    assert await relay() == []
    assert await endpoints.list(MSP) == []
    assert client.posts == []


async def test_a_test_goes_to_the_tested_endpoint_alone(endpoints, relay, client):
    await endpoints.create(MSP, replace(HOOK, events=("*",)))
    await relay()
    client.posts.clear()
    tested = await endpoints.create(MSP, replace(HOOK, url="https://other.example/hook"))
    await endpoints.test(MSP, tested.id)
    await relay()
    assert [post.url for post in client.posts] == ["https://other.example/hook"]
    await endpoints.disable(MSP, tested.id)
    with pytest.raises(Conflict):
        await endpoints.test(MSP, tested.id)
