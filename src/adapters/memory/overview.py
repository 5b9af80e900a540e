"""Counting in dictionaries."""

from datetime import datetime
from uuid import UUID

from adapters.memory.paging import by_name, total_of
from adapters.memory.tables import Tables
from portal_core.commerce.order import TO_SHIP, Status
from portal_core.companies.model import CompanyName
from portal_core.delivery import DeliveryState
from portal_core.ids import CompanyId
from portal_core.overview.ports import Around, Figures


class MemoryOverview:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def around(
        self,
        user_id: UUID,
        *,
        msp: bool,
        cart_of: CompanyId | None,
        limit: int,
        now: datetime,
    ) -> Around:
        tables = self._tables
        theirs = {company for company, user in tables.memberships if user == user_id}
        theirs |= {
            grant.company_id
            for grant in tables.grants.values()
            if grant.user_id == user_id and grant.alive(now)
        }
        companies = sorted(
            (
                company
                for company in tables.companies.values()
                if not company.archived and (msp or company.id in theirs)
            ),
            key=lambda company: by_name(company.name, company.id),
        )
        return Around(
            companies=tuple(CompanyName(one.slug, one.name) for one in companies[:limit]),
            cart_lines=sum(place[:2] == (cart_of, user_id) for place in tables.carts),
        )

    async def figures(self) -> Figures:
        tables = self._tables
        statuses = [order.status for order in tables.orders.values()]
        states = [delivery.state for delivery in tables.deliveries.values()]
        products = tables.products.values()
        return Figures(
            to_ship=total_of(sum(status in TO_SHIP for status in statuses)),
            on_hold=total_of(statuses.count(Status.ON_HOLD)),
            failed_deliveries=total_of(states.count(DeliveryState.FAILED)),
            sold_out=total_of(sum(not p.archived and p.available <= 0 for p in products)),
            companies=total_of(sum(not c.archived for c in tables.companies.values())),
        )
