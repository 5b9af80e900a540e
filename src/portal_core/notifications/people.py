"""Telling people by mail: the buyer, and the MSP's desk."""

from portal_core.automation.events import EndpointDisabled
from portal_core.commerce.events import (
    OrderCancelled,
    OrderPlaced,
    OrderShipped,
    StockChanged,
)
from portal_core.commerce.order import Order
from portal_core.commerce.ports import CommerceDatabase, CommerceWork
from portal_core.companies.model import Company
from portal_core.delivery import Due
from portal_core.errors import NotFound
from portal_core.identity.model import User
from portal_core.ids import CompanyId, UserId
from portal_core.notifications.messages import Letter, write
from portal_core.notifications.ports import Mailer
from portal_core.notifications.staff import (
    NOT_CONFIGURED,
    endpoint_text,
    stock_text,
)

NOBODY = "Nobody to tell: no person placed this order, or they may not see it any more."
_BUYER_REASON = "You get this mail because you placed this order."
_DESK_REASON = "You get this mail because the portal's settings name this address."

OrderEvents = OrderPlaced | OrderCancelled | OrderShipped


class BuyerNotifier:
    """Tells whoever placed an order what became of it."""

    def __init__(
        self, *, database: CommerceDatabase, mailer: Mailer, public_url: str
    ) -> None:
        self._database = database
        self._mailer = mailer
        self._public_url = public_url

    async def deliver(self, due: Due) -> str:
        """Mail the buyer. Raises what the mailer raises."""
        event = due.event
        if not isinstance(event, OrderEvents) or event.placed_by is None:
            return NOBODY
        async with self._database.read() as work:
            company = await work.companies.get(_company(event))
            buyer = await _buyer(work, UserId(event.placed_by), company.id)
            if buyer is None:
                return NOBODY
            order = await work.orders.get(company.id, event.number)
            settings = await work.settings.get()
        link = f"{self._public_url}/c/{company.slug}/orders/{event.number}"
        letter = _buyer_letter(event, order, company, link)
        message = write(letter, id_=due.delivery.id, to=buyer.email, portal=settings.name)
        return await self._mailer.send(message)


class DeskNotifier:
    """Tells the MSP's desk, at the address that its settings name."""

    def __init__(
        self, *, database: CommerceDatabase, mailer: Mailer, public_url: str
    ) -> None:
        self._database = database
        self._mailer = mailer
        self._public_url = public_url

    async def deliver(self, due: Due) -> str:
        """Mail the desk. Raises what the mailer raises."""
        event = due.event
        async with self._database.read() as work:
            settings = await work.settings.get()
            if not settings.notify_email:
                return NOT_CONFIGURED
            if isinstance(event, StockChanged):
                letter = _stock_letter(event, self._public_url)
            elif isinstance(event, EndpointDisabled):
                letter = _endpoint_letter(event, self._public_url)
            elif isinstance(event, OrderEvents):
                company = await work.companies.get(_company(event))
                order = await work.orders.get(company.id, event.number)
                link = f"{self._public_url}/admin/orders/{event.number}"
                letter = _desk_letter(event, order, company, link)
            else:
                return NOBODY
        to = settings.notify_email
        message = write(letter, id_=due.delivery.id, to=to, portal=settings.name)
        return await self._mailer.send(message)


async def _buyer(work: CommerceWork, user_id: UserId, company_id: CompanyId) -> User | None:
    """Return who ordered, if they may still see what their company orders."""
    try:
        user = await work.users.get(user_id)
    except NotFound:
        return None
    belongs = user.msp_role or await work.memberships.find(company_id, user_id)
    return user if belongs and not user.disabled else None


def _company(event: OrderEvents) -> CompanyId:
    if event.stamp.company_id is None:
        raise NotFound("There is no such company.")
    return event.stamp.company_id


def _buyer_letter(event: OrderEvents, order: Order, company: Company, link: str) -> Letter:
    subject, first = {
        OrderPlaced: (
            f"{order.number} placed: {order.totals.gross}",
            f"Thank you. We have your order for {company.name}.",
        ),
        OrderCancelled: (
            f"{order.number} cancelled",
            f"The order for {company.name} was cancelled by {event.stamp.actor.name}.",
        ),
        OrderShipped: (
            f"{order.number} shipped",
            f"The order for {company.name} is on its way.",
        ),
    }[type(event)]
    return Letter(
        subject=subject,
        paragraphs=(first, *_more(event)),
        rows=_rows(order),
        action="See the order",
        link=link,
        reason=_BUYER_REASON,
    )


def _desk_letter(event: OrderEvents, order: Order, company: Company, link: str) -> Letter:
    what = {OrderPlaced: "placed", OrderCancelled: "cancelled", OrderShipped: "shipped"}
    done = what[type(event)]
    who = event.stamp.actor.name
    return Letter(
        subject=f"{order.number} {done}: {company.name}, {order.totals.gross}",
        paragraphs=(f"{who} {done} an order for {company.name}.", *_more(event)),
        rows=_rows(order),
        action="Open the order",
        link=link,
        reason=_DESK_REASON,
    )


def _stock_letter(event: StockChanged, public_url: str) -> Letter:
    state = "back in stock" if event.after else "out of stock"
    return Letter(
        subject=f"{event.sku} {state}: {event.name}",
        paragraphs=(stock_text(event),),
        action="Open the product",
        link=f"{public_url}/admin/products/{event.sku}",
        reason=_DESK_REASON,
    )


def _endpoint_letter(event: EndpointDisabled, public_url: str) -> Letter:
    return Letter(
        subject="Webhook endpoint disabled",
        paragraphs=(endpoint_text(event), "It is sent nothing until you enable it again."),
        action="Open the endpoint",
        link=f"{public_url}/admin/endpoints/{event.endpoint_id}",
        reason=_DESK_REASON,
    )


def _more(event: OrderEvents) -> tuple[str, ...]:
    """Return what only this kind of event has to say."""
    match event:
        case OrderCancelled(reason=reason) if reason:
            return (f"Reason: {reason}",)
        case OrderShipped():
            parcel = " ".join(part for part in (event.carrier, event.consignment) if part)
            expected = f"Expected on {event.eta}." if event.eta else ""
            sent = f"Sent with {parcel}." if parcel else ""
            return tuple(part for part in (sent, expected) if part)
        case OrderPlaced(po_number=number) if number:
            return (f"Purchase order: {number}",)
    return ()


def _rows(order: Order) -> tuple[tuple[str, str], ...]:
    totals = order.totals
    lines = ((f"{x.quantity} × {x.name} ({x.sku})", str(x.total)) for x in order.lines)
    return (*lines, ("Tax", str(totals.tax)), ("Total", str(totals.gross)))
