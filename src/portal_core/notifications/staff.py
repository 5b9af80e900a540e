"""Telling the MSP's own people, in their chat room."""

from urllib.parse import urlsplit

from portal_core.automation.events import EndpointDisabled
from portal_core.commerce.events import (
    OrderCancelled,
    OrderPlaced,
    OrderShipped,
    StockChanged,
)
from portal_core.commerce.ports import CommerceDatabase
from portal_core.delivery import Due
from portal_core.events import Event
from portal_core.notifications.ports import StaffChannel

NOT_CONFIGURED = "Not configured: nobody wants to be told this way."


class StaffNotifier:
    """Says in the MSP's room what happened."""

    def __init__(
        self, *, database: CommerceDatabase, channel: StaffChannel, public_url: str
    ) -> None:
        self._database = database
        self._channel = channel
        self._public_url = public_url

    async def deliver(self, due: Due) -> str:
        """Post the event. Raises Unavailable if the room did not take it."""
        async with self._database.read() as work:
            settings = await work.settings.get()
            if not settings.discord_webhook_url:
                return NOT_CONFIGURED
            company_id = due.event.stamp.company_id
            company = await work.companies.get(company_id) if company_id else None
        text = _text(due.event, company.name if company else "", self._public_url)
        return await self._channel.post(settings.discord_webhook_url, text)


def _text(event: Event, company: str, public_url: str) -> str:
    match event:
        case OrderPlaced():
            units = sum(line.quantity for line in event.lines)
            what = f"New order {event.number} from {company}: {units} units, {event.gross}"
            return f"{what}, placed by {event.placed_by_name}. {_desk(event, public_url)}"
        case OrderCancelled():
            reason = f" Reason: {event.reason}" if event.reason else ""
            who = event.stamp.actor.name
            what = f"Order {event.number} of {company} was cancelled by {who}.{reason}"
            return f"{what} {_desk(event, public_url)}"
        case OrderShipped():
            parcel = " ".join(part for part in (event.carrier, event.consignment) if part)
            what = f"Order {event.number} of {company} was shipped"
            return f"{what}{f' ({parcel})' if parcel else ''}. {_desk(event, public_url)}"
        case StockChanged():
            return stock_text(event)
        case EndpointDisabled():
            return endpoint_text(event)
    return f"{type(event).__name__}: {event.stamp.id}"


def stock_text(event: StockChanged) -> str:
    """Return what became of the product's stock, in one sentence."""
    if event.after:
        return f"Back in stock: {event.name} ({event.sku}), {event.after} available."
    return f"Out of stock: {event.name} ({event.sku}), {event.before} before."


def endpoint_text(event: EndpointDisabled) -> str:
    """Return that a receiver gets nothing more; its host only, as paths hold secrets."""
    host = urlsplit(event.url).netloc
    return f"The webhook endpoint at {host} is disabled: {event.reason}."


def _desk(event: OrderPlaced | OrderCancelled | OrderShipped, public_url: str) -> str:
    return f"{public_url}/admin/orders/{event.number}"
