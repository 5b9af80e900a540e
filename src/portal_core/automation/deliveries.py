"""Deliveries as an administrator sees and mends them."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from portal_core.automation.events import DeliveryRetried
from portal_core.automation.payloads import standard_body
from portal_core.automation.ports import AutomationDatabase, DeliveryFilter, KeptMails
from portal_core.automation.views import Attempt, DeliverySummary, OutboxStatus
from portal_core.clock import Clock
from portal_core.identity.actor import Actor
from portal_core.identity.permissions import Permission
from portal_core.ids import DeliveryId
from portal_core.paging import Page, Window


class DeliverySheet(Struct, frozen=True):
    """Everything about one delivery. `payload` is the event in the standard format.

    `mail` is what was written to somebody and kept here, for want of a mail server.
    """

    delivery: DeliverySummary
    attempts: Sequence[Attempt]
    payload: bytes
    mail: str | None = None


class DeliveryService:
    """Every delivery, what came of it, and trying again."""

    def __init__(
        self, *, database: AutomationDatabase, mails: KeptMails, clock: Clock
    ) -> None:
        self._database = database
        self._mails = mails
        self._clock = clock

    async def page(
        self, actor: Actor, wanted: DeliveryFilter, window: Window
    ) -> Page[DeliverySummary]:
        """Return deliveries, newest first."""
        actor.require(Permission.MANAGE_DELIVERIES)
        async with self._database.read() as work:
            return await work.deliveries.page(wanted, window)

    async def page_about(
        self, actor: Actor, subject_id: UUID, wanted: DeliveryFilter, window: Window
    ) -> Page[DeliverySummary]:
        """Return the deliveries of what happened to one thing, newest first."""
        actor.require(Permission.MANAGE_DELIVERIES)
        async with self._database.read() as work:
            happened = await work.trail.of_subject(subject_id)
            if not happened:
                return Page(items=())
            wanted = replace(wanted, event_ids=tuple(entry.id for entry in happened))
            return await work.deliveries.page(wanted, window)

    async def get(self, actor: Actor, delivery_id: DeliveryId) -> DeliverySheet:
        """Return the delivery with its tries and its payload. Raises NotFound."""
        actor.require(Permission.MANAGE_DELIVERIES)
        async with self._database.read() as work:
            delivery = await work.deliveries.get(delivery_id)
            attempts = await work.deliveries.attempts(delivery_id)
            event = await work.deliveries.event(delivery_id)
        mail = await self._mails.find(delivery_id)
        return DeliverySheet(delivery, attempts, standard_body(event), mail)

    async def retry(self, actor: Actor, delivery_id: DeliveryId) -> None:
        """Make the delivery due at once, whatever came of it before. Raises NotFound."""
        actor.require(Permission.MANAGE_DELIVERIES)
        now = self._clock()
        async with self._database.begin() as work:
            await work.deliveries.retry(delivery_id, now)
            stamp = actor.stamp(now)
            work.emit(DeliveryRetried(stamp=stamp, delivery_id=delivery_id, count=1))

    async def retry_failed(self, actor: Actor, *, since: datetime | None = None) -> int:
        """Make failed deliveries due, all or those made since then; return how many."""
        actor.require(Permission.MANAGE_DELIVERIES)
        now = self._clock()
        async with self._database.begin() as work:
            count = await work.deliveries.retry_failed(since, now)
            if count:
                stamp = actor.stamp(now)
                work.emit(DeliveryRetried(stamp=stamp, delivery_id=None, count=count))
        return count

    async def status(self, actor: Actor) -> OutboxStatus:
        """Return what waits, what failed, and since when."""
        actor.require(Permission.MANAGE_DELIVERIES)
        async with self._database.read() as work:
            return await work.deliveries.status(self._clock())
