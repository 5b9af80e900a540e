"""The cart of a person in a company: filling, changing, ordering."""

from collections.abc import Sequence

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.response import Redirect, Template
from msgspec import Struct

from adapters.http.forms import Filled, Form
from adapters.http.pages.cart.views import CartView, new_key, rows_of, sum_of
from adapters.http.pages.shop.controller import show_product
from adapters.http.screen import Screen
from adapters.http.shell import Crumb
from portal_core.commerce.carts import CartService
from portal_core.commerce.order import Wish
from portal_core.commerce.orders import OrderService
from portal_core.commerce.shop import ShopService
from portal_core.errors import Conflict, Invalid, Problem
from portal_core.idempotency import Once
from portal_core.identity.actor import Actor
from portal_core.identity.permissions import Permission
from portal_core.money import Money


class AddForm(Struct, frozen=True, kw_only=True):
    """What “Add to cart” sends."""

    sku: str
    quantity: int = 1


class LinesForm(Struct, frozen=True, kw_only=True):
    """What “Update” sends: SKUs and quantities, in the same order."""

    sku: tuple[str, ...] = ()
    quantity: tuple[int, ...] = ()


class RemoveForm(Struct, frozen=True, kw_only=True):
    """What “Remove” sends."""

    sku: str


class OrderForm(Struct, frozen=True, kw_only=True):
    """What “Place order” sends: the buyer's reference, and the total that they saw."""

    po_number: str = ""
    total: int | None = None
    currency: str = ""


class CartPages(Controller):
    """The cart."""

    path = "/c/{company:str}/cart"

    @get()
    async def show(
        self,
        actor: NamedDependency[Actor],
        screen: NamedDependency[Screen],
        carts: NamedDependency[CartService],
    ) -> Template:
        """Show the cart at today's prices."""
        return await _show(screen, actor, carts)

    @post()
    async def add(
        self,
        data: Form[AddForm],
        actor: NamedDependency[Actor],
        screen: NamedDependency[Screen],
        carts: NamedDependency[CartService],
        shop: NamedDependency[ShopService],
    ) -> Template | Redirect:
        """Put units of a product into the cart."""
        try:
            await carts.add(actor, data.fields.sku, data.fields.quantity)
        except Invalid as refusal:
            if screen.is_fragment:
                raise  # htmx tells it in a toast
            product = await shop.product(actor, data.value("sku"))
            return await show_product(
                screen,
                product,
                quantity=data.value("quantity"),
                error=refusal.problems[0].message,
                status=422,
            )
        if screen.is_fragment:
            return await screen.around("cart-added")
        return screen.go(screen.room("cart"), "cart-added")

    @post("/lines")
    async def change(
        self,
        data: Form[LinesForm],
        actor: NamedDependency[Actor],
        screen: NamedDependency[Screen],
        carts: NamedDependency[CartService],
    ) -> Template | Redirect:
        """Set the quantities; none or all of them."""
        try:
            await carts.change(actor, _wishes(data.fields))
        except Invalid as refusal:
            typed = data.values("quantity")
            return await _show(screen, actor, carts, refusal=refusal, typed=typed)
        return screen.go(screen.room("cart"), "cart-updated")

    @post("/remove")
    async def remove(
        self,
        data: Form[RemoveForm],
        actor: NamedDependency[Actor],
        screen: NamedDependency[Screen],
        carts: NamedDependency[CartService],
    ) -> Redirect:
        """Take a product out."""
        await carts.remove(actor, data.fields.sku)
        return screen.go(screen.room("cart"), "cart-updated")

    @post("/order")
    async def order(
        self,
        data: Form[OrderForm],
        actor: NamedDependency[Actor],
        screen: NamedDependency[Screen],
        carts: NamedDependency[CartService],
        orders: NamedDependency[OrderService],
    ) -> Template | Redirect:
        """Order what is in the cart."""
        try:
            placed = await orders.place_cart(
                actor,
                po_number=data.fields.po_number,
                expected=_expected(data.fields),
                once=_once(actor, data),
            )
        except (Invalid, Conflict) as refusal:
            return await _show(
                screen, actor, carts, refusal=refusal, po_number=data.value("po_number")
            )
        return screen.go(screen.room(f"orders/{placed.order.number}"), "order-placed")


async def _show(
    screen: Screen,
    actor: Actor,
    carts: CartService,
    *,
    refusal: Invalid | Conflict | None = None,
    typed: Sequence[str] = (),
    po_number: str = "",
) -> Template:
    cart = await carts.get(actor)
    problems = _problems(refusal)
    view = CartView(
        rows=rows_of(cart, screen.room("shop"), typed, problems),
        sum=sum_of(cart),
        orderable=cart.orderable,
        may_order=actor.may(Permission.PLACE_ORDERS),
        po_number=po_number,
        po_error=next((p.message for p in problems if p.field == "po_number"), ""),
        problems=problems,
        key=new_key(),
        shop=screen.room("shop"),
        cart=screen.room("cart"),
    )
    status = 200 if refusal is None else 409 if isinstance(refusal, Conflict) else 422
    return await screen.show(
        "pages/cart/cart.html", view, crumbs=(Crumb("Cart"),), status=status
    )


def _problems(refusal: Invalid | Conflict | None) -> tuple[Problem, ...]:
    if refusal is None:
        return ()
    return refusal.problems or (Problem("", refusal.message, refusal.code),)


def _wishes(form: LinesForm) -> list[Wish]:
    if len(form.sku) != len(form.quantity):
        raise Invalid("Fill in every quantity; 0 takes a product out.", field="quantity")
    return [Wish(sku, units) for sku, units in zip(form.sku, form.quantity, strict=True)]


def _expected(form: OrderForm) -> Money | None:
    return None if form.total is None else Money(form.total, form.currency)


def _once(actor: Actor, data: Filled[OrderForm]) -> Once | None:
    """Return the page's promise: whatever is sent from it is one and the same order."""
    key = data.idempotency_key
    scope = f"cart:{actor.id}:{actor.company_id}"
    return Once(scope=scope, key=key, fingerprint="cart") if key else None
