"""A portal of some size: companies, people, products, orders and events."""

import hashlib
import random
from datetime import timedelta

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import insert

from adapters.passwords.hasher import Argon2Hasher
from adapters.sql.columns import folded
from adapters.sql.entities import values_of
from adapters.sql.facts import record_facts
from adapters.sql.orders import SqlOrders
from adapters.sql.tables.companies import companies, memberships
from adapters.sql.tables.identity import credentials, sessions, users
from portal_core.commerce.events import OrderPlaced
from portal_core.commerce.order import Wish, lines_for, order_number, place
from portal_core.events import ActorKind
from portal_core.identity.actor import Actor
from tests.examples import a_company, a_membership, a_session, a_user

PASSWORD = "a password for the benchmark"
FAMILIES = ("Notebook", "Monitor", "Dock", "Headset", "Switch", "Cable", "Printer", "Drive")
MAKERS = ("Aldgate", "Brightline", "Corran", "Halcyon", "Meridian", "Osprey")


class Size(Struct, frozen=True, kw_only=True):
    """How much there is."""

    companies: int = 50
    users: int = 2_000
    products: int = 5_000
    orders: int = 20_000
    events: int = 100_000


class Visitor(Struct, frozen=True):
    """A buyer with a session of their own, from a network of their own."""

    email: str
    slug: str
    token: str
    address: str


def feed_rows(products, *, changed=0):
    """Return products as rows of a supplier's feed; so many of them with another price."""
    chance = random.Random(1)
    for number in range(products):
        family, maker = chance.choice(FAMILIES), chance.choice(MAKERS)
        cost = chance.randint(500, 300_000) + (1 if number < changed else 0)
        yield {
            "StockCode": f"{maker[:2].upper()}-{number:06d}",
            "ProductName": f"{maker} {family} {number % 97} {chance.choice('ABCDEFGH')}",
            "ProductName2": f"{maker} {family}, retail box, local warranty.",
            "CategoryName": f"{family}s/{maker}",
            "Manufacturer": maker,
            "DBP": f"{cost / 100:.2f}",
            "RRP": f"{cost * 1.3 / 100:.2f}",
            "OnHandChanelNsw": "5000",
            "OnHandChanelQld": str(number % 40),
            "Weight": "1.5",
            "pubDate": "01/11/2026",
        }


async def furnish(parts, size):
    """Fill the portal; return buyers with sessions."""
    now = parts.clock()()
    hasher = Argon2Hasher()
    password_hash = await hasher.hash(PASSWORD)
    hasher.close()
    towns = [a_company(f"Company {n:04d}", at=now) for n in range(size.companies)]
    people = [a_user(f"User {n:05d}", at=now) for n in range(size.users)]
    belongs = [a_membership(towns[n % len(towns)], each) for n, each in enumerate(people)]
    visitors = [
        Visitor(user.email, towns[n % len(towns)].slug, f"token-{n}", _address(n))
        for n, user in enumerate(people)
    ]
    async with parts.engine().begin() as connection:
        await connection.execute(insert(companies), [_keyed(each) for each in towns])
        await connection.execute(insert(users), [_keyed(each) for each in people])
        secret = {"password_hash": password_hash, "changed_at": now}
        await connection.execute(
            insert(credentials), [{"user_id": user.id, **secret} for user in people]
        )
        await connection.execute(insert(memberships), [values_of(each) for each in belongs])
        await connection.execute(
            insert(sessions),
            [
                values_of(_session(user, visitor, now))
                for user, visitor in zip(people, visitors, strict=True)
            ],
        )
    await _order(parts, size, towns, people, now)
    return visitors


async def _order(parts, size, towns, people, now):
    """Write orders of the last year, and so many facts about them."""
    chance = random.Random(2)
    buyers = [_buyer(people[n], towns[n % len(towns)]) for n in range(len(people))]
    async with parts.database().read() as work:
        skus = [row["StockCode"] for row in feed_rows(min(size.products, 500))]
        offers = await work.shop.offers(towns[0].id, skus)
    sold = list(offers)
    per_order = max(1, size.events // size.orders)
    for first in range(0, size.orders, 500):
        async with parts.engine().begin() as connection:
            facts = []
            for number in range(first, min(first + 500, size.orders)):
                buyer = buyers[number % len(buyers)]
                wishes = [Wish(sku, chance.randint(1, 3)) for sku in chance.sample(sold, 3)]
                order = place(
                    lines_for(wishes, offers, tax_rate_bp=1_000),
                    number=order_number(number + 1),
                    company_id=buyer.company,
                    by=buyer.id,
                    by_name=buyer.name,
                    po_number=f"PO-{number}",
                    at=now - timedelta(minutes=25 * (size.orders - number)),
                )
                await SqlOrders(connection).next_number()
                await SqlOrders(connection).add(order)
                facts += [
                    OrderPlaced.of(order, buyer.stamp(order.placed_at))
                    for _ in range(per_order)
                ]
            await record_facts(connection, facts, tell=False)


def _session(user, visitor, now):
    """Return the session of a visitor, who has signed in by a password."""
    hashed = hashlib.sha256(visitor.token.encode()).digest()
    network = f"{visitor.address.rpartition('.')[0]}.0/24"
    session = a_session(user, token_hash=hashed, at=now, ends_at=now + timedelta(hours=12))
    return replace(session, network=network)


def _keyed(entity):
    """Return the row of something that is searched by its name."""
    return {**values_of(entity), "name_key": folded(entity.name)}


def _buyer(user, town):
    return Actor(
        kind=ActorKind.USER,
        id=user.id,
        name=user.name,
        permissions=frozenset(),
        company_id=town.id,
    )


def _address(number):
    return f"10.{number // 250}.{number % 250}.1"
