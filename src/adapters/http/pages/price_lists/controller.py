"""The rooms in which the MSP keeps prices for groups of companies."""

from typing import Annotated
from uuid import UUID

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template
from msgspec import Meta, Struct

from adapters.http.forms import Filled, Form
from adapters.http.pages.price_lists.views import (
    DESK,
    ListView,
    NewView,
    PriceForm,
    PriceListForm,
    PriceListView,
    RemoveForm,
    item_of,
    row_of,
)
from adapters.http.pages.products.views import amount
from adapters.http.screen import Screen
from adapters.http.shell import Crumb
from portal_core.commerce.shelves import PriceListService
from portal_core.errors import Conflict, Invalid, NotFound, Problem
from portal_core.identity.actor import Actor
from portal_core.identity.permissions import Permission
from portal_core.ids import PriceListId
from portal_core.money import Money

_CRUMB = Crumb("Price lists", DESK)


class ItemsQuery(Struct, frozen=True, kw_only=True):
    """The state of the list of products, in its address."""

    search: Annotated[str, Meta(max_length=100)] = ""
    cursor: str = ""


class PriceListPages(Controller):
    """Prices for groups of companies."""

    path = DESK

    @get()
    async def list(
        self,
        actor: NamedDependency[Actor],
        screen: NamedDependency[Screen],
        price_lists: NamedDependency[PriceListService],
    ) -> Template:
        """List the price lists."""
        found = await price_lists.list(actor)
        view = ListView(rows=tuple(row_of(one) for one in found))
        crumbs = (Crumb(_CRUMB.label),)
        return await screen.show("pages/price_lists/list.html", view, crumbs=crumbs)

    @get("/new")
    async def new(
        self, actor: NamedDependency[Actor], screen: NamedDependency[Screen]
    ) -> Template:
        """Show an empty form."""
        actor.require(Permission.MANAGE_CATALOGUE)
        return await _new(screen, Filled.of(PriceListForm(currency=screen.currency)))

    @post()
    async def create(
        self,
        data: Form[PriceListForm],
        actor: NamedDependency[Actor],
        screen: NamedDependency[Screen],
        price_lists: NamedDependency[PriceListService],
    ) -> Template | Redirect:
        """Add a price list, and go to it."""
        try:
            form = data.fields
            price_list = await price_lists.create(actor, form.name, form.currency)
        except (Invalid, Conflict) as refusal:
            return await _new(screen, data.refused(_at_name(refusal)))
        return screen.go(f"{DESK}/{price_list.id}", "price-list-created")

    @get("/{price_list_id:uuid}")
    async def show(
        self,
        price_list_id: FromPath[UUID],
        actor: NamedDependency[Actor],
        screen: NamedDependency[Screen],
        price_lists: NamedDependency[PriceListService],
    ) -> Template:
        """Show a price list: the products that it names."""
        return await _show(screen, actor, price_lists, price_list_id)

    @post("/{price_list_id:uuid}")
    async def set_price(
        self,
        price_list_id: FromPath[UUID],
        data: Form[PriceForm],
        actor: NamedDependency[Actor],
        screen: NamedDependency[Screen],
        price_lists: NamedDependency[PriceListService],
    ) -> Template | Redirect:
        """Set what a product costs on the list."""
        id_ = PriceListId(price_list_id)
        price_list = await price_lists.get(actor, id_)
        try:
            form = data.fields
            price = _price(form, price_list.currency)
            await _set(actor, price_lists, id_, form.sku, price)
        except Invalid as refusal:
            filled = data.refused(refusal)
            return await _show(screen, actor, price_lists, price_list_id, filled)
        return screen.go(f"{DESK}/{price_list_id}", "price-saved")

    @post("/{price_list_id:uuid}/remove")
    async def remove(
        self,
        price_list_id: FromPath[UUID],
        data: Form[RemoveForm],
        actor: NamedDependency[Actor],
        screen: NamedDependency[Screen],
        price_lists: NamedDependency[PriceListService],
    ) -> Redirect:
        """Take a product off the list."""
        id_ = PriceListId(price_list_id)
        await price_lists.set_price(actor, id_, data.fields.sku, None)
        return screen.go(f"{DESK}/{price_list_id}", "price-removed")


def _at_name(refusal: Invalid | Conflict) -> Invalid | Conflict:
    """Return the refusal of a name that is taken as one of the field."""
    if refusal.code != "taken":
        return refusal
    return Conflict(refusal.message, Problem("name", refusal.message, "taken"))


def _price(form: PriceForm, currency: str) -> Money:
    problems: list[Problem] = []
    price = amount("price", form.price, currency, problems)
    if not form.sku.strip():
        problems.insert(0, Problem("sku", "Enter a SKU.", "required"))
    if price is None and not form.price.strip():
        problems.append(Problem("price", "Enter a price.", "required"))
    if problems or price is None:
        raise Invalid.of(problems)
    return price


async def _set(
    actor: Actor,
    price_lists: PriceListService,
    price_list_id: PriceListId,
    sku: str,
    price: Money,
) -> None:
    try:
        await price_lists.set_price(actor, price_list_id, sku.strip(), price)
    except NotFound as error:
        raise Invalid(f"There is no product “{sku}”.", field="sku") from error


async def _new(screen: Screen, filled: Filled[PriceListForm]) -> Template:
    crumbs = (_CRUMB, Crumb("New price list"))
    return await screen.show(
        "pages/price_lists/new.html",
        NewView(filled=filled),
        crumbs=crumbs,
        status=filled.status,
    )


async def _show(
    screen: Screen,
    actor: Actor,
    price_lists: PriceListService,
    price_list_id: UUID,
    filled: Filled[PriceForm] | None = None,
) -> Template:
    query = screen.query(ItemsQuery)
    window = screen.window(query.cursor, query.search)
    price_list, page = await price_lists.items(
        actor, PriceListId(price_list_id), query.search.strip(), window
    )
    view = PriceListView(
        here=f"{DESK}/{price_list.id}",
        name=price_list.name,
        currency=price_list.currency,
        filled=filled or Filled.of(PriceForm()),
        items=tuple(item_of(one) for one in page.items),
        address=screen.address,
        prev=screen.cursor(page.prev, query.search),
        next=screen.cursor(page.next, query.search),
    )
    crumbs = (_CRUMB, Crumb(price_list.name))
    return await screen.show(
        "pages/price_lists/price_list.html", view, crumbs=crumbs, status=view.filled.status
    )
