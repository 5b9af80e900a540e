import pytest
from msgspec.structs import replace

from portal_core.automation.events import EndpointDisabled
from portal_core.commerce.events import (
    OrderCancelled,
    OrderPlaced,
    OrderShipped,
    StockChanged,
)
from portal_core.companies.portal import PortalSettings
from portal_core.errors import NotFound
from portal_core.identity.events import UserSignedOut
from portal_core.ids import EndpointId, new_id
from portal_core.notifications.people import NOBODY
from portal_core.notifications.staff import NOT_CONFIGURED
from tests.people import BUYER_ID, HARBOUR, MSP, NOON, SYSTEM

DISABLED = EndpointDisabled(
    stamp=SYSTEM.stamp(NOON),
    endpoint_id=EndpointId(new_id()),
    url="https://hooks.example/secret",
    reason="it answered 410 Gone",
)


async def test_the_buyer_gets_a_confirmation(buyer, mailer, order, due):
    placed = due(OrderPlaced)
    await buyer.deliver(placed)
    [mail] = mailer.sent
    assert (mail.to, mail.id) == ("bea.buyer@example.com", placed.delivery.id)
    assert mail.subject == f"{order.number} placed: 55.00 AUD"
    assert "Purchase order: PO-1" in mail.text
    assert "2 × Mouse <b> (MOUSE-1)  50.00 AUD" in mail.text
    assert f"https://portal.example/c/harbour/orders/{order.number}" in mail.text


async def test_what_a_supplier_wrote_is_text_in_html_too(buyer, mailer, order, due):
    await buyer.deliver(due(OrderPlaced))
    assert "Mouse &lt;b&gt;" in mailer.sent[0].html
    assert "<b>" not in mailer.sent[0].html


async def test_the_buyer_hears_of_cancelling_and_why(buyer, mailer, cancelled, due):
    await buyer.deliver(due(OrderCancelled))
    assert mailer.sent[0].subject.endswith("cancelled")
    assert "Reason: Too late" in mailer.sent[0].text


async def test_the_buyer_hears_of_the_parcel(buyer, mailer, shipped, due):
    one = due(OrderShipped)
    await buyer.deliver(replace(one, event=replace(one.event, eta="2026-06-04")))
    assert "Sent with Coastline CL-1." in mailer.sent[0].text
    assert "Expected on 2026-06-04." in mailer.sent[0].text


async def test_a_key_has_no_mailbox(buyer, mailer, order, due):
    one = due(OrderPlaced)
    event = replace(one.event, placed_by=None)
    assert await buyer.deliver(replace(one, event=event)) == NOBODY


async def test_a_buyer_who_is_gone_is_not_told(buyer, mailer, order, due):
    one = due(OrderPlaced)
    event = replace(one.event, placed_by=new_id())
    assert await buyer.deliver(replace(one, event=event)) == NOBODY
    assert mailer.sent == []


async def test_a_buyer_who_left_the_company_is_not_told(
    buyer, mailer, order, due, database
):
    async with database.begin() as work:
        await work.memberships.remove(HARBOUR, BUYER_ID)
    assert await buyer.deliver(due(OrderPlaced)) == NOBODY
    assert mailer.sent == []


async def test_a_buyer_who_may_not_sign_in_is_not_told(buyer, mailer, order, due, database):
    async with database.begin() as work:
        user = await work.users.get(BUYER_ID)
        await work.users.save(replace(user, disabled=True, version=user.version + 1))
    assert await buyer.deliver(due(OrderPlaced)) == NOBODY
    assert mailer.sent == []


async def test_the_desk_hears_that_an_endpoint_is_disabled(desk, mailer, order, due):
    one = due(OrderPlaced)
    await desk.deliver(replace(one, event=DISABLED))
    [mail] = mailer.sent
    assert mail.subject == "Webhook endpoint disabled"
    assert "at hooks.example is disabled: it answered 410 Gone." in mail.text
    assert "secret" not in mail.text


@pytest.mark.parametrize("kind", [OrderPlaced, OrderCancelled])
async def test_the_desk_hears_of_orders(desk, mailer, cancelled, due, kind):
    await desk.deliver(due(kind))
    [mail] = mailer.sent
    assert mail.to == "desk@msp.example"
    assert "Harbour" in mail.subject
    assert f"/admin/orders/{cancelled.number}" in mail.text


async def test_the_desk_hears_of_stock(desk, mailer, cancelled, due):
    await desk.deliver(due(StockChanged))
    assert mailer.sent[0].subject == "MOUSE-1 back in stock: Mouse <b>"


async def test_the_desk_may_not_want_mail(desk, mailer, order, due, settings):
    await settings.change(MSP, PortalSettings())
    assert await desk.deliver(due(OrderPlaced)) == NOT_CONFIGURED


async def test_the_desk_has_no_interest_in_other_facts(desk, order, due):
    one = due(OrderPlaced)
    stamp = MSP.stamp(NOON)
    event = UserSignedOut(stamp=stamp, user_id=BUYER_ID)
    assert await desk.deliver(replace(one, event=event)) == NOBODY


async def test_an_order_of_no_company_is_a_fault(desk, order, due):
    one = due(OrderPlaced)
    event = replace(one.event, stamp=replace(one.event.stamp, company_id=None))
    with pytest.raises(NotFound):
        await desk.deliver(replace(one, event=event))
