"""The other pages of a product: its prices, its stock, and who may see it."""

from typing import Annotated

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template
from msgspec import Meta, Struct

from adapters.http.forms import Filled, Form
from adapters.http.pages.products.controller import at_field
from adapters.http.pages.products.views import (
    DESK,
    CompanyView,
    PricesView,
    PriceView,
    StockForm,
    StockView,
    VisibilityView,
    address_of,
    amount,
    head_of,
    in_main,
    others_of,
)
from adapters.http.screen import Screen
from adapters.http.shell import Crumb
from portal_core.commerce.catalogue import CatalogueService
from portal_core.commerce.model import MAIN_WAREHOUSE, PriceList, Product
from portal_core.commerce.shelves import PriceListService
from portal_core.companies.companies import CompanyService
from portal_core.errors import Conflict, Invalid, Problem
from portal_core.identity.actor import Actor
from portal_core.ids import CompanyId, PriceListId
from portal_core.money import Money
from portal_core.paging import Window

MOST_COMPANIES = 200
_CRUMB = Crumb("Products", DESK)


class PriceForm(Struct, frozen=True, kw_only=True):
    """What “Save” beside a price list sends; without a price, the usual one holds."""

    price_list_id: PriceListId
    price: str = ""


class VisibilityQuery(Struct, frozen=True, kw_only=True):
    """Which companies are looked at."""

    search: Annotated[str, Meta(max_length=100)] = ""


class VisibilityForm(Struct, frozen=True, kw_only=True):
    """From whom the product is hidden: of those shown, and of those that were not."""

    company: tuple[CompanyId, ...] = ()
    kept: tuple[CompanyId, ...] = ()


class AspectPages(Controller):
    """Prices, stock and visibility of a product."""

    path = f"{DESK}/{{sku:str}}"

    @get("/prices")
    async def prices(
        self,
        sku: FromPath[str],
        actor: NamedDependency[Actor],
        screen: NamedDependency[Screen],
        catalogue: NamedDependency[CatalogueService],
    ) -> Template:
        """Show what the product costs on each price list."""
        return await _prices(screen, actor, catalogue, sku)

    @post("/prices")
    async def set_price(
        self,
        sku: FromPath[str],
        data: Form[PriceForm],
        actor: NamedDependency[Actor],
        screen: NamedDependency[Screen],
        catalogue: NamedDependency[CatalogueService],
        price_lists: NamedDependency[PriceListService],
    ) -> Template | Redirect:
        """Set the price on one list, or take the product off it."""
        form = data.fields
        try:
            price = await _price(actor, price_lists, form)
            await price_lists.set_price(actor, form.price_list_id, sku, price)
        except Invalid as refusal:
            filled = data.refused(refusal)
            return await _prices(screen, actor, catalogue, sku, filled)
        return screen.go(f"{address_of(sku)}/prices", "price-saved")

    @get("/stock")
    async def stock(
        self,
        sku: FromPath[str],
        actor: NamedDependency[Actor],
        screen: NamedDependency[Screen],
        catalogue: NamedDependency[CatalogueService],
    ) -> Template:
        """Show how many units lie where."""
        return await _stock(screen, actor, catalogue, sku)

    @post("/stock")
    async def set_stock(
        self,
        sku: FromPath[str],
        data: Form[StockForm],
        actor: NamedDependency[Actor],
        screen: NamedDependency[Screen],
        catalogue: NamedDependency[CatalogueService],
    ) -> Template | Redirect:
        """Say how many units lie in the main warehouse."""
        try:
            await catalogue.set_stock(actor, sku, {MAIN_WAREHOUSE: data.fields.units})
        except (Invalid, Conflict) as refusal:
            filled = data.refused(at_field(refusal, "units"))
            return await _stock(screen, actor, catalogue, sku, filled)
        return screen.go(f"{address_of(sku)}/stock", "stock-saved")

    @get("/companies")
    async def visibility(
        self,
        sku: FromPath[str],
        actor: NamedDependency[Actor],
        screen: NamedDependency[Screen],
        catalogue: NamedDependency[CatalogueService],
        companies: NamedDependency[CompanyService],
    ) -> Template:
        """Show from which companies the product is hidden."""
        query = screen.query(VisibilityQuery)
        product, hidden = await catalogue.hidden_from(actor, sku)
        page = await companies.page(actor, query.search.strip(), Window(MOST_COMPANIES))
        shown = {one.id for one in page.items}
        view = VisibilityView(
            head=head_of(product, "companies"),
            companies=tuple(
                CompanyView(id=str(one.id), name=one.name, hidden=one.id in hidden)
                for one in page.items
            ),
            kept=tuple(sorted(str(id_) for id_ in hidden - shown)),
            search=query.search,
            address=screen.address,
        )
        crumbs = _crumbs(product, "Visibility")
        return await screen.show("pages/products/companies.html", view, crumbs=crumbs)

    @post("/companies")
    async def exclude(
        self,
        sku: FromPath[str],
        data: Form[VisibilityForm],
        actor: NamedDependency[Actor],
        screen: NamedDependency[Screen],
        catalogue: NamedDependency[CatalogueService],
    ) -> Redirect:
        """Hide the product from these companies, and from no others."""
        form = data.fields
        await catalogue.exclude(actor, sku, {*form.company, *form.kept})
        return screen.go(f"{address_of(sku)}/companies", "visibility-saved")


async def _prices(
    screen: Screen,
    actor: Actor,
    catalogue: CatalogueService,
    sku: str,
    filled: Filled[PriceForm] | None = None,
) -> Template:
    product, listed = await catalogue.prices(actor, sku)
    view = PricesView(
        head=head_of(product, "prices"),
        usual=product.price,
        cost=product.cost,
        prices=tuple(_price_view(one, price, filled) for one, price in listed),
        problems=tuple(_pointed(filled)) if filled else (),
    )
    return await screen.show(
        "pages/products/prices.html",
        view,
        crumbs=_crumbs(product, "Prices"),
        status=filled.status if filled else 200,
    )


def _price_view(
    price_list: PriceList, price: Money | None, filled: Filled[PriceForm] | None
) -> PriceView:
    id_ = str(price_list.id)
    typed = filled if filled and filled.value("price_list_id") == id_ else None
    return PriceView(
        id=id_,
        name=price_list.name,
        href=f"/admin/price-lists/{id_}",
        currency=price_list.currency,
        price=typed.value("price") if typed else price.amount if price else "",
        error=typed.error("price") if typed else "",
    )


def _pointed(filled: Filled[PriceForm]) -> list[Problem]:
    """Return the problems, each at the field of the list that it is about."""
    field = f"price-{filled.value('price_list_id')}"
    return [Problem(field, one.message, one.code) for one in filled.problems]


async def _price(
    actor: Actor, price_lists: PriceListService, form: PriceForm
) -> Money | None:
    price_list = await price_lists.get(actor, form.price_list_id)
    problems: list[Problem] = []
    price = amount("price", form.price, price_list.currency, problems)
    if problems:
        raise Invalid.of(problems)
    return price


async def _stock(
    screen: Screen,
    actor: Actor,
    catalogue: CatalogueService,
    sku: str,
    filled: Filled[StockForm] | None = None,
) -> Template:
    product, levels = await catalogue.stock(actor, sku)
    view = StockView(
        head=head_of(product, "stock"),
        filled=filled or Filled.of(StockForm(units=in_main(levels))),
        others=others_of(levels),
        on_hand=product.on_hand,
        reserved=product.reserved,
        available=product.available,
    )
    return await screen.show(
        "pages/products/stock.html",
        view,
        crumbs=_crumbs(product, "Stock"),
        status=view.filled.status,
    )


def _crumbs(product: Product, here: str) -> tuple[Crumb, ...]:
    return (_CRUMB, Crumb(product.name, address_of(product.sku)), Crumb(here))
