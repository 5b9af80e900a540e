import pytest

from adapters.memory.channels import (
    MemoryAddressGuard,
    MemoryMailer,
    MemoryWebhookClient,
)
from portal_core.automation.deliveries import DeliveryService
from portal_core.automation.webhooks import EndpointService, WebhookSender
from portal_core.outbox import LEASE, Dispatcher
from portal_core.subscriptions import Subscriber


@pytest.fixture
def guard():
    return MemoryAddressGuard({"http://localhost/hook"})


@pytest.fixture
def client():
    return MemoryWebhookClient()


@pytest.fixture
def endpoints(database, guard, clock):
    return EndpointService(database=database, guard=guard, clock=clock)


@pytest.fixture
def mailer():
    return MemoryMailer()


@pytest.fixture
def deliveries(database, mailer, clock):
    return DeliveryService(database=database, mails=mailer, clock=clock)


@pytest.fixture
def sender(database, client, clock):
    return WebhookSender(database=database, client=client, clock=clock)


@pytest.fixture
def relay(database, sender, clock):
    """Try everything that is due once, and return what came of it."""

    async def nobody(_):
        return "not told"

    handlers = dict.fromkeys(Subscriber, nobody) | {Subscriber.WEBHOOKS: sender.deliver}
    dispatcher = Dispatcher(handlers=handlers, clock=clock, chance=lambda: 0.5)

    async def relay():
        due = await database.outbox.claim(limit=100, now=clock(), lease=LEASE)
        results = [await dispatcher.attempt(each) for each in due]
        await database.outbox.record(results)
        ours = {each.delivery.id for each in due if each.delivery.target}
        return [result for result in results if result.delivery_id in ours]

    return relay
