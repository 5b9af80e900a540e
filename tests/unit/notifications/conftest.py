import pytest
from msgspec.structs import replace

from adapters.memory.channels import MemoryMailer, MemoryStaffChannel
from portal_core.commerce.order import Shipping, Wish
from portal_core.companies.portal import PortalSettings
from portal_core.delivery import Delivery, Due
from portal_core.ids import DeliveryId, new_id
from portal_core.notifications.people import BuyerNotifier, DeskNotifier
from portal_core.notifications.staff import StaffNotifier
from tests.examples import a_company, a_membership, a_product, a_user, an_arrival
from tests.people import BUYER, BUYER_ID, HARBOUR, MSP, NOON

URL = "https://portal.example"


@pytest.fixture
def mailer():
    return MemoryMailer()


@pytest.fixture
def channel():
    return MemoryStaffChannel()


@pytest.fixture
def staff(database, channel):
    return StaffNotifier(database=database, channel=channel, public_url=URL)


@pytest.fixture
def buyer(database, mailer):
    return BuyerNotifier(database=database, mailer=mailer, public_url=URL)


@pytest.fixture
def desk(database, mailer):
    return DeskNotifier(database=database, mailer=mailer, public_url=URL)


@pytest.fixture
async def stocked(database, settings):
    """Harbour's buyer, two mice in stock, and an MSP that wants to be told."""
    mouse = a_product(name="Mouse <b>")
    async with database.begin() as work:
        a_harbour = replace(a_company("Harbour"), id=HARBOUR)
        await work.companies.add(a_harbour)
        buyer = replace(a_user(), id=BUYER_ID)
        await work.users.add(buyer)
        await work.memberships.keep(a_membership(a_harbour, buyer))
        await work.products.add(mouse)
        await work.stock.apply([an_arrival(mouse, 2)], at=NOON, reference=None)
    told = PortalSettings(
        notify_email="desk@msp.example", discord_webhook_url="https://discord.example/1"
    )
    await settings.change(MSP, told)


@pytest.fixture
async def order(stocked, orders):
    return (await orders.place(BUYER, [Wish("MOUSE-1", 2)], po_number="PO-1")).order


@pytest.fixture
async def shipped(order, orders):
    parcel = Shipping(carrier="Coastline", consignment="CL-1")
    return await orders.ship(MSP, order.number, parcel)


@pytest.fixture
async def cancelled(order, orders):
    return await orders.cancel(BUYER, order.number, reason="Too late")


@pytest.fixture
def due(facts):
    """Return a delivery of the last fact of a kind."""

    def due(kind):
        event = facts(kind)[-1]
        delivery = Delivery(
            id=DeliveryId(new_id()), event_id=event.stamp.id, subscriber="mail-buyer"
        )
        return Due(delivery, event)

    return due
