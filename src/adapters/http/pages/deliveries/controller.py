"""The rooms in which the MSP sees who was told what, and mends it."""

from typing import Annotated
from uuid import UUID

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template
from msgspec import Meta, Struct

from adapters.http.pages.deliveries.views import (
    DESK,
    ListView,
    channels,
    delivery_of,
    events,
    row_of,
    states,
    status_of,
)
from adapters.http.screen import Screen
from adapters.http.shell import Crumb
from portal_core.automation.deliveries import DeliveryService
from portal_core.automation.ports import DeliveryFilter
from portal_core.delivery import DeliveryState
from portal_core.identity.actor import Actor
from portal_core.ids import DeliveryId, EndpointId
from portal_core.subscriptions import Subscriber

_CRUMB = Crumb("Deliveries", DESK)


class DeliveriesQuery(Struct, frozen=True, kw_only=True):
    """The state of the list, in its address. `subject` is what the events are about."""

    state: DeliveryState | None = None
    channel: Subscriber | None = None
    event: Annotated[str, Meta(max_length=100)] = ""
    endpoint: EndpointId | None = None
    subject: UUID | None = None
    cursor: str = ""


class DeliveryPages(Controller):
    """Deliveries, and what came of them."""

    path = DESK

    @get()
    async def list(
        self,
        actor: NamedDependency[Actor],
        screen: NamedDependency[Screen],
        deliveries: NamedDependency[DeliveryService],
    ) -> Template:
        """List deliveries, newest first."""
        query = screen.query(DeliveriesQuery)
        wanted = DeliveryFilter(
            state=query.state,
            subscriber=query.channel or "",
            endpoint_id=query.endpoint,
            event_type=query.event,
        )
        order = f"{wanted}&{query.subject}"
        window = screen.window(query.cursor, order)
        status = None
        if query.subject is None:
            page = await deliveries.page(actor, wanted, window)
            status = status_of(await deliveries.status(actor))
        else:
            page = await deliveries.page_about(actor, query.subject, wanted, window)
        view = ListView(
            address=screen.address,
            rows=tuple(row_of(delivery) for delivery in page.items),
            status=status,
            states=states(),
            channels=channels(),
            events=events(),
            prev=screen.cursor(page.prev, order),
            next=screen.cursor(page.next, order),
        )
        crumbs = (Crumb(_CRUMB.label),)
        return await screen.show("pages/deliveries/list.html", view, crumbs=crumbs)

    @post("/retry-failed")
    async def retry_failed(
        self,
        actor: NamedDependency[Actor],
        screen: NamedDependency[Screen],
        deliveries: NamedDependency[DeliveryService],
    ) -> Redirect:
        """Try everything again that has failed."""
        await deliveries.retry_failed(actor)
        return screen.go(DESK, "deliveries-retried")

    @get("/{delivery_id:uuid}")
    async def show(
        self,
        delivery_id: FromPath[UUID],
        actor: NamedDependency[Actor],
        screen: NamedDependency[Screen],
        deliveries: NamedDependency[DeliveryService],
    ) -> Template:
        """Show a delivery: its payload, and every try."""
        view = delivery_of(await deliveries.get(actor, DeliveryId(delivery_id)))
        crumbs = (_CRUMB, Crumb(view.event))
        return await screen.show("pages/deliveries/delivery.html", view, crumbs=crumbs)

    @post("/{delivery_id:uuid}/retry")
    async def retry(
        self,
        delivery_id: FromPath[UUID],
        actor: NamedDependency[Actor],
        screen: NamedDependency[Screen],
        deliveries: NamedDependency[DeliveryService],
    ) -> Redirect:
        """Try a delivery again, at once."""
        await deliveries.retry(actor, DeliveryId(delivery_id))
        return screen.go(f"{DESK}/{delivery_id}", "delivery-retried")
