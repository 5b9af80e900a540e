from msgspec.structs import replace

from portal_core.automation.events import EndpointDisabled
from portal_core.commerce.events import (
    OrderCancelled,
    OrderPlaced,
    OrderShipped,
    StockChanged,
)
from portal_core.companies.portal import PortalSettings
from portal_core.identity.events import UserCreated
from portal_core.ids import EndpointId, new_id
from portal_core.notifications.staff import NOT_CONFIGURED
from tests.people import MSP, NOON, SYSTEM


async def test_a_new_order_is_announced(staff, channel, order, due):
    await staff.deliver(due(OrderPlaced))
    [post] = channel.posts
    assert post.url == "https://discord.example/1"
    assert f"New order {order.number} from Harbour: 2 units, 55.00 AUD" in post.text
    assert f"https://portal.example/admin/orders/{order.number}" in post.text


async def test_a_cancelled_order_is_announced_with_its_reason(
    staff, channel, cancelled, due
):
    await staff.deliver(due(OrderCancelled))
    assert "was cancelled by Bea Buyer. Reason: Too late" in channel.posts[0].text


async def test_a_shipped_order_is_announced_with_its_parcel(staff, channel, shipped, due):
    await staff.deliver(due(OrderShipped))
    assert "was shipped (Coastline CL-1)" in channel.posts[0].text


async def test_running_out_is_announced(staff, channel, order, due):
    await staff.deliver(due(StockChanged))
    assert channel.posts[0].text == "Out of stock: Mouse <b> (MOUSE-1), 2 before."


async def test_coming_back_is_announced(staff, channel, cancelled, due):
    await staff.deliver(due(StockChanged))
    assert channel.posts[0].text == "Back in stock: Mouse <b> (MOUSE-1), 2 available."


async def test_a_disabled_endpoint_is_announced_without_its_path(
    staff, channel, order, due
):
    event = EndpointDisabled(
        stamp=SYSTEM.stamp(NOON),
        endpoint_id=EndpointId(new_id()),
        url="https://hooks.example/secret",
        reason="it failed for 5 days",
    )
    await staff.deliver(replace(due(OrderPlaced), event=event))
    assert channel.posts[0].text == (
        "The webhook endpoint at hooks.example is disabled: it failed for 5 days."
    )


async def test_any_other_fact_has_a_name(staff, channel, order, due, users):
    await users.create(
        MSP, email="x@example.com", name="X", password="a short sentence is fine"
    )
    await staff.deliver(due(UserCreated))
    assert "UserCreated" in channel.posts[0].text


async def test_nobody_is_told_who_does_not_want_to(staff, channel, order, due, settings):
    await settings.change(MSP, PortalSettings())
    assert await staff.deliver(due(OrderPlaced)) == NOT_CONFIGURED
    assert channel.posts == []


async def test_an_order_without_details_reads_well(staff, channel, shipped, due):
    bare = due(OrderShipped)
    event = replace(bare.event, carrier="", consignment="")
    await staff.deliver(replace(bare, event=event))
    assert "was shipped. " in channel.posts[0].text
