"""What may be done, and which role may do it: the whole table, on one page."""

from collections.abc import Collection, Mapping
from enum import StrEnum


class Permission(StrEnum):
    """One thing that somebody may be allowed to do."""

    SEE_COMPANY = "see-company"
    MANAGE_COMPANY = "manage-company"
    MANAGE_MEMBERS = "manage-members"
    MANAGE_ROLES = "manage-roles"
    MANAGE_OWNERS = "manage-owners"
    SEE_AUDIT = "see-audit"
    SHOP = "shop"
    PLACE_ORDERS = "place-orders"
    APPROVE_ORDERS = "approve-orders"
    SEE_ORDERS = "see-orders"
    CANCEL_ORDERS = "cancel-orders"
    SEE_INVOICES = "see-invoices"
    SEE_STAFF = "see-staff"
    MANAGE_STAFF = "manage-staff"
    SEE_LICENCES = "see-licences"
    ORDER_LICENCES = "order-licences"
    MANAGE_GROUPS = "manage-groups"
    SEE_ASSETS = "see-assets"
    MANAGE_FORMS = "manage-forms"

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
    Permission.MANAGE_COMPANY: "change the company's domains, branding and settings",
    Permission.MANAGE_MEMBERS: "see the company's people and change their roles",
    Permission.MANAGE_ROLES: "make roles of the company's own",
    Permission.MANAGE_OWNERS: "make somebody an owner of the company",
    Permission.SEE_AUDIT: "see what was done in the company, and by whom",
    Permission.SHOP: "see the shop with the company's prices, and fill a cart",
    Permission.PLACE_ORDERS: "place orders",
    Permission.APPROVE_ORDERS: "approve what others want to order",
    Permission.SEE_ORDERS: "see the company's orders",
    Permission.CANCEL_ORDERS: "cancel an order that is not shipped yet",
    Permission.SEE_INVOICES: "see the company's invoices",
    Permission.SEE_STAFF: "see the company's staff",
    Permission.MANAGE_STAFF: "add and change the company's staff",
    Permission.SEE_LICENCES: "see the company's licences",
    Permission.ORDER_LICENCES: "order and give back licences",
    Permission.MANAGE_GROUPS: "change who is in which group at Microsoft 365",
    Permission.SEE_ASSETS: "see the company's assets",
    Permission.MANAGE_FORMS: "say who may fill in which form",
    Permission.SEE_COMPANIES: "see every company",
    Permission.MANAGE_COMPANIES: "add and change companies",
    Permission.MANAGE_USERS: "add and change users and their memberships",
    Permission.MANAGE_CATALOGUE: "change products, categories, prices and stock",
    Permission.FULFIL_ORDERS: "see every company's orders and move them on",
    Permission.MANAGE_DELIVERIES: "see and retry deliveries, and register endpoints",
    Permission.MANAGE_SETTINGS: "change the portal's settings",
    Permission.MANAGE_KEYS: "create and revoke API keys",
}

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

IN_COMPANY = frozenset(Permission) - MSP_ONLY
"""What a role of a company can hold."""


READING = frozenset(
    {
        Permission.SEE_COMPANY,
        Permission.SEE_AUDIT,
        Permission.SEE_ORDERS,
        Permission.SEE_INVOICES,
        Permission.SEE_STAFF,
        Permission.SEE_LICENCES,
        Permission.SEE_ASSETS,
    }
)
"""What changes nothing: all that can be done in an archived company."""


class Role(StrEnum):
    """What a user is in one company, from the one who may do most to the one who may least.

    A custom role is one that an administrator put together.
    """

    OWNER = "owner"
    ADMINISTRATOR = "administrator"
    BUYER = "buyer"
    APPROVER = "approver"
    FINANCE = "finance"
    STAFF_MANAGER = "staff-manager"
    MEMBER = "member"
    CUSTOM = "custom"


ROLE_NAMES: Mapping[Role, str] = {
    Role.OWNER: "Owner",
    Role.ADMINISTRATOR: "Administrator",
    Role.BUYER: "Buyer",
    Role.APPROVER: "Approver",
    Role.FINANCE: "Finance",
    Role.STAFF_MANAGER: "Staff manager",
    Role.MEMBER: "Member",
    Role.CUSTOM: "Custom",
}


class StaffScope(StrEnum):
    """Which of a company's staff somebody's rights on staff are about."""

    OWN_DEPARTMENT = "own-department"
    OWN_AND_UNASSIGNED = "own-and-unassigned"
    COMPANY = "company"


class MspRole(StrEnum):
    """What a user is for the MSP.

    An administrator may do everything in all companies; a technician only what a grant
    allows, in one company each and till a day.
    """

    ADMINISTRATOR = "msp-administrator"
    TECHNICIAN = "msp-technician"


MSP_ROLE_NAMES: Mapping[MspRole, str] = {
    MspRole.ADMINISTRATOR: "MSP administrator",
    MspRole.TECHNICIAN: "MSP technician",
}

_MEMBER = frozenset({Permission.SEE_COMPANY})
_BUYER = _MEMBER | {
    Permission.SHOP,
    Permission.PLACE_ORDERS,
    Permission.SEE_ORDERS,
    Permission.CANCEL_ORDERS,
}
_APPROVER = _MEMBER | {Permission.SHOP, Permission.SEE_ORDERS, Permission.APPROVE_ORDERS}
_FINANCE = _MEMBER | {
    Permission.SEE_ORDERS,
    Permission.SEE_INVOICES,
    Permission.SEE_LICENCES,
}
_STAFF_MANAGER = _MEMBER | {
    Permission.SEE_STAFF,
    Permission.MANAGE_STAFF,
    Permission.SEE_LICENCES,
    Permission.ORDER_LICENCES,
    Permission.MANAGE_GROUPS,
}

ROLES: Mapping[Role, frozenset[Permission]] = {
    Role.OWNER: IN_COMPANY,
    Role.ADMINISTRATOR: IN_COMPANY - {Permission.MANAGE_OWNERS},
    Role.BUYER: _BUYER,
    Role.APPROVER: _APPROVER,
    Role.FINANCE: _FINANCE,
    Role.STAFF_MANAGER: _STAFF_MANAGER,
    Role.MEMBER: _MEMBER,
}

MSP_ROLES: Mapping[MspRole, frozenset[Permission]] = {
    MspRole.ADMINISTRATOR: frozenset(Permission),
    MspRole.TECHNICIAN: frozenset(),
}

TECHNICIAN = IN_COMPANY - {
    Permission.MANAGE_MEMBERS,
    Permission.MANAGE_ROLES,
    Permission.MANAGE_OWNERS,
    Permission.PLACE_ORDERS,
    Permission.APPROVE_ORDERS,
    Permission.CANCEL_ORDERS,
    Permission.ORDER_LICENCES,
}
"""What a technician may do where a grant lets them in: no money, and nobody's rights."""

_MEMBERSHIPS = frozenset(
    {
        Permission.SEE_COMPANY,
        Permission.MANAGE_MEMBERS,
        Permission.MANAGE_ROLES,
        Permission.MANAGE_USERS,
    }
)

SCOPES: Mapping[str, frozenset[Permission]] = {
    "companies:read": frozenset({Permission.SEE_COMPANY, Permission.SEE_COMPANIES}),
    "companies:write": frozenset(
        {Permission.SEE_COMPANY, Permission.SEE_COMPANIES, Permission.MANAGE_COMPANIES}
    ),
    "variables:read": frozenset({Permission.MANAGE_COMPANIES}),
    "variables:write": frozenset({Permission.MANAGE_COMPANIES}),
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
    "memberships:read": _MEMBERSHIPS,
    "memberships:write": _MEMBERSHIPS,
    "endpoints:read": frozenset({Permission.MANAGE_DELIVERIES}),
    "endpoints:write": frozenset({Permission.MANAGE_DELIVERIES}),
}
"""What a scope of an API key allows. A key bound to a company never gets MSP rights."""

_LEVELS = ("read", "write", "approve", "admin")


def opens(scopes: Collection[str], needed: str) -> bool:
    """Return whether one of the scopes is the one that is needed, or stands above it."""
    thing, _, level = needed.partition(":")
    enough = _LEVELS[_LEVELS.index(level) :]
    return any(f"{thing}:{higher}" in scopes for higher in enough)
