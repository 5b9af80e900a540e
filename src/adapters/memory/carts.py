"""Carts in a dictionary."""

from collections.abc import Sequence
from uuid import UUID

from msgspec.structs import replace

from adapters.memory.tables import Tables
from portal_core.commerce.cart import CartLine
from portal_core.ids import CompanyId, ProductId


class MemoryCarts:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def lines(self, company_id: CompanyId, owner_id: UUID) -> Sequence[CartLine]:
        found = [
            self._named(line)
            for (company, owner, _), line in self._tables.carts.items()
            if (company, owner) == (company_id, owner_id)
        ]
        return sorted(found, key=lambda line: line.added_at)

    async def keep(self, company_id: CompanyId, owner_id: UUID, line: CartLine) -> None:
        place = (company_id, owner_id, line.product_id)
        earlier = self._tables.carts.get(place, line)
        self._tables.carts[place] = replace(line, added_at=earlier.added_at)

    async def remove(
        self, company_id: CompanyId, owner_id: UUID, product_id: ProductId
    ) -> None:
        self._tables.carts.pop((company_id, owner_id, product_id), None)

    async def clear(self, company_id: CompanyId, owner_id: UUID) -> None:
        for line in await self.lines(company_id, owner_id):
            await self.remove(company_id, owner_id, line.product_id)

    def _named(self, line: CartLine) -> CartLine:
        """Return the line with what its product is called now."""
        product = self._tables.products[line.product_id]
        return replace(line, sku=product.sku, name=product.name)
