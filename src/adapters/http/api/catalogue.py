"""The catalogue over the API, for the MSP: products, categories, price lists."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from litestar import Controller, Response, delete, get, patch, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody
from msgspec import UNSET, Meta, Struct, UnsetType

from adapters.http.api.asking import Asked, expected_version, once_for, unless_stale
from adapters.http.api.operations import Conditional, Repeatable, needs
from adapters.http.api.shop import CategoriesBody, CategoryBody, category_body
from adapters.http.api.wire import Amount, Listed, amount_or_none, chosen, listed, tagged
from adapters.http.calls import AnyRequest
from portal_core.commerce.catalogue import CatalogueService, ProductSheet
from portal_core.commerce.model import (
    ListedPrice,
    PriceList,
    Product,
    ProductDetails,
    ProductSummary,
)
from portal_core.commerce.shelves import CategoryService, PriceListService
from portal_core.errors import Invalid
from portal_core.identity.actor import Actor
from portal_core.ids import CategoryId, PriceListId
from portal_core.money import Money

_OUTER = {"category_id": "category"}
_INNER = {"category": "category_id"}
"""A product's category is a path outside, and an id inside."""

Path = Annotated[str, Meta(description="Names from the top", examples=["Parts/Mice"])]
Units = Annotated[int, Meta(ge=0, le=1_000_000)]
Sku = Annotated[str, Meta(max_length=64, examples=["MOUSE-1"])]
Name = Annotated[str, Meta(max_length=255, examples=["Mouse, wireless"])]
Text = Annotated[str, Meta(max_length=20_000)]


class DeskProductBody(Struct, frozen=True, kw_only=True):
    """A product as the MSP sees it.

    `stock` is in whole units that can be ordered now, `warehouses` what lies where.
    `locked_fields` are the administrators'; the supplier's feed leaves them alone.
    """

    sku: str
    name: str
    description: str
    category: Path
    manufacturer: str
    price: Amount | None
    cost: Amount | None
    vendor_sku: str
    stock: int
    low_stock: bool
    low_stock_at: int
    warehouses: dict[str, int]
    image_url: str
    archived: bool
    locked_fields: list[str]
    created_at: datetime
    updated_at: datetime


class DeskProductRowBody(Struct, frozen=True, kw_only=True):
    """A product in the MSP's list."""

    sku: str
    name: str
    category: Path
    manufacturer: str
    price: Amount | None
    cost: Amount | None
    stock: int
    low_stock: bool
    archived: bool
    updated_at: datetime


class NewProduct(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a new product needs. Without a price it is not for sale."""

    sku: Sku
    name: Name
    description: Text = ""
    category: Path = ""
    manufacturer: Annotated[str, Meta(max_length=120)] = ""
    price: Amount | None = None
    cost: Amount | None = None
    vendor_sku: Annotated[str, Meta(max_length=64)] = ""
    low_stock_at: Units = 5
    stock: Units = 0


class ProductChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to change; what is left out stays.

    The fields that change are the administrators' from now on; a shorter list of
    `locked_fields` hands those that are missing from it back to the feed.
    """

    sku: Sku | UnsetType = UNSET
    name: Name | UnsetType = UNSET
    description: Text | UnsetType = UNSET
    category: Path | UnsetType = UNSET
    manufacturer: Annotated[str, Meta(max_length=120)] | UnsetType = UNSET
    price: Amount | UnsetType | None = UNSET
    cost: Amount | UnsetType | None = UNSET
    vendor_sku: Annotated[str, Meta(max_length=64)] | UnsetType = UNSET
    low_stock_at: Units | UnsetType = UNSET
    warehouses: dict[str, Units] | UnsetType = UNSET
    archived: bool | UnsetType = UNSET
    locked_fields: list[str] | UnsetType = UNSET


class NewCategory(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A new shelf, below another one or at the top."""

    name: Annotated[str, Meta(max_length=120, examples=["Mice"])]
    parent_id: UUID | None = None


class CategoryChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Another name."""

    name: Annotated[str, Meta(max_length=120)]


class PriceListBody(Struct, frozen=True, kw_only=True):
    """Prices for a group of companies."""

    id: UUID
    name: str
    currency: str


class PriceListsBody(Struct, frozen=True):
    """All price lists, by name."""

    data: list[PriceListBody]


class NewPriceList(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A new price list, in one currency (ISO 4217)."""

    name: Annotated[str, Meta(max_length=120, examples=["VIP"])]
    currency: Annotated[str, Meta(examples=["AUD"])]


class ListedPriceBody(Struct, frozen=True, kw_only=True):
    """What a product costs on the list, beside its usual price."""

    sku: str
    name: str
    usual: Amount | None
    price: Amount


class NewPrice(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the product costs on this list."""

    price: Amount


class ProductApi(Controller):
    """Products, for the MSP."""

    path = "/products"
    tags = ("Catalogue",)

    @get(
        operation_id="listProducts",
        summary="List products",
        security=needs("products:write"),
    )
    async def list(
        self,
        asked: NamedDependency[Asked],
        actor: NamedDependency[Actor],
        catalogue: NamedDependency[CatalogueService],
        categories: NamedDependency[CategoryService],
        search: FromQuery[str] = "",
        category: FromQuery[str] = "",
        archived: FromQuery[bool | None] = None,
        count: FromQuery[bool] = False,  # noqa: FBT002 - a parameter of the address
    ) -> Response[Listed[DeskProductRowBody]]:
        """List products by name. Without `archived`, those for sale and those that were."""
        page = await catalogue.page(
            actor,
            asked.window,
            text=search,
            category_id=await _category(categories, actor, category),
            archived=archived,
            count=count,
        )
        return listed(asked, page, _product_row)

    @post(
        operation_id="createProduct",
        summary="Add a product",
        security=needs("products:write"),
        operation_class=Repeatable,
    )
    async def create(
        self,
        request: AnyRequest,
        data: JSONBody[NewProduct],
        actor: NamedDependency[Actor],
        catalogue: NamedDependency[CatalogueService],
        categories: NamedDependency[CategoryService],
    ) -> Response[DeskProductBody]:
        """Add a product, with so many units in the main warehouse."""
        details = ProductDetails(
            sku=data.sku,
            name=data.name,
            description=data.description,
            category_id=await _category(categories, actor, data.category),
            manufacturer=data.manufacturer,
            price=_money(data.price, None, "price"),
            cost=_money(data.cost, None, "cost"),
            vendor_sku=data.vendor_sku,
            low_stock=data.low_stock_at,
        )
        once = await once_for(request, actor)
        product = await catalogue.create(actor, details, stock=data.stock, once=once)
        sheet = await catalogue.get(actor, product.sku)
        return tagged(
            request,
            _product(sheet),
            sheet.product.version,
            status=201,
            location=f"/api/v1/products/{product.sku}",
        )

    @get(
        "/{sku:str}",
        operation_id="getProduct",
        summary="Get a product",
        security=needs("products:write"),
    )
    async def show(
        self,
        request: AnyRequest,
        sku: FromPath[str],
        actor: NamedDependency[Actor],
        catalogue: NamedDependency[CatalogueService],
    ) -> Response[DeskProductBody]:
        """Get one product by its SKU, in any case."""
        sheet = await catalogue.get(actor, sku)
        return tagged(request, _product(sheet), sheet.product.version)

    @patch(
        "/{sku:str}",
        operation_id="changeProduct",
        summary="Change a product",
        security=needs("products:write"),
        operation_class=Conditional,
    )
    async def change(
        self,
        request: AnyRequest,
        sku: FromPath[str],
        data: JSONBody[ProductChange],
        actor: NamedDependency[Actor],
        catalogue: NamedDependency[CatalogueService],
        categories: NamedDependency[CategoryService],
    ) -> Response[DeskProductBody]:
        """Change some of a product, all of it at once or nothing."""
        version = expected_version(request)
        before = await catalogue.product(actor, sku)
        category_id = before.category_id
        if data.category is not UNSET:
            category_id = await _category(categories, actor, data.category)
        with unless_stale():
            product = await catalogue.edit(
                actor,
                sku,
                _details(data, before, category_id),
                version=version,
                archived=chosen(data.archived, None),
                levels=chosen(data.warehouses, None),
                handed_back=_handed_back(data, before),
            )
        sheet = await catalogue.get(actor, product.sku)
        return tagged(request, _product(sheet), sheet.product.version)


class CategoryApi(Controller):
    """Categories, for the MSP."""

    path = "/categories"
    tags = ("Catalogue",)

    @get(
        operation_id="listCategories",
        summary="List categories",
        security=needs("products:write"),
    )
    async def list(
        self, actor: NamedDependency[Actor], categories: NamedDependency[CategoryService]
    ) -> CategoriesBody:
        """List every category, by path."""
        return CategoriesBody([category_body(c) for c in await categories.list(actor)])

    @post(
        operation_id="createCategory",
        summary="Add a category",
        security=needs("products:write"),
        operation_class=Repeatable,
    )
    async def create(
        self,
        request: AnyRequest,
        data: JSONBody[NewCategory],
        actor: NamedDependency[Actor],
        categories: NamedDependency[CategoryService],
    ) -> CategoryBody:
        """Add a category."""
        parent = None if data.parent_id is None else CategoryId(data.parent_id)
        once = await once_for(request, actor)
        return category_body(await categories.add(actor, data.name, parent, once=once))

    @patch(
        "/{category_id:uuid}",
        operation_id="renameCategory",
        summary="Rename a category",
        security=needs("products:write"),
    )
    async def rename(
        self,
        category_id: FromPath[UUID],
        data: JSONBody[CategoryChange],
        actor: NamedDependency[Actor],
        categories: NamedDependency[CategoryService],
    ) -> CategoryBody:
        """Give a category another name; what lies below it moves along."""
        renamed = await categories.rename(actor, CategoryId(category_id), data.name)
        return category_body(renamed)

    @delete(
        "/{category_id:uuid}",
        operation_id="removeCategory",
        summary="Remove a category",
        security=needs("products:write"),
    )
    async def remove(
        self,
        category_id: FromPath[UUID],
        actor: NamedDependency[Actor],
        categories: NamedDependency[CategoryService],
    ) -> None:
        """Remove an empty category."""
        await categories.remove(actor, CategoryId(category_id))


class PriceListApi(Controller):
    """Price lists, for the MSP."""

    path = "/price-lists"
    tags = ("Catalogue",)

    @get(
        operation_id="listPriceLists",
        summary="List price lists",
        security=needs("products:write"),
    )
    async def list(
        self, actor: NamedDependency[Actor], price_lists: NamedDependency[PriceListService]
    ) -> PriceListsBody:
        """List every price list, by name."""
        return PriceListsBody([_price_list(one) for one in await price_lists.list(actor)])

    @post(
        operation_id="createPriceList",
        summary="Add a price list",
        security=needs("products:write"),
        operation_class=Repeatable,
    )
    async def create(
        self,
        request: AnyRequest,
        data: JSONBody[NewPriceList],
        actor: NamedDependency[Actor],
        price_lists: NamedDependency[PriceListService],
    ) -> PriceListBody:
        """Add an empty price list."""
        once = await once_for(request, actor)
        return _price_list(
            await price_lists.create(actor, data.name, data.currency, once=once)
        )

    @get(
        "/{price_list_id:uuid}/prices",
        operation_id="listPrices",
        summary="List the prices of a price list",
        security=needs("products:write"),
    )
    async def prices(
        self,
        asked: NamedDependency[Asked],
        price_list_id: FromPath[UUID],
        actor: NamedDependency[Actor],
        price_lists: NamedDependency[PriceListService],
        search: FromQuery[str] = "",
    ) -> Response[Listed[ListedPriceBody]]:
        """List what products cost on the list, by name."""
        _, page = await price_lists.items(
            actor, PriceListId(price_list_id), search, asked.window
        )
        return listed(asked, page, _listed_price)

    @put(
        "/{price_list_id:uuid}/prices/{sku:str}",
        operation_id="setPrice",
        summary="Set a price",
        security=needs("products:write"),
        status_code=204,
    )
    async def set_price(
        self,
        price_list_id: FromPath[UUID],
        sku: FromPath[str],
        data: JSONBody[NewPrice],
        actor: NamedDependency[Actor],
        price_lists: NamedDependency[PriceListService],
    ) -> None:
        """Set what a product costs on the list."""
        price = data.price.money("price")
        await price_lists.set_price(actor, PriceListId(price_list_id), sku, price)

    @delete(
        "/{price_list_id:uuid}/prices/{sku:str}",
        operation_id="removePrice",
        summary="Take a product off a price list",
        security=needs("products:write"),
    )
    async def remove_price(
        self,
        price_list_id: FromPath[UUID],
        sku: FromPath[str],
        actor: NamedDependency[Actor],
        price_lists: NamedDependency[PriceListService],
    ) -> None:
        """Let the product cost the usual again."""
        await price_lists.set_price(actor, PriceListId(price_list_id), sku, None)


async def _category(
    categories: CategoryService, actor: Actor, path: str
) -> CategoryId | None:
    if not path:
        return None
    for category in await categories.list(actor):
        if category.path.casefold() == path.casefold():
            return category.id
    raise Invalid(f"There is no category “{path}”. Add it first.", field="category")


def _details(
    data: ProductChange, before: Product, category_id: CategoryId | None
) -> ProductDetails:
    return ProductDetails(
        sku=chosen(data.sku, before.sku),
        name=chosen(data.name, before.name),
        description=chosen(data.description, before.description),
        category_id=category_id,
        manufacturer=chosen(data.manufacturer, before.manufacturer),
        price=_money(data.price, before.price, "price"),
        cost=_money(data.cost, before.cost, "cost"),
        vendor_sku=chosen(data.vendor_sku, before.vendor_sku),
        low_stock=chosen(data.low_stock_at, before.low_stock),
    )


def _money(
    new: Amount | UnsetType | None, before: Money | None, field: str
) -> Money | None:
    if new is UNSET:
        return before
    return None if new is None else new.money(field)


def _handed_back(data: ProductChange, before: Product) -> frozenset[str]:
    if data.locked_fields is UNSET:
        return frozenset()
    kept = frozenset(_INNER.get(name, name) for name in data.locked_fields)
    if not kept <= before.locked_fields:
        message = "Only leave names out; a field is locked by changing it."
        raise Invalid(message, field="locked_fields")
    return before.locked_fields - kept


def _product(sheet: ProductSheet) -> DeskProductBody:
    product = sheet.product
    return DeskProductBody(
        sku=product.sku,
        name=product.name,
        description=product.description,
        category=sheet.category.path if sheet.category else "",
        manufacturer=product.manufacturer,
        price=amount_or_none(product.price),
        cost=amount_or_none(product.cost),
        vendor_sku=product.vendor_sku,
        stock=product.available,
        low_stock=product.available <= product.low_stock,
        low_stock_at=product.low_stock,
        warehouses={level.warehouse: level.on_hand for level in sheet.levels},
        image_url=product.image_url,
        archived=product.archived,
        locked_fields=sorted(_OUTER.get(name, name) for name in product.locked_fields),
        created_at=product.created_at,
        updated_at=product.updated_at,
    )


def _product_row(product: ProductSummary) -> DeskProductRowBody:
    return DeskProductRowBody(
        sku=product.sku,
        name=product.name,
        category=product.category,
        manufacturer=product.manufacturer,
        price=amount_or_none(product.price),
        cost=amount_or_none(product.cost),
        stock=product.available,
        low_stock=product.low_stock,
        archived=product.archived,
        updated_at=product.updated_at,
    )


def _price_list(price_list: PriceList) -> PriceListBody:
    return PriceListBody(
        id=price_list.id, name=price_list.name, currency=price_list.currency
    )


def _listed_price(listed_price: ListedPrice) -> ListedPriceBody:
    return ListedPriceBody(
        sku=listed_price.sku,
        name=listed_price.name,
        usual=amount_or_none(listed_price.usual),
        price=Amount.of(listed_price.price),
    )
