"""The demo MSP: three client companies, a thousand products, a year of orders.

The same every time, but for ids and for the dates, which count back from today.
"""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from adapters.feed.reader import XmlFeedReader
from adapters.sql.database import SqlDatabase
from adapters.sql.demo import DemoEraser
from entrypoints.container import Container
from portal_core.commerce.catalogue import CatalogueService
from portal_core.commerce.importing import ImportingService
from portal_core.commerce.model import ProductSummary
from portal_core.commerce.order import Shipping, Status, Wish
from portal_core.commerce.orders import OrderService
from portal_core.commerce.shelves import PriceListService
from portal_core.companies.companies import CompanyService
from portal_core.companies.memberships import MembershipService
from portal_core.companies.model import CompanyDetails
from portal_core.companies.portal import PortalSettings
from portal_core.companies.settings import SettingsService
from portal_core.errors import Conflict
from portal_core.events import ActorKind
from portal_core.identity.actor import Actor
from portal_core.identity.model import User
from portal_core.identity.permissions import ROLES, MspRole, Role
from portal_core.identity.policy import MSP_POLICY
from portal_core.identity.users import UserService
from portal_core.ids import PriceListId
from portal_core.money import Money
from portal_core.paging import Window

PASSWORD = "harbour-lights-demo"  # noqa: S105 - printed on purpose: this MSP is a stage
SKU_PREFIX = "DM"
PRICE_LIST = "VIP"
DIRECTOR = "demo"
SEED = 20_261_101
PRODUCTS = 1_000
ORDERS_PER_COMPANY = 40
_YEAR = timedelta(days=365)
_VIP_SHARE = 5
_PLENTY = 12
_PO_SHARE = 0.7
_CANCELLED_SHARE = 0.08
_OPEN_ROUTES = (
    (),
    (),
    (Status.PROCESSING,),
    (Status.ON_HOLD,),
    (Status.PROCESSING, Status.SHIPPED),
    (Status.PROCESSING, Status.SHIPPED, Status.DELIVERED),
    (Status.CANCELLED,),
)
_WAREHOUSES = ("OnHandChanelNsw", "OnHandChanelQld", "OnHandChanelVic", "OnHandChanelSa")


class Family(Struct, frozen=True):
    """Products that share a shelf: names to combine, and a range of cost in dollars."""

    category: str
    models: tuple[str, ...]
    variants: tuple[str, ...]
    low: int
    high: int


class Client(Struct, frozen=True):
    """A client company with its administrator and its buyer, by name."""

    name: str
    slug: str
    domain: str
    administrator: str
    buyer: str
    vip: bool = False


FAMILIES = (
    Family(
        "Computers/Notebooks",
        ("Corvid 13", "Corvid 14", "Corvid 16", "Slate Pro 14", "Slate Air 13"),
        ("16 GB 512 GB", "16 GB 1 TB", "32 GB 1 TB", "32 GB 2 TB LTE"),
        890,
        3_400,
    ),
    Family(
        "Computers/Desktops",
        ("Anvil Mini", "Anvil Tower", "Anvil Micro"),
        ("i5 16 GB", "i7 32 GB", "Ryzen 7 32 GB"),
        620,
        2_100,
    ),
    Family(
        "Computers/Docking Stations",
        ("PortHub Duo", "PortHub Quad", "Thunder Dock"),
        ("90 W", "130 W", "180 W"),
        140,
        480,
    ),
    Family(
        "Displays/Monitors",
        ("Lumen 24", "Lumen 27", "Lumen 34 Curved", "Lumen 27 USB-C"),
        ("FHD", "QHD", "4K", "with speakers"),
        160,
        1_250,
    ),
    Family(
        "Displays/Mounts",
        ("Heron Arm", "Heron Wall Mount", "Heron Stand"),
        ("single", "dual", "heavy duty"),
        35,
        310,
    ),
    Family(
        "Networking/Switches",
        ("Weave 8", "Weave 24", "Weave 48"),
        ("", "PoE+", "10G uplink"),
        90,
        2_300,
    ),
    Family(
        "Networking/Wireless",
        ("Weave Air", "Weave Air Outdoor", "Weave Air XL"),
        ("Wi-Fi 6", "Wi-Fi 7", "Wi-Fi 7 5-pack"),
        120,
        1_400,
    ),
    Family(
        "Networking/Firewalls",
        ("Bastion 40", "Bastion 60", "Bastion 100"),
        ("appliance", "with 1-year care", "with 3-year care"),
        480,
        4_200,
    ),
    Family(
        "Networking/Cables",
        ("Cat 6 patch lead", "Cat 6A patch lead", "Fibre patch lead"),
        ("0.5 m", "1 m", "2 m", "5 m", "10 m"),
        2,
        38,
    ),
    Family(
        "Storage/SSD",
        ("Quartz NVMe", "Quartz SATA", "Quartz Portable"),
        ("500 GB", "1 TB", "2 TB", "4 TB"),
        55,
        520,
    ),
    Family(
        "Storage/NAS",
        ("Granary 2-bay", "Granary 4-bay", "Granary 8-bay"),
        ("diskless", "8 TB", "32 TB"),
        310,
        3_600,
    ),
    Family(
        "Peripherals/Keyboards",
        ("Tern Keyboard", "Tern Compact", "Tern Ergo"),
        ("graphite", "white", "with mouse"),
        28,
        210,
    ),
    Family(
        "Peripherals/Headsets",
        ("Lyre 20", "Lyre 40", "Lyre 60 ANC"),
        ("mono USB-A", "stereo USB-C", "wireless"),
        58,
        420,
    ),
    Family(
        "Peripherals/Webcams",
        ("Iris 1080", "Iris 4K", "Iris Room"),
        ("", "with light", "wide angle"),
        62,
        890,
    ),
    Family(
        "Printing/Printers",
        ("Folio M", "Folio C", "Folio MFP"),
        ("mono", "colour", "colour duplex"),
        170,
        1_700,
    ),
    Family(
        "Printing/Toner",
        ("Folio toner",),
        ("black", "cyan", "magenta", "yellow", "black XL"),
        42,
        290,
    ),
    Family(
        "Power/UPS",
        ("Steady 750", "Steady 1500", "Steady 3000 Rack"),
        ("line interactive", "online"),
        130,
        2_900,
    ),
)
MAKERS = ("Aldgate", "Brightline", "Corran", "Halcyon", "Meridian", "Northlight", "Osprey")

CLIENTS = (
    Client(
        "Northwind Dental",
        "northwind-dental",
        "northwind-dental.example",
        "Ava Lindqvist",
        "Ben Okafor",
        vip=True,
    ),
    Client(
        "Brightwater Legal",
        "brightwater-legal",
        "brightwater-legal.example",
        "Chloe Marsden",
        "Daniel Reyes",
    ),
    Client(
        "Cedar & Co Accounting",
        "cedar-and-co",
        "cedar-and-co.example",
        "Elena Petrova",
        "Farid Haddad",
    ),
)
MSP_NAME = "Harbour IT"
MSP_ADMINISTRATOR = ("Morgan Hale", "morgan@harbour-it.example")
EMAIL_DOMAINS = ("harbour-it.example", *(client.domain for client in CLIENTS))


@dataclass
class Moment:
    """The time it is on the stage; the services that play the past look here."""

    now: datetime

    def __call__(self) -> datetime:
        """Return the time."""
        return self.now


class SignIn(Struct, frozen=True):
    """Somebody whom a newcomer can be."""

    who: str
    email: str
    password: str


class Stage(Struct, frozen=True, kw_only=True):
    """The services with which the demo is built, all looking at one moment."""

    moment: Moment
    settings: SettingsService
    companies: CompanyService
    users: UserService
    memberships: MembershipService
    catalogue: CatalogueService
    price_lists: PriceListService
    orders: OrderService
    currency: str


def sign_ins() -> tuple[SignIn, ...]:
    """Return everybody whom a newcomer can be, the MSP's administrator first."""
    people = [
        SignIn(f"{MSP_NAME} (the MSP), administrator", MSP_ADMINISTRATOR[1], PASSWORD)
    ]
    for client in CLIENTS:
        for role, name in (
            ("administrator", client.administrator),
            ("buyer", client.buyer),
        ):
            email = email_of(name, client.domain)
            people.append(SignIn(f"{client.name}, {role}", email, PASSWORD))
    return tuple(people)


def email_of(name: str, domain: str) -> str:
    """Return somebody's address: the first name at the company's domain."""
    return f"{name.split(maxsplit=1)[0].lower()}@{domain}"


def feed_rows() -> Iterator[Mapping[str, str]]:
    """Return the products as the rows of a supplier's feed."""
    rng = random.Random(SEED)  # noqa: S311 - a stage, not a secret
    for number in range(1, PRODUCTS + 1):
        family = FAMILIES[number % len(FAMILIES)]
        maker = rng.choice(MAKERS)
        name = " ".join((maker, rng.choice(family.models), rng.choice(family.variants)))
        cost = round(rng.uniform(family.low, family.high), 2)
        stock = {name: str(rng.choice((0, 0, 2, 5, 12, 40))) for name in _WAREHOUSES}
        yield {
            "StockCode": f"{SKU_PREFIX}-{maker[:3].upper()}-{number:05d}",
            "ProductName": name.strip(),
            "ProductName2": f"{name.strip()}. Sealed retail box, local warranty.",
            "CategoryName": family.category,
            "Manufacturer": maker,
            "DBP": f"{cost:.2f}",
            "RRP": f"{cost * rng.uniform(1.12, 1.4):.2f}",
            **stock,
            "Weight": f"{rng.uniform(0.1, 14):.2f}",
            "WarrantyLength": rng.choice(("1 year", "2 years", "3 years on site")),
            "pubDate": "01/11/2026",
        }


async def load(stage: Stage) -> None:
    """Build everything but the products, which come through the feed before."""
    director = Actor.system(DIRECTOR)
    today = stage.moment.now
    stage.moment.now = today - _YEAR
    await _msp(stage, director)
    vip = await stage.price_lists.create(director, PRICE_LIST, stage.currency)
    wares = await _wares(stage, director)
    await _vip_prices(stage, director, vip.id, wares)
    for client in CLIENTS:
        buyer = await _client(stage, director, client, vip.id)
        await _orders(stage, director, buyer, wares, today)
    stage.moment.now = today


async def _msp(stage: Stage, director: Actor) -> None:
    name, email = MSP_ADMINISTRATOR
    settings = PortalSettings(
        name=MSP_NAME,
        notify_email=f"orders@{EMAIL_DOMAINS[0]}",
        sign_in=replace(MSP_POLICY, second_factor=False),  # a demo asks nobody for one
    )
    await stage.settings.change(director, settings)
    await stage.users.create(
        director, email=email, name=name, password=PASSWORD, msp_role=MspRole.ADMINISTRATOR
    )


async def _wares(stage: Stage, director: Actor) -> list[ProductSummary]:
    """Return every product of the catalogue, by name."""
    wares: list[ProductSummary] = []
    window = Window(200)
    while True:
        page = await stage.catalogue.page(director, window)
        wares += page.items
        if page.next is None:
            return wares
        window = Window(200, page.next)


async def _vip_prices(
    stage: Stage, director: Actor, vip: PriceListId, wares: Sequence[ProductSummary]
) -> None:
    for ware in wares[::_VIP_SHARE]:
        if ware.price:
            price = Money(ware.price.minor * 93 // 100, ware.price.currency)
            await stage.price_lists.set_price(director, vip, ware.sku, price)


async def _client(stage: Stage, director: Actor, client: Client, vip: PriceListId) -> Actor:
    """Add a client company with its two people; return its buyer."""
    details = CompanyDetails(
        name=client.name,
        slug=client.slug,
        currency=stage.currency,
        time_zone="Australia/Sydney",
        price_list_id=vip if client.vip else None,
    )
    company = await stage.companies.create(director, details)
    people = ((client.administrator, Role.ADMINISTRATOR), (client.buyer, Role.BUYER))
    users: list[User] = []
    for name, role in people:
        email = email_of(name, client.domain)
        user = await stage.users.create(director, email=email, name=name, password=PASSWORD)
        await stage.memberships.grant(director, company.id, user.id, role)
        users.append(user)
    return Actor(
        kind=ActorKind.USER,
        id=users[-1].id,
        name=users[-1].name,
        permissions=ROLES[Role.BUYER],
        company_id=company.id,
    )


async def _orders(
    stage: Stage,
    director: Actor,
    buyer: Actor,
    wares: Sequence[ProductSummary],
    today: datetime,
) -> None:
    """Let the company order through the year, and every order go its way."""
    rng = random.Random(f"{SEED} {buyer.name}")  # noqa: S311 - a stage, not a secret
    stocked = [ware for ware in wares if ware.price and ware.available >= _PLENTY]
    for position in range(ORDERS_PER_COMPANY):
        age = timedelta(
            days=360 * (1 - position / ORDERS_PER_COMPANY), hours=rng.random() * 9
        )
        stage.moment.now = today - age
        chosen = rng.sample(stocked, rng.choice((1, 1, 2, 3, 5)))
        wishes = [Wish(ware.sku, rng.choice((1, 1, 2, 3))) for ware in chosen]
        po_number = f"PO-{4_000 + position}" if rng.random() < _PO_SHARE else ""
        try:
            placed = await stage.orders.place(buyer, wishes, po_number=po_number)
        except Conflict:
            continue  # sold out on this stage: as in life, the order is not placed
        route = _route(position, rng)
        await _follow(stage, director, placed.order.number, route, today)


def _route(position: int, rng: random.Random) -> tuple[Status, ...]:
    """Return the statuses that an order goes through; the last orders are still open."""
    left = ORDERS_PER_COMPANY - position
    if left <= len(_OPEN_ROUTES):
        return _OPEN_ROUTES[left - 1]
    if rng.random() < _CANCELLED_SHARE:
        return (Status.CANCELLED,)
    return (Status.PROCESSING, Status.SHIPPED, Status.DELIVERED, Status.COMPLETED)


async def _follow(
    stage: Stage, director: Actor, number: str, route: tuple[Status, ...], today: datetime
) -> None:
    for status in route:
        stage.moment.now = min(stage.moment.now + timedelta(hours=20), today)
        shipping = None
        if status is Status.SHIPPED:
            eta = (stage.moment.now + timedelta(days=2)).date()
            shipping = Shipping(
                carrier="Coastline", consignment=f"CL{number[-7:]}", eta=eta
            )
        await stage.orders.update(director, number, status=status, shipping=shipping)


async def portal_is_empty(parts: Container) -> bool:
    """Return whether nobody and nothing is in the portal yet."""
    director = Actor.system(DIRECTOR)
    nobody = not (await parts.users().page(director, "", Window(1))).items
    nothing = not (await parts.catalogue().page(director, Window(1), archived=None)).items
    return nobody and nothing


async def load_into(parts: Container) -> None:
    """Load the demo into an empty portal. Facts are recorded, nobody is told."""
    moment = Moment(parts.clock()())
    database = SqlDatabase(parts.engine(), secrets=parts.sealer(), quiet=True)
    clock = {"clock": moment}
    currency = parts.settings().currency
    hasher = parts.hasher()
    products = ImportingService(
        database=database,
        reader=XmlFeedReader(),
        source=parts.feeds(),
        currency=currency,
        **clock,
    )
    moment.now -= _YEAR
    await products.run_rows(Actor.system(DIRECTOR), "the demo's supplier", feed_rows())
    moment.now += _YEAR
    stage = Stage(
        moment=moment,
        settings=SettingsService(database=database, **clock),
        companies=CompanyService(database=database, **clock),
        users=UserService(database=database, hasher=hasher, known=parts.known(), **clock),
        memberships=MembershipService(database=database, **clock),
        catalogue=CatalogueService(database=database, **clock),
        price_lists=PriceListService(database=database, **clock),
        orders=OrderService(database=database, **clock),
        currency=currency,
    )
    await load(stage)


async def remove_from(parts: Container) -> None:
    """Remove all that the demo put in."""
    paths = {
        "/".join(parts_[:depth])
        for family in FAMILIES
        for parts_ in (family.category.split("/"),)
        for depth in range(1, len(parts_) + 1)
    }
    await DemoEraser(parts.engine()).erase(
        slugs=[client.slug for client in CLIENTS],
        domains=EMAIL_DOMAINS,
        sku_prefix=f"{SKU_PREFIX}-",
        category_paths=sorted(paths),
        price_list=PRICE_LIST,
        actor=DIRECTOR,
    )
