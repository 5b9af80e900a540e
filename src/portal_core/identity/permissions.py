"""What may be done, and which role may do it: the whole table, on one page."""

from collections.abc import Mapping
from enum import StrEnum


class Permission(StrEnum):
    """One thing that somebody may be allowed to do."""

    SEE_COMPANY = "see-company"
    MANAGE_MEMBERS = "manage-members"
    SHOP = "shop"
    PLACE_ORDERS = "place-orders"
    SEE_ORDERS = "see-orders"
    CANCEL_ORDERS = "cancel-orders"

    SEE_COMPANIES = "see-companies"
    MANAGE_COMPANIES = "manage-companies"
    MANAGE_USERS = "manage-users"
    MANAGE_CATALOGUE = "manage-catalogue"
    FULFIL_ORDERS = "fulfil-orders"
    MANAGE_DELIVERIES = "manage-deliveries"
    MANAGE_SETTINGS = "manage-settings"
    MANAGE_KEYS = "manage-keys"


SENTENCES: Mapping[Permission, str] = {
    Permission.SEE_COMPANY: "see the company's details",
    Permission.MANAGE_MEMBERS: "see the company's people and change their roles",
    Permission.SHOP: "see the shop with the company's prices, and fill a cart",
    Permission.PLACE_ORDERS: "place orders",
    Permission.SEE_ORDERS: "see the company's orders",
    Permission.CANCEL_ORDERS: "cancel an order that is not shipped yet",
    Permission.SEE_COMPANIES: "see every company",
    Permission.MANAGE_COMPANIES: "add and change companies",
    Permission.MANAGE_USERS: "add and change users and their memberships",
    Permission.MANAGE_CATALOGUE: "change products, categories, prices and stock",
    Permission.FULFIL_ORDERS: "see every company's orders and move them on",
    Permission.MANAGE_DELIVERIES: "see and retry deliveries, and register endpoints",
    Permission.MANAGE_SETTINGS: "change the portal's settings",
    Permission.MANAGE_KEYS: "create and revoke API keys",
}


class Role(StrEnum):
    """What a user is in one company."""

    ADMINISTRATOR = "administrator"
    BUYER = "buyer"
    MEMBER = "member"


class MspRole(StrEnum):
    """What a user is for the MSP, across all companies."""

    ADMINISTRATOR = "msp-administrator"


_MEMBER = frozenset({Permission.SEE_COMPANY})
_BUYER = _MEMBER | {
    Permission.SHOP,
    Permission.PLACE_ORDERS,
    Permission.SEE_ORDERS,
    Permission.CANCEL_ORDERS,
}

ROLES: Mapping[Role, frozenset[Permission]] = {
    Role.MEMBER: _MEMBER,
    Role.BUYER: _BUYER,
    Role.ADMINISTRATOR: _BUYER | {Permission.MANAGE_MEMBERS},
}

MSP_ROLES: Mapping[MspRole, frozenset[Permission]] = {
    MspRole.ADMINISTRATOR: frozenset(Permission),
}

SCOPES: Mapping[str, frozenset[Permission]] = {
    "companies:read": frozenset({Permission.SEE_COMPANY, Permission.SEE_COMPANIES}),
    "companies:write": frozenset(
        {Permission.SEE_COMPANY, Permission.SEE_COMPANIES, Permission.MANAGE_COMPANIES}
    ),
    "products:read": frozenset({Permission.SHOP}),
    "products:write": frozenset({Permission.SHOP, Permission.MANAGE_CATALOGUE}),
    "orders:read": frozenset({Permission.SEE_ORDERS}),
    "orders:write": frozenset(
        {
            Permission.SHOP,
            Permission.SEE_ORDERS,
            Permission.PLACE_ORDERS,
            Permission.CANCEL_ORDERS,
        }
    ),
    "orders:admin": frozenset({Permission.SEE_ORDERS, Permission.FULFIL_ORDERS}),
    "endpoints:read": frozenset({Permission.MANAGE_DELIVERIES}),
    "endpoints:write": frozenset({Permission.MANAGE_DELIVERIES}),
}
"""What a scope of an API key allows. A key bound to a company never gets MSP rights."""

MSP_ONLY = frozenset(
    {
        Permission.SEE_COMPANIES,
        Permission.MANAGE_COMPANIES,
        Permission.MANAGE_USERS,
        Permission.MANAGE_CATALOGUE,
        Permission.FULFIL_ORDERS,
        Permission.MANAGE_DELIVERIES,
        Permission.MANAGE_SETTINGS,
        Permission.MANAGE_KEYS,
    }
)
"""What reaches across companies: only the MSP's people and all-company keys may hold it."""
