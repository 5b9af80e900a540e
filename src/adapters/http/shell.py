"""What every page shows around its own content: who, where, and where to go from here."""

from collections.abc import Container
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from portal_core.identity.permissions import Permission

Theme = Literal["auto", "light", "dark"]


class CompanyLink(Struct, frozen=True):
    """A company that the person may switch to."""

    slug: str
    name: str


class NavItem(Struct, frozen=True):
    """A room in the sidebar. `badge` is a count worth seeing from anywhere, or 0."""

    label: str
    href: str
    icon: str
    current: bool = False
    badge: int = 0


class NavSection(Struct, frozen=True):
    """Rooms that belong together. The first section usually has no label."""

    label: str
    items: tuple[NavItem, ...]


class Crumb(Struct, frozen=True):
    """A step on the way to the page. The last one has no address: it is the page."""

    label: str
    href: str = ""


class Flash(Struct, frozen=True):
    """What the last action did, told once."""

    kind: Literal["success", "info", "warning", "danger"]
    message: str


class SearchBox(Struct, frozen=True):
    """The search field of the sidebar: where it sends `search=`, and what it now holds."""

    action: str
    label: str
    value: str = ""


class Shell(Struct, frozen=True, kw_only=True):
    """Everything that the layouts read. A page before sign-in leaves the person empty.

    `nonce` is the request's, for scripts. `path` is the address of this page, to come back
    to. `companies` holds the first few; `more_companies` says that there are others.
    """

    portal_name: str
    request_id: str
    nonce: str
    csrf_token: str
    path: str = "/"
    theme: Theme = "auto"
    time_zone: str = "UTC"
    user_name: str = ""
    user_email: str = ""
    is_msp: bool = False
    company: CompanyLink | None = None
    companies: tuple[CompanyLink, ...] = ()
    more_companies: bool = False
    sections: tuple[NavSection, ...] = ()
    breadcrumbs: tuple[Crumb, ...] = ()
    search: SearchBox | None = None
    cart_count: int = 0
    flash: Flash | None = None

    @property
    def room(self) -> str:
        """The room of the company that the page lies in, such as `orders`, or blank."""
        if self.company is None:
            return ""
        items = [item for section in self.sections for item in section.items]
        here = next((item.href for item in items if item.current), "")
        return here.removeprefix(f"/c/{self.company.slug}/")


class _Room(Struct, frozen=True):
    label: str
    path: str
    icon: str
    needs: Permission | None = None


_CLIENT_ROOMS = (
    ("", (
        _Room("Home", "home", "home"),
        _Room("Shop", "shop", "shopping-bag", Permission.SHOP),
        _Room("Cart", "cart", "shopping-cart", Permission.SHOP),
        _Room("Orders", "orders", "package", Permission.SEE_ORDERS),
    )),
    ("Company", (
        _Room("People", "settings/people", "users", Permission.MANAGE_MEMBERS),
    )),
)  # fmt: skip

_MSP_ROOMS = (
    ("", (
        _Room("Dashboard", "", "dashboard"),
        _Room("Orders", "orders", "package", Permission.FULFIL_ORDERS),
    )),
    ("Clients", (
        _Room("Companies", "companies", "building", Permission.MANAGE_COMPANIES),
        _Room("Users", "users", "users", Permission.MANAGE_USERS),
    )),
    ("Catalogue", (
        _Room("Products", "products", "box", Permission.MANAGE_CATALOGUE),
        _Room("Categories", "categories", "category", Permission.MANAGE_CATALOGUE),
        _Room("Price lists", "price-lists", "tags", Permission.MANAGE_CATALOGUE),
        _Room("Feed imports", "imports", "database-import", Permission.MANAGE_CATALOGUE),
    )),
    ("Platform", (
        _Room("Deliveries", "deliveries", "send", Permission.MANAGE_DELIVERIES),
        _Room("Endpoints", "endpoints", "webhook", Permission.MANAGE_DELIVERIES),
        _Room("API keys", "keys", "key", Permission.MANAGE_KEYS),
        _Room("Settings", "settings", "settings", Permission.MANAGE_SETTINGS),
    )),
)  # fmt: skip


_ACCOUNT_ROOMS = (
    ("", (
        _Room("Profile", "", "user-circle"),
        _Room("Security", "security", "shield-check"),
        _Room("Companies", "companies", "building"),
    )),
)  # fmt: skip


def account_sections(*, path: str) -> tuple[NavSection, ...]:
    """Return the rooms of a person's own account."""
    return _sections(_ACCOUNT_ROOMS, "/account", may=(), path=path, badges={})


def client_sections(
    slug: str, *, may: Container[Permission], path: str, cart_count: int = 0
) -> tuple[NavSection, ...]:
    """Return the rooms of a company that the actor may enter."""
    badges = {"cart": cart_count}
    return _sections(_CLIENT_ROOMS, f"/c/{slug}", may=may, path=path, badges=badges)


def msp_sections(*, may: Container[Permission], path: str) -> tuple[NavSection, ...]:
    """Return the MSP's rooms that the actor may enter."""
    return _sections(_MSP_ROOMS, "/admin", may=may, path=path, badges={})


def _sections(
    rooms: tuple[tuple[str, tuple[_Room, ...]], ...],
    root: str,
    *,
    may: Container[Permission],
    path: str,
    badges: dict[str, int],
) -> tuple[NavSection, ...]:
    sections = tuple(
        NavSection(label, items)
        for label, group in rooms
        if (
            items := tuple(
                NavItem(
                    room.label,
                    f"{root}/{room.path}".rstrip("/"),
                    room.icon,
                    badge=badges.get(room.path, 0),
                )
                for room in group
                if room.needs is None or room.needs in may
            )
        )
    )
    return _marked(sections, path)


def _marked(sections: tuple[NavSection, ...], path: str) -> tuple[NavSection, ...]:
    """Return the sections with the room marked that the path lies in: the longest match."""
    hrefs = [item.href for section in sections for item in section.items]
    around = [href for href in hrefs if path == href or path.startswith(f"{href}/")]
    current = max(around, key=len, default=None)
    return tuple(
        replace(
            section,
            items=tuple(
                replace(item, current=item.href == current) for item in section.items
            ),
        )
        for section in sections
    )
