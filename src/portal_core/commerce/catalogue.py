"""Keeping the catalogue: products, stock, and who must not see what."""

from collections.abc import Collection, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from portal_core.clock import Clock
from portal_core.commerce.events import (
    ProductArchived,
    ProductCreated,
    ProductRestored,
    ProductUpdated,
)
from portal_core.commerce.model import (
    MAIN_WAREHOUSE,
    Category,
    PriceList,
    Product,
    ProductDetails,
    ProductSummary,
    StockLevel,
    StockMove,
    subtree,
)
from portal_core.commerce.orders import announce_crossings
from portal_core.commerce.ports import CommerceDatabase, CommerceWork, ProductFilter
from portal_core.commerce.search import wanted
from portal_core.errors import Conflict, Invalid
from portal_core.idempotency import Once, answered_once
from portal_core.identity.actor import Actor
from portal_core.identity.permissions import Permission
from portal_core.ids import CategoryId, CompanyId, PriceListId
from portal_core.money import Money
from portal_core.paging import Page, Window


class ProductSheet(Struct, frozen=True):
    """Everything that the MSP knows of a product."""

    product: Product
    category: Category | None
    levels: Sequence[StockLevel]
    prices: Mapping[PriceListId, Money]
    excluded: frozenset[CompanyId]


class CatalogueService:
    """The catalogue, for the MSP."""

    def __init__(self, *, database: CommerceDatabase, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def page(
        self,
        actor: Actor,
        window: Window,
        *,
        text: str = "",
        category_id: CategoryId | None = None,
        archived: bool | None = False,
        count: bool = False,
    ) -> Page[ProductSummary]:
        """Return products by name; `archived` None means both."""
        actor.require(Permission.MANAGE_CATALOGUE)
        async with self._database.read() as work:
            inside: frozenset[CategoryId] | None = None
            if category_id is not None:
                inside = subtree(await work.categories.list(), category_id)
            asked = ProductFilter(
                wanted=wanted(text), categories=inside, archived=archived, count=count
            )
            return await work.products.page(asked, window)

    async def browse(
        self,
        actor: Actor,
        window: Window,
        *,
        text: str = "",
        category_id: CategoryId | None = None,
        archived: bool | None = False,
        sold_out: bool = False,
    ) -> tuple[Page[ProductSummary], Sequence[Category]]:
        """Return products by name, counted, and every category by path."""
        actor.require(Permission.MANAGE_CATALOGUE)
        async with self._database.read() as work:
            categories = await work.categories.list()
            asked = ProductFilter(
                wanted=wanted(text),
                categories=subtree(categories, category_id) if category_id else None,
                archived=archived,
                sold_out=sold_out,
                count=True,
            )
            return await work.products.page(asked, window), categories

    async def get(self, actor: Actor, sku: str) -> ProductSheet:
        """Return all about one product. Raises NotFound."""
        actor.require(Permission.MANAGE_CATALOGUE)
        async with self._database.read() as work:
            return await _sheet(work, sku)

    async def product(self, actor: Actor, sku: str) -> Product:
        """Return the product. Raises NotFound."""
        actor.require(Permission.MANAGE_CATALOGUE)
        async with self._database.read() as work:
            return await work.products.get(sku)

    async def stock(self, actor: Actor, sku: str) -> tuple[Product, Sequence[StockLevel]]:
        """Return the product and its units by warehouse. Raises NotFound."""
        actor.require(Permission.MANAGE_CATALOGUE)
        async with self._database.read() as work:
            product = await work.products.get(sku)
            return product, await work.stock.levels(product.id)

    async def prices(
        self, actor: Actor, sku: str
    ) -> tuple[Product, Sequence[tuple[PriceList, Money | None]]]:
        """Return the product and what it costs on every price list. Raises NotFound."""
        actor.require(Permission.MANAGE_CATALOGUE)
        async with self._database.read() as work:
            product = await work.products.get(sku)
            prices = await work.price_lists.prices(product.id)
            lists = await work.price_lists.list()
        return product, [(one, prices.get(one.id)) for one in lists]

    async def hidden_from(
        self, actor: Actor, sku: str
    ) -> tuple[Product, frozenset[CompanyId]]:
        """Return the product and the companies that must not see it. Raises NotFound."""
        actor.require(Permission.MANAGE_CATALOGUE)
        async with self._database.read() as work:
            product = await work.products.get(sku)
            return product, await work.products.excluded(product.id)

    async def create(
        self,
        actor: Actor,
        details: ProductDetails,
        *,
        stock: int = 0,
        once: Once | None = None,
    ) -> Product:
        """Add a product with so many units at hand. Raises Invalid."""
        actor.require(Permission.MANAGE_CATALOGUE)
        product = Product.create(details.checked(), at=self._clock())
        async with self._database.begin() as work:

            async def add() -> Product:
                await _check_category(work, product.category_id)
                await _add(work, product)
                if stock:
                    await self._set_level(work, actor, product, MAIN_WAREHOUSE, stock)
                work.emit(
                    ProductCreated(
                        stamp=actor.stamp(product.created_at),
                        product_id=product.id,
                        sku=product.sku,
                        name=product.name,
                    )
                )
                return product

            created, _ = await answered_once(work.answers, once, Product, add)
        return created

    async def edit(
        self,
        actor: Actor,
        sku: str,
        details: ProductDetails,
        *,
        version: int,
        archived: bool | None = None,
        levels: Mapping[str, int] | None = None,
        handed_back: Collection[str] = (),
    ) -> Product:
        """Change a product; the fields that change are the administrator's from now on.

        What is `handed_back` is the feed's again. `archived` None leaves that as it is, and
        so do the `levels` of warehouses that are not named. Raises Invalid, NotFound, and
        Conflict if somebody was faster.
        """
        actor.require(Permission.MANAGE_CATALOGUE)
        details, now = details.checked(), self._clock()
        async with self._database.begin() as work:
            before = await work.products.get(sku)
            await _check_category(work, details.category_id)
            product = before.edited(details, at=now)
            changed = before.changed_by(details)
            if given := product.locked_fields & frozenset(handed_back):
                product = product.handed_back(given, at=now)
                changed |= {"locked_fields"}
            await _save(work, replace(product, version=version + 1))
            self._emit_updated(work, actor, product, changed)
            for warehouse, units in (levels or {}).items():
                await self._set_level(work, actor, product, warehouse, units)
            if archived is not None:
                product = await self._archive(work, actor, details.sku, archived=archived)
            else:
                product = await work.products.get(details.sku)
        return product

    async def hand_back(
        self, actor: Actor, sku: str, fields: Collection[str], *, version: int
    ) -> Product:
        """Leave these fields to the supplier's feed again, from its next import on."""
        actor.require(Permission.MANAGE_CATALOGUE)
        async with self._database.begin() as work:
            before = await work.products.get(sku)
            given = before.locked_fields & frozenset(fields)
            product = before.handed_back(given, at=self._clock())
            await work.products.save(replace(product, version=version + 1))
            self._emit_updated(work, actor, product, frozenset({"locked_fields"}))
        return product

    async def archive(self, actor: Actor, sku: str) -> None:
        """Take the product off the shop. Orders that hold it keep it. Raises NotFound."""
        actor.require(Permission.MANAGE_CATALOGUE)
        await self._set_archived(actor, sku, archived=True)

    async def restore(self, actor: Actor, sku: str) -> None:
        """Put an archived product back into the shop. Raises NotFound."""
        actor.require(Permission.MANAGE_CATALOGUE)
        await self._set_archived(actor, sku, archived=False)

    async def set_stock(
        self, actor: Actor, sku: str, levels: Mapping[str, int]
    ) -> Sequence[StockLevel]:
        """Say how many units lie in each of these warehouses. Raises Invalid below zero."""
        actor.require(Permission.MANAGE_CATALOGUE)
        async with self._database.begin() as work:
            product = await work.products.get(sku)
            for warehouse, units in levels.items():
                await self._set_level(work, actor, product, warehouse, units)
            return await work.stock.levels(product.id)

    async def exclude(
        self, actor: Actor, sku: str, companies: Collection[CompanyId]
    ) -> None:
        """Hide the product from these companies, and from no others."""
        actor.require(Permission.MANAGE_CATALOGUE)
        async with self._database.begin() as work:
            product = await work.products.get(sku)
            if await work.products.excluded(product.id) != frozenset(companies):
                await work.products.exclude(product.id, companies)
                self._emit_updated(work, actor, product, frozenset({"excluded"}))

    async def _set_archived(self, actor: Actor, sku: str, *, archived: bool) -> None:
        async with self._database.begin() as work:
            await self._archive(work, actor, sku, archived=archived)

    async def _archive(
        self, work: CommerceWork, actor: Actor, sku: str, *, archived: bool
    ) -> Product:
        now = self._clock()
        before = await work.products.get(sku)
        if before.archived == archived:
            return before
        product = replace(
            before, archived=archived, updated_at=now, version=before.version + 1
        )
        await work.products.save(product)
        kind = ProductArchived if archived else ProductRestored
        work.emit(
            kind(
                stamp=actor.stamp(now),
                product_id=product.id,
                sku=product.sku,
                name=product.name,
            )
        )
        return product

    async def _set_level(
        self, work: CommerceWork, actor: Actor, product: Product, warehouse: str, units: int
    ) -> None:
        if not 0 <= units <= 1_000_000:  # noqa: PLR2004
            raise Invalid("Enter a number of units, 0 or more.", field=f"stock.{warehouse}")
        now = self._clock()
        levels = await work.stock.levels(product.id)
        there = next((x.on_hand for x in levels if x.warehouse == warehouse), 0)
        if units != there:
            move = StockMove(
                product_id=product.id,
                on_hand=units - there,
                warehouse=warehouse,
                reason="counted",
            )
            changes = await work.stock.apply([move], at=now, reference=None)
            announce_crossings(work, actor, changes, now)

    def _emit_updated(
        self, work: CommerceWork, actor: Actor, product: Product, changed: frozenset[str]
    ) -> None:
        if changed:
            work.emit(
                ProductUpdated(
                    stamp=actor.stamp(self._clock()),
                    product_id=product.id,
                    sku=product.sku,
                    name=product.name,
                    changed=tuple(sorted(changed)),
                )
            )


async def _sheet(work: CommerceWork, sku: str) -> ProductSheet:
    product = await work.products.get(sku)
    category = (
        await work.categories.get(product.category_id) if product.category_id else None
    )
    return ProductSheet(
        product,
        category,
        await work.stock.levels(product.id),
        await work.price_lists.prices(product.id),
        await work.products.excluded(product.id),
    )


async def _check_category(work: CommerceWork, category_id: CategoryId | None) -> None:
    if category_id is not None:
        await work.categories.get(category_id)


async def _add(work: CommerceWork, product: Product) -> None:
    try:
        await work.products.add(product)
    except Conflict as error:
        raise _taken(product) from error


async def _save(work: CommerceWork, product: Product) -> None:
    try:
        await work.products.save(product)
    except Conflict as error:
        if error.code == "taken":
            raise _taken(product) from error
        raise


def _taken(product: Product) -> Invalid:
    message = f"There is a product with the SKU {product.sku} already."
    return Invalid(message, field="sku", code="taken")
