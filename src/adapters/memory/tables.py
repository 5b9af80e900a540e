"""All that the memory database keeps."""

from copy import copy
from dataclasses import dataclass, field, fields
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from adapters.memory.deliveries import DeliveryRow
from portal_core.automation.model import Endpoint
from portal_core.automation.views import Attempt
from portal_core.commerce.cart import CartLine
from portal_core.commerce.feed import Staged
from portal_core.commerce.feed_import import FeedImport
from portal_core.commerce.feed_reading import Fault
from portal_core.commerce.model import Category, PriceList, Product, StockMove
from portal_core.commerce.order import Order
from portal_core.companies.model import Company, Membership
from portal_core.companies.portal import PortalSettings
from portal_core.companies.standing import CustomRole, Grant
from portal_core.companies.variable import Variable
from portal_core.events import Event
from portal_core.idempotency import Answer
from portal_core.identity.browsers import Browser
from portal_core.identity.challenges import Challenge
from portal_core.identity.factors import Authenticator, Passkey
from portal_core.identity.model import ApiKey, Session, User
from portal_core.identity.passkeys import Ceremony
from portal_core.identity.providers import Errand, Link, Provider
from portal_core.identity.throttle import Attempts
from portal_core.identity.tokens import OneTimeToken, Purpose
from portal_core.ids import (
    BrowserId,
    CategoryId,
    CompanyId,
    DeliveryId,
    EndpointId,
    EventId,
    ImportId,
    KeyId,
    LinkId,
    OrderId,
    PriceListId,
    ProductId,
    ProviderId,
    RoleId,
    UserId,
)
from portal_core.money import Money


class LedgerEntry(Struct, frozen=True, kw_only=True):
    """A move of stock, when it was made, and the order or import that caused it."""

    move: StockMove
    at: datetime
    reference: UUID | None


class StagedRow(Struct, frozen=True):
    """A staged row of the feed, and the product that it is about."""

    staged: Staged
    product_id: ProductId | None


@dataclass
class Tables:
    """Everything kept. What lies in them is frozen, so a shallow copy is a snapshot."""

    users: dict[UserId, User] = field(default_factory=dict)
    password_hashes: dict[UserId, str] = field(default_factory=dict)
    sessions: dict[bytes, Session] = field(default_factory=dict)
    attempts: dict[str, Attempts] = field(default_factory=dict)
    setup_token: tuple[bytes, datetime] | None = None
    keys: dict[KeyId, ApiKey] = field(default_factory=dict)
    authenticators: dict[UUID, Authenticator] = field(default_factory=dict)
    passkeys: dict[UUID, Passkey] = field(default_factory=dict)
    recovery_codes: dict[UserId, frozenset[bytes]] = field(default_factory=dict)
    challenges: dict[bytes, Challenge] = field(default_factory=dict)
    ceremonies: dict[bytes, Ceremony] = field(default_factory=dict)
    tokens: dict[tuple[UserId, Purpose], OneTimeToken] = field(default_factory=dict)
    browsers: dict[BrowserId, Browser] = field(default_factory=dict)
    providers: dict[ProviderId, Provider] = field(default_factory=dict)
    links: dict[LinkId, Link] = field(default_factory=dict)
    errands: dict[bytes, Errand] = field(default_factory=dict)

    companies: dict[CompanyId, Company] = field(default_factory=dict)
    memberships: dict[tuple[CompanyId, UserId], Membership] = field(default_factory=dict)
    roles: dict[RoleId, CustomRole] = field(default_factory=dict)
    variables: dict[tuple[CompanyId, str], Variable] = field(default_factory=dict)
    grants: dict[tuple[CompanyId, UserId], Grant] = field(default_factory=dict)
    settings: PortalSettings = field(default_factory=PortalSettings)

    categories: dict[CategoryId, Category] = field(default_factory=dict)
    products: dict[ProductId, Product] = field(default_factory=dict)
    exclusions: dict[ProductId, frozenset[CompanyId]] = field(default_factory=dict)
    levels: dict[tuple[ProductId, str], int] = field(default_factory=dict)
    ledger: list[LedgerEntry] = field(default_factory=list)
    price_lists: dict[PriceListId, PriceList] = field(default_factory=dict)
    prices: dict[tuple[ProductId, PriceListId], Money] = field(default_factory=dict)
    carts: dict[tuple[CompanyId, UUID, ProductId], CartLine] = field(default_factory=dict)
    orders: dict[OrderId, Order] = field(default_factory=dict)

    imports: dict[ImportId, FeedImport] = field(default_factory=dict)
    feed_parts: dict[tuple[ImportId, int], bytes] = field(default_factory=dict)
    staged: dict[tuple[ImportId, str], StagedRow] = field(default_factory=dict)
    faults: dict[tuple[ImportId, int], Fault] = field(default_factory=dict)

    events: dict[EventId, Event] = field(default_factory=dict)
    endpoints: dict[EndpointId, Endpoint] = field(default_factory=dict)
    deliveries: dict[DeliveryId, DeliveryRow] = field(default_factory=dict)
    tries: dict[tuple[DeliveryId, int], Attempt] = field(default_factory=dict)
    answers: dict[tuple[str, str], Answer] = field(default_factory=dict)

    def copy(self) -> "Tables":
        """Return tables of their own with the same rows."""
        return Tables(
            **{table.name: copy(getattr(self, table.name)) for table in fields(self)}
        )
