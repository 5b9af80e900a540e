"""Filling and changing a cart."""

from collections.abc import Sequence
from datetime import timedelta

from portal_core.clock import Clock
from portal_core.commerce.cart import Cart, CartLine, show, total
from portal_core.commerce.model import Offer
from portal_core.commerce.order import (
    MOST_UNITS,
    Line,
    Wish,
    check_quantity,
    refuse_too_many_lines,
)
from portal_core.commerce.ports import CommerceDatabase, CommerceWork
from portal_core.errors import Invalid, NotFound, Problem
from portal_core.identity.actor import Actor
from portal_core.identity.permissions import Permission


class CartService:
    """The cart of the user or key that acts, in the actor's company."""

    def __init__(self, *, database: CommerceDatabase, clock: Clock, currency: str) -> None:
        self._database = database
        self._clock = clock
        self._currency = currency

    async def get(self, actor: Actor) -> Cart:
        """Return the cart, re-priced and re-checked against stock and shop."""
        actor.require(Permission.SHOP)
        async with self._database.read() as work:
            return await self._show(work, actor)

    async def add(self, actor: Actor, sku: str, quantity: int) -> None:
        """Put units of a product into the cart, on top of what is there.

        Raises Invalid, and NotFound for a product that the company cannot buy.
        """
        actor.require(Permission.SHOP)
        check_quantity(quantity)
        async with self._database.begin() as work:
            lines = await work.carts.lines(actor.company, actor.own_id)
            offer = await _offer(work, actor, sku)
            there = next((x.quantity for x in lines if x.product_id == offer.product_id), 0)
            _refuse_more_than_stock(offer, quantity, there)
            await self._keep(work, actor, offer, there + quantity)

    async def refill(self, actor: Actor, number: str) -> Sequence[str]:
        """Put what an order of the company had into the cart, on top of what is there.

        Return the names of what is not there to be bought in full. Raises NotFound.
        """
        actor.require(Permission.SHOP)
        actor.require(Permission.SEE_ORDERS)
        async with self._database.begin() as work:
            order = await work.orders.get(actor.company, number)
            skus = [line.sku for line in order.lines]
            offers = await work.shop.offers(actor.company, skus)
            cart = await work.carts.lines(actor.company, actor.own_id)
            there = {line.product_id: line.quantity for line in cart}
            short = []
            for position, line in enumerate(order.lines):
                offer, had = offers.get(line.sku), there.get(line.product_id, 0)
                more = _more(line, offer, had)
                if offer and more:
                    await self._keep(work, actor, offer, had + more, position)
                if more < line.quantity:
                    short.append(line.name)
        return short

    async def change(self, actor: Actor, wishes: Sequence[Wish]) -> None:
        """Set how many units of these products are in the cart; 0 takes one out.

        Raises Invalid that names every refused line, as `lines.POSITION.quantity`.
        """
        actor.require(Permission.SHOP)
        async with self._database.begin() as work:
            await self._set(work, actor, wishes)

    async def put(self, actor: Actor, wishes: Sequence[Wish]) -> Cart:
        """Make the cart hold these lines and nothing else. Raises Invalid, as `change`."""
        actor.require(Permission.SHOP)
        async with self._database.begin() as work:
            await work.carts.clear(actor.company, actor.own_id)
            await self._set(work, actor, wishes)
            return await self._show(work, actor)

    async def remove(self, actor: Actor, sku: str) -> None:
        """Take a product out of the cart. One that is not there is no error."""
        actor.require(Permission.SHOP)
        async with self._database.begin() as work:
            await self._remove(work, actor, sku)

    async def clear(self, actor: Actor) -> None:
        """Empty the cart."""
        actor.require(Permission.SHOP)
        async with self._database.begin() as work:
            await work.carts.clear(actor.company, actor.own_id)

    async def _set(self, work: CommerceWork, actor: Actor, wishes: Sequence[Wish]) -> None:
        refuse_too_many_lines(wishes)
        offers = await work.shop.offers(actor.company, [wish.sku for wish in wishes])
        problems: list[Problem] = []
        for position, wish in enumerate(wishes):
            offer = offers.get(wish.sku)
            if problem := _refusal(position, wish, offer):
                problems.append(problem)
            elif offer and wish.quantity:
                await self._keep(work, actor, offer, wish.quantity, position)
            else:
                await self._remove(work, actor, wish.sku)
        if problems:
            raise Invalid.of(problems)

    async def _remove(self, work: CommerceWork, actor: Actor, sku: str) -> None:
        for line in await work.carts.lines(actor.company, actor.own_id):
            if line.sku.casefold() == sku.casefold():
                await work.carts.remove(actor.company, actor.own_id, line.product_id)

    async def _show(self, work: CommerceWork, actor: Actor) -> Cart:
        lines = await work.carts.lines(actor.company, actor.own_id)
        offers = await work.shop.offers(actor.company, [line.sku for line in lines])
        settings = await work.settings.get()
        rows = tuple(show(line, offers.get(line.sku)) for line in lines)
        return total(rows, currency=self._currency, tax_rate_bp=settings.tax_rate_bp)

    async def _keep(
        self,
        work: CommerceWork,
        actor: Actor,
        offer: Offer,
        quantity: int,
        position: int = 0,
    ) -> None:
        line = CartLine(
            product_id=offer.product_id,
            sku=offer.sku,
            name=offer.name,
            quantity=quantity,
            shown_price=offer.price,
            # Lines that are added together keep the order in which they were named.
            added_at=self._clock() + timedelta(microseconds=position),
        )
        await work.carts.keep(actor.company, actor.own_id, line)


async def _offer(work: CommerceWork, actor: Actor, sku: str) -> Offer:
    offers = await work.shop.offers(actor.company, [sku])
    if sku not in offers:
        raise NotFound("There is no such product.")
    return offers[sku]


def _refusal(position: int, wish: Wish, offer: Offer | None) -> Problem | None:
    """Say why a line of the cart can't be set so; taking something out is always fine."""
    field = f"lines.{position}.quantity"
    if wish.quantity == 0:
        return None
    if not 1 <= wish.quantity <= MOST_UNITS:
        return Problem(field, f"Order from 1 to {MOST_UNITS:,} units, or 0 to remove it.")
    if offer is None:
        return Problem(
            f"lines.{position}.sku", f"{wish.sku} is not for sale.", "not_for_sale"
        )
    if wish.quantity > offer.available:
        return Problem(
            field, f"Only {offer.available} left of {offer.name}.", "out_of_stock"
        )
    return None


def _more(line: Line, offer: Offer | None, there: int) -> int:
    """Return how many units of what was ordered once can be added to those in the cart."""
    # Another product may have the SKU by now.
    if offer is None or offer.product_id != line.product_id:
        return 0
    return max(0, min(line.quantity, min(offer.available, MOST_UNITS) - there))


def _refuse_more_than_stock(offer: Offer, quantity: int, there: int) -> None:
    left = min(offer.available, MOST_UNITS) - there
    if quantity <= left:
        return
    if left <= 0:
        message = (
            f"{offer.name} is out of stock." if not there else "You have all there is."
        )
    else:
        message = f"You can add {left} more at most."
    raise Invalid(message, field="quantity", code="out_of_stock")
