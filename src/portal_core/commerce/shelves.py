"""Keeping the categories and the price lists."""

from collections.abc import Sequence

from msgspec.structs import replace

from portal_core.clock import Clock
from portal_core.commerce.events import PriceListChanged, PriceListCreated
from portal_core.commerce.model import Category, ListedPrice, PriceList
from portal_core.commerce.ports import CommerceDatabase
from portal_core.errors import Invalid
from portal_core.idempotency import Once, answered_once
from portal_core.identity.actor import Actor
from portal_core.identity.permissions import Permission
from portal_core.ids import CategoryId, PriceListId
from portal_core.money import Money
from portal_core.paging import Page, Window


class CategoryService:
    """The shelves of the shop, for the MSP."""

    def __init__(self, *, database: CommerceDatabase) -> None:
        self._database = database

    async def list(self, actor: Actor) -> Sequence[Category]:
        """Return every category, by path."""
        actor.require(Permission.MANAGE_CATALOGUE)
        async with self._database.read() as work:
            return await work.categories.list()

    async def add(
        self,
        actor: Actor,
        name: str,
        parent_id: CategoryId | None,
        *,
        once: Once | None = None,
    ) -> Category:
        """Add a category. Raises Invalid, and Conflict if the name is taken there."""
        actor.require(Permission.MANAGE_CATALOGUE)
        async with self._database.begin() as work:

            async def add() -> Category:
                parent = await work.categories.get(parent_id) if parent_id else None
                category = Category.create(name, parent)
                await work.categories.add(category)
                return category

            added, _ = await answered_once(work.answers, once, Category, add)
        return added

    async def rename(self, actor: Actor, category_id: CategoryId, name: str) -> Category:
        """Give the category another name. Raises Invalid, NotFound, Conflict."""
        actor.require(Permission.MANAGE_CATALOGUE)
        async with self._database.begin() as work:
            category = await work.categories.get(category_id)
            parent_id = category.parent_id
            parent = await work.categories.get(parent_id) if parent_id else None
            renamed = replace(Category.create(name, parent), id=category_id)
            await work.categories.rename(renamed)
        return renamed

    async def remove(self, actor: Actor, category_id: CategoryId) -> None:
        """Remove an empty category. Raises NotFound, and Conflict if it is not empty."""
        actor.require(Permission.MANAGE_CATALOGUE)
        async with self._database.begin() as work:
            await work.categories.get(category_id)
            await work.categories.remove(category_id)


class PriceListService:
    """Prices for groups of companies, for the MSP."""

    def __init__(self, *, database: CommerceDatabase, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def list(self, actor: Actor) -> Sequence[PriceList]:
        """Return every price list, by name."""
        actor.require(Permission.MANAGE_CATALOGUE)
        async with self._database.read() as work:
            return await work.price_lists.list()

    async def get(self, actor: Actor, price_list_id: PriceListId) -> PriceList:
        """Return the price list. Raises NotFound."""
        actor.require(Permission.MANAGE_CATALOGUE)
        async with self._database.read() as work:
            return await work.price_lists.get(price_list_id)

    async def items(
        self, actor: Actor, price_list_id: PriceListId, search: str, window: Window
    ) -> tuple[PriceList, Page[ListedPrice]]:
        """Return the list, and its products whose name or SKU contains the text, by name.

        Raises NotFound.
        """
        actor.require(Permission.MANAGE_CATALOGUE)
        async with self._database.read() as work:
            price_list = await work.price_lists.get(price_list_id)
            found = await work.price_lists.page_of_items(price_list_id, search, window)
        return price_list, found

    async def create(
        self, actor: Actor, name: str, currency: str, *, once: Once | None = None
    ) -> PriceList:
        """Add a price list. Raises Invalid, and Conflict if the name is taken."""
        actor.require(Permission.MANAGE_CATALOGUE)
        price_list = PriceList.create(name, currency)
        async with self._database.begin() as work:

            async def add() -> PriceList:
                await work.price_lists.add(price_list)
                stamp = actor.stamp(self._clock())
                event = PriceListCreated(
                    stamp=stamp, price_list_id=price_list.id, name=price_list.name
                )
                work.emit(event)
                return price_list

            created, _ = await answered_once(work.answers, once, PriceList, add)
        return created

    async def set_price(
        self, actor: Actor, price_list_id: PriceListId, sku: str, price: Money | None
    ) -> None:
        """Set what the product costs on the list; None takes it off. Raises Invalid."""
        actor.require(Permission.MANAGE_CATALOGUE)
        async with self._database.begin() as work:
            price_list = await work.price_lists.get(price_list_id)
            _check(price_list, price)
            product = await work.products.get(sku)
            await work.price_lists.set_price(price_list_id, product.id, price)
            stamp = actor.stamp(self._clock())
            event = PriceListChanged(
                stamp=stamp, price_list_id=price_list_id, skus=(product.sku,)
            )
            work.emit(event)


def _check(price_list: PriceList, price: Money | None) -> None:
    if price is None:
        return
    if price.minor < 0:
        raise Invalid("Enter an amount of zero or more.", field="price")
    if price.currency != price_list.currency:
        raise Invalid(f"This list is in {price_list.currency}.", field="price")
