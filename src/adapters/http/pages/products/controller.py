"""The rooms in which the MSP keeps its catalogue."""

from typing import Annotated

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template
from msgspec import Meta, Struct

from adapters.http.forms import Filled, Form
from adapters.http.pages.products.views import (
    DESK,
    ListView,
    NewView,
    ProductForm,
    ProductView,
    Shown,
    address_of,
    choices_of,
    form_of,
    head_of,
    locked_of,
    margin_of,
    owners_of,
    row_of,
)
from adapters.http.screen import Screen
from adapters.http.shell import Crumb
from portal_core.commerce.catalogue import CatalogueService
from portal_core.commerce.shelves import CategoryService
from portal_core.errors import Conflict, Invalid
from portal_core.identity.actor import Actor
from portal_core.ids import CategoryId
from portal_core.paging import Total

_CRUMB = Crumb("Products", DESK)
_ARCHIVED = {None: False, "sold-out": False, "archived": True, "all": None}


class ProductsQuery(Struct, frozen=True, kw_only=True):
    """The state of the list, in its address."""

    search: Annotated[str, Meta(max_length=200)] = ""
    category: CategoryId | None = None
    show: Shown | None = None
    cursor: str = ""


class HandBackForm(Struct, frozen=True, kw_only=True):
    """What “Hand back to the feed” sends."""

    field: tuple[str, ...] = ()
    version: int = 0


class ProductPages(Controller):
    """The catalogue."""

    path = DESK

    @get()
    async def list(
        self,
        actor: NamedDependency[Actor],
        screen: NamedDependency[Screen],
        catalogue: NamedDependency[CatalogueService],
    ) -> Template:
        """List products, by name."""
        query = screen.query(ProductsQuery)
        order = f"{query.search}&{query.category}&{query.show}"
        page, categories = await catalogue.browse(
            actor,
            screen.window(query.cursor, order),
            text=query.search,
            category_id=query.category,
            archived=_ARCHIVED[query.show],
            sold_out=query.show == "sold-out",
        )
        view = ListView(
            address=screen.address,
            rows=tuple(row_of(product) for product in page.items),
            categories=choices_of(categories),
            found=_found(page.total),
            prev=screen.cursor(page.prev, order),
            next=screen.cursor(page.next, order),
        )
        crumbs = (Crumb(_CRUMB.label),)
        return await screen.show("pages/products/list.html", view, crumbs=crumbs)

    @get("/new")
    async def new(
        self,
        actor: NamedDependency[Actor],
        screen: NamedDependency[Screen],
        categories: NamedDependency[CategoryService],
    ) -> Template:
        """Show an empty form."""
        return await _new(screen, actor, categories, Filled.of(ProductForm()))

    @post()
    async def create(
        self,
        data: Form[ProductForm],
        actor: NamedDependency[Actor],
        screen: NamedDependency[Screen],
        catalogue: NamedDependency[CatalogueService],
        categories: NamedDependency[CategoryService],
    ) -> Template | Redirect:
        """Add a product, and go to it."""
        try:
            form = data.fields
            product = await catalogue.create(
                actor, form.details(screen.currency), stock=form.stock
            )
        except (Invalid, Conflict) as refusal:
            filled = data.refused(at_field(refusal, "stock"))
            return await _new(screen, actor, categories, filled)
        return screen.go(address_of(product.sku), "product-created")

    @get("/{sku:str}")
    async def show(
        self,
        sku: FromPath[str],
        actor: NamedDependency[Actor],
        screen: NamedDependency[Screen],
        catalogue: NamedDependency[CatalogueService],
        categories: NamedDependency[CategoryService],
    ) -> Template:
        """Show the details of a product."""
        return await _show(screen, actor, catalogue, categories, sku)

    @post("/{sku:str}")
    async def save(
        self,
        sku: FromPath[str],
        data: Form[ProductForm],
        actor: NamedDependency[Actor],
        screen: NamedDependency[Screen],
        catalogue: NamedDependency[CatalogueService],
        categories: NamedDependency[CategoryService],
    ) -> Template | Redirect:
        """Change the details of a product."""
        before = await catalogue.product(actor, sku)
        currency = before.price.currency if before.price else screen.currency
        try:
            form = data.fields
            product = await catalogue.edit(
                actor, sku, form.details(currency), version=form.version
            )
        except (Invalid, Conflict) as refusal:
            filled = data.refused(refusal)
            return await _show(screen, actor, catalogue, categories, sku, filled)
        return screen.go(address_of(product.sku), "product-saved")

    @post("/{sku:str}/hand-back")
    async def hand_back(
        self,
        sku: FromPath[str],
        data: Form[HandBackForm],
        actor: NamedDependency[Actor],
        screen: NamedDependency[Screen],
        catalogue: NamedDependency[CatalogueService],
    ) -> Redirect:
        """Leave fields to the supplier's feed again."""
        form = data.fields
        product = await catalogue.hand_back(actor, sku, form.field, version=form.version)
        return screen.go(address_of(product.sku), "product-handed-back")

    @post("/{sku:str}/archive")
    async def archive(
        self,
        sku: FromPath[str],
        actor: NamedDependency[Actor],
        screen: NamedDependency[Screen],
        catalogue: NamedDependency[CatalogueService],
    ) -> Redirect:
        """Take a product off the shop."""
        await catalogue.archive(actor, sku)
        return screen.go(address_of(sku), "product-archived")

    @post("/{sku:str}/restore")
    async def restore(
        self,
        sku: FromPath[str],
        actor: NamedDependency[Actor],
        screen: NamedDependency[Screen],
        catalogue: NamedDependency[CatalogueService],
    ) -> Redirect:
        """Put a product back into the shop."""
        await catalogue.restore(actor, sku)
        return screen.go(address_of(sku), "product-restored")


def at_field(refusal: Invalid | Conflict, field: str) -> Invalid | Conflict:
    """Return what is said of a warehouse as said of the field in which it is typed."""
    if refusal.problems and refusal.problems[0].field.startswith("stock."):
        return Invalid(refusal.message, field=field)
    return refusal


async def _new(
    screen: Screen,
    actor: Actor,
    categories: CategoryService,
    filled: Filled[ProductForm],
) -> Template:
    view = NewView(
        filled=filled,
        categories=choices_of(await categories.list(actor)),
        currency=screen.currency,
        owners=owners_of(None),
    )
    crumbs = (_CRUMB, Crumb("New product"))
    return await screen.show(
        "pages/products/new.html", view, crumbs=crumbs, status=filled.status
    )


async def _show(
    screen: Screen,
    actor: Actor,
    catalogue: CatalogueService,
    categories: CategoryService,
    sku: str,
    filled: Filled[ProductForm] | None = None,
) -> Template:
    product = await catalogue.product(actor, sku)
    view = ProductView(
        head=head_of(product, ""),
        filled=filled or Filled.of(form_of(product)),
        categories=choices_of(await categories.list(actor)),
        currency=product.price.currency if product.price else screen.currency,
        owners=owners_of(product),
        locked=locked_of(product),
        version=product.version,
        margin=margin_of(product.price, product.cost),
        available=product.available,
        reserved=product.reserved,
        low_stock=product.available <= product.low_stock,
        image_url=product.image_url,
        created_at=product.created_at,
        updated_at=product.updated_at,
    )
    return await screen.show(
        "pages/products/product.html",
        view,
        crumbs=(_CRUMB, Crumb(product.name)),
        status=view.filled.status,
    )


def _found(total: Total | None) -> str:
    if total is None:
        return ""
    noun = "product" if total.exact and total.count == 1 else "products"
    return f"{total.count:,}{'' if total.exact else '+'} {noun}"
