"""Imports of the feed, and what they have staged, in dictionaries."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime

from msgspec.structs import replace

from adapters.memory.commerce import by_sku
from adapters.memory.paging import by_time, page_of
from adapters.memory.tables import LedgerEntry, StagedRow, Tables
from portal_core.commerce.feed import FEED_WAREHOUSES, Change, Known, Staged, folded
from portal_core.commerce.feed_import import LEASE, FeedImport, ImportState
from portal_core.commerce.feed_reading import Fault
from portal_core.commerce.model import Product, StockLevel
from portal_core.errors import Conflict, NotFound
from portal_core.ids import ImportId, ProductId
from portal_core.paging import Page, Window


class MemoryImports:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def add(self, feed_import: FeedImport) -> None:
        self._tables.imports[feed_import.id] = feed_import

    async def get(self, import_id: ImportId) -> FeedImport:
        if import_id not in self._tables.imports:
            raise NotFound("There is no such import.")
        return self._tables.imports[import_id]

    async def save(self, feed_import: FeedImport) -> None:
        before = self._tables.imports.get(feed_import.id)
        if before is None or feed_import.version != before.version + 1:
            raise Conflict("This import went on meanwhile. Look again.", code="stale")
        self._tables.imports[feed_import.id] = feed_import

    async def page(self, window: Window) -> Page[FeedImport]:
        return page_of(
            self._tables.imports.values(),
            lambda each: by_time(each.created_at, each.id),
            window,
            descending=True,
        )

    async def last_done(self) -> FeedImport | None:
        done = [e for e in self._tables.imports.values() if e.state is ImportState.DONE]
        return max(done, key=lambda each: (each.finished_at, each.id), default=None)

    async def claim(self, *, now: datetime) -> FeedImport | None:
        due = [each for each in self._tables.imports.values() if _is_due(each, now)]
        if not due:
            return None
        oldest = min(due, key=lambda each: (each.created_at, each.id))
        claimed = replace(
            oldest,
            leased_until=now + LEASE,
            attempts=oldest.attempts + 1,
            version=oldest.version + 1,
        )
        self._tables.imports[claimed.id] = claimed
        return claimed


class MemoryStaging:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def add_part(self, import_id: ImportId, number: int, data: bytes) -> None:
        self._tables.feed_parts[import_id, number] = data

    async def part(self, import_id: ImportId, number: int) -> bytes | None:
        return self._tables.feed_parts.get((import_id, number))

    async def add(self, import_id: ImportId, staged: Sequence[Staged]) -> None:
        skus = set(await self.lines(import_id, [folded(s.item.sku) for s in staged]))
        for each in staged:
            sku = folded(each.item.sku)
            if sku in skus:
                raise Conflict(f"{each.item.sku} is staged already.", code="taken")
            skus.add(sku)
            key = import_id, folded(each.item.code)
            self._tables.staged[key] = StagedRow(each, None)

    async def lines(self, import_id: ImportId, skus: Collection[str]) -> Mapping[str, int]:
        found = ((folded(row.staged.item.sku), row) for _, row in self._rows(import_id))
        return {sku: row.staged.line for sku, row in found if sku in skus}

    async def known(self, codes: Collection[str]) -> frozenset[str]:
        products = self._tables.products.values()
        there = {folded(product.vendor_sku) for product in products}
        return frozenset((there | set(by_sku(self._tables))) & set(codes))

    async def note(
        self, import_id: ImportId, faults: Sequence[Fault], *, start: int
    ) -> None:
        for number, fault in enumerate(faults, start):
            self._tables.faults[import_id, number] = fault

    async def faults(
        self, import_id: ImportId, window: Window, *, skipped: bool | None = None
    ) -> Page[Fault]:
        found = [
            (number, fault)
            for (import_, number), fault in self._tables.faults.items()
            if import_ == import_id and skipped in {None, fault.skipped}
        ]
        page = page_of(found, lambda each: (each[0],), window)
        faults = tuple(fault for _, fault in page.items)
        return Page(faults, page.next, page.prev)

    async def match(self, import_id: ImportId, *, lock: bool = False) -> Sequence[Staged]:  # noqa: ARG002 - whoever has the tables has them alone
        by_code = self._by_code()
        skus = by_sku(self._tables)
        codes = {code for code, _ in self._rows(import_id)}
        unusable = []
        for code, row in list(self._rows(import_id)):
            product = by_code.get(code) or _unless_named(skus.get(code), codes)
            taken = folded(row.staged.item.sku) in skus
            if product is None and (row.staged.item.name is None or taken):
                unusable.append(row.staged)
                del self._tables.staged[import_id, code]
                continue
            matched = replace(row, product_id=product.id if product else None)
            self._tables.staged[import_id, code] = matched
        return sorted(unusable, key=lambda staged: staged.line)

    async def differing(
        self, import_id: ImportId, *, after: str, limit: int
    ) -> Sequence[tuple[Staged, Known | None]]:
        found = []
        for code, row in sorted(self._rows(import_id), key=lambda each: each[0]):
            product = self._tables.products.get(row.product_id) if row.product_id else None
            as_before = product and product.feed_digest == row.staged.item.digest
            if code > after and not as_before:
                found.append((row.staged, self._known(product) if product else None))
        return found[:limit]

    async def missing(
        self, import_id: ImportId, *, after: ProductId | None, limit: int
    ) -> Sequence[Known]:
        there = {row.product_id for _, row in self._rows(import_id)}
        found = [
            product
            for product in sorted(self._tables.products.values(), key=lambda p: p.id)
            if product.id not in there
            and (after is None or product.id > after)
            and (product.feed_digest or self._has_stock(product))
        ]
        return [self._known(product) for product in found[:limit]]

    async def write(
        self, changes: Sequence[Change], *, at: datetime, reference: ImportId
    ) -> None:
        for change in changes:
            product = change.after
            other = by_sku(self._tables).get(product.sku.casefold())
            if other is not None and other.id != product.id:
                raise Conflict(f"There is a product {other.sku} already.", code="taken")
            self._tables.products[product.id] = product
            for level in change.levels:
                self._tables.levels[product.id, level.warehouse] = level.on_hand
            self._tables.ledger += [
                LedgerEntry(move=move, at=at, reference=reference) for move in change.moves
            ]

    async def clear(self, import_id: ImportId) -> None:
        for code, _ in list(self._rows(import_id)):
            del self._tables.staged[import_id, code]
        for key in [key for key in self._tables.faults if key[0] == import_id]:
            del self._tables.faults[key]

    async def sweep(self) -> None:
        over = {each.id for each in self._tables.imports.values() if each.over}
        for key in [key for key in self._tables.staged if key[0] in over]:
            del self._tables.staged[key]
        for part in [part for part in self._tables.feed_parts if part[0] in over]:
            del self._tables.feed_parts[part]

    def _rows(self, import_id: ImportId) -> Iterator[tuple[str, StagedRow]]:
        for (import_, code), row in self._tables.staged.items():
            if import_ == import_id:
                yield code, row

    def _by_code(self) -> Mapping[str, Product]:
        """Return the oldest product for each supplier's code."""
        newest_first = sorted(
            self._tables.products.values(), key=lambda p: p.id, reverse=True
        )
        return {folded(product.vendor_sku): product for product in newest_first}

    def _known(self, product: Product) -> Known:
        return Known(product, self._levels(product))

    def _levels(self, product: Product) -> Sequence[StockLevel]:
        levels = self._tables.levels
        return [
            StockLevel(warehouse, levels[product.id, warehouse])
            for warehouse in FEED_WAREHOUSES
            if (product.id, warehouse) in levels
        ]

    def _has_stock(self, product: Product) -> bool:
        return any(level.on_hand for level in self._levels(product))


def _is_due(feed_import: FeedImport, now: datetime) -> bool:
    leased_until = feed_import.leased_until
    return feed_import.under_way and (leased_until is None or leased_until <= now)


def _unless_named(product: Product | None, codes: Collection[str]) -> Product | None:
    """Return the product, unless the feed has its own supplier's code."""
    named = product is not None and folded(product.vendor_sku) in codes
    return None if named else product
