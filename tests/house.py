"""The portal as a visitor meets it: an application with people in it, and browsers."""

import itertools
import re
from dataclasses import dataclass, field
from uuid import UUID

import httpx
from dependency_injector.providers import Object
from msgspec.structs import replace

from adapters.memory.passwords import MemoryPasswordHasher
from entrypoints.container import Container
from entrypoints.settings import Settings
from entrypoints.web import create_app
from portal_core.commerce.model import ProductDetails
from portal_core.commerce.order import Wish
from portal_core.companies.model import Company, CompanyDetails
from portal_core.companies.portal import PortalSettings
from portal_core.identity.model import User
from portal_core.identity.permissions import SCOPES, MspRole, Permission, Role
from portal_core.identity.policy import MSP_POLICY
from tests.examples import PASSWORD, PRICE
from tests.people import SYSTEM, member

URL = "https://portal.example.com"
HERE = "198.51.100.7"
_COUNT = itertools.count()
_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


def settings_in(folder, **changes):
    """Return settings of a portal that keeps its things in the folder."""
    values = {
        "data_dir": folder,
        "database_url": f"sqlite:///{folder / 'portal.db'}",
        "public_url": URL,
        "secret_keys": ("a-secret-key-that-opens-nothing-at-all",),
    }
    return Settings(**(values | changes))


def somewhere():
    """Return an address in a network where nobody was before."""
    number = next(_COUNT)
    return f"10.{number // 256 % 256}.{number % 256}.1"


class AlwaysReady:
    """Finds nothing missing in a database that is a dictionary."""

    async def check(self):
        """Raise nothing."""


def parts_for(settings, clock, database=None):
    """Return a container with a quick hasher, a clock of the test's own and a database."""
    parts = Container(settings=settings)
    parts.clock.override(Object(clock))
    parts.hasher.override(Object(MemoryPasswordHasher()))
    if database is not None:
        parts.database.override(Object(database))
        parts.readiness.override(Object(AlwaysReady()))
    return parts


@dataclass
class Town:
    """A portal with two companies, and everybody who could come to it."""

    parts: Container
    app: object
    harbour: Company
    orchard: Company
    people: dict[str, User] = field(default_factory=dict)
    known: dict[str, str] = field(default_factory=dict)

    def browser(self, **options):
        """Return a browser that has been nowhere yet."""
        return Browser(self.app, **options)

    async def signed_in(self, who, **options):
        """Return the browser of somebody who has signed in."""
        browser = self.browser(**options)
        await browser.sign_in(self.people[who].email)
        return browser

    async def stock_up(self):
        """Give each company a product that the other must not see, an order, and keys."""
        for company, other, who in (
            (self.harbour, self.orchard, "buyer"),
            (self.orchard, self.harbour, "stranger"),
        ):
            sku = f"{company.slug.upper()}-1"
            details = ProductDetails(sku=sku, name=f"Only for {company.name}", price=PRICE)
            await self.parts.catalogue().create(SYSTEM, details, stock=50)
            await self.parts.catalogue().exclude(SYSTEM, sku, [other.id])
            actor = member(self.people[who].id, who, Role.ADMINISTRATOR, company.id)
            placed = await self.parts.orders().place(actor, [Wish(sku, 1)])
            self.known[f"{company.slug}_order"] = placed.order.number
        for name, company_id in (("of_company", self.harbour.id), ("of_all", None)):
            _, text = await self.parts.api_keys().create(
                SYSTEM, name=name, scopes=tuple(SCOPES), company_id=company_id
            )
            self.known[name] = text
        await self.invite_everybody()
        self.known |= {who: str(person.id) for who, person in self.people.items()}

    async def invite_everybody(self):
        """Let in somebody of each other role, a technician, and a custom role for each."""
        memberships, roles = self.parts.memberships(), self.parts.roles()
        for company in (self.harbour, self.orchard):
            role = await roles.create(
                SYSTEM, company.id, name=f"Of {company.name}", permissions=[Permission.SHOP]
            )
            self.known[f"{company.slug}_role"] = str(role.id)
        for who, role in REST.items():
            user = self.people[who] = await _user(self.parts, who)
            custom = self.known["harbour_role"] if role is Role.CUSTOM else None
            await memberships.grant(
                SYSTEM, self.harbour.id, user.id, role, custom and UUID(custom)
            )
        tess = await _user(self.parts, "technician", MspRole.TECHNICIAN)
        self.people["technician"] = tess
        await self.parts.msp_people().let_in(
            SYSTEM, self.harbour.id, tess.id, reason="Ticket 4711", days=7
        )

    def facts(self):
        """Return all that is stored in memory, but for who was seen when."""
        tables = self.parts.database().tables
        passing = {"sessions", "attempts"}
        return {
            name: repr(rows) for name, rows in vars(tables).items() if name not in passing
        }


REST = {
    "owner": Role.OWNER,
    "approver": Role.APPROVER,
    "finance": Role.FINANCE,
    "staff-manager": Role.STAFF_MANAGER,
    "custom": Role.CUSTOM,
}
"""Who is there when it matters that nobody is left out."""

CAST = {
    "member": Role.MEMBER,
    "buyer": Role.BUYER,
    "administrator": Role.ADMINISTRATOR,
}


async def settle(parts):
    """Fill an empty portal with companies and people, and return it."""
    async with parts.database().begin() as work:
        policy = replace(MSP_POLICY, second_factor=False)
        await work.settings.keep(PortalSettings(sign_in=policy))
    town = Town(
        parts,
        create_app(parts),
        await _company(parts, "Harbour"),
        await _company(parts, "Orchard"),
    )
    for who, role in CAST.items():
        town.people[who] = await _user(parts, who)
        await parts.memberships().grant(SYSTEM, town.harbour.id, town.people[who].id, role)
    town.people["stranger"] = await _user(parts, "stranger")
    await parts.memberships().grant(
        SYSTEM, town.orchard.id, town.people["stranger"].id, Role.ADMINISTRATOR
    )
    town.people["msp"] = await _user(parts, "msp", MspRole.ADMINISTRATOR)
    return town


async def _company(parts, name):
    details = CompanyDetails(
        name=name, slug=name.lower(), currency="AUD", time_zone="Australia/Sydney"
    )
    return await parts.companies().create(SYSTEM, details)


async def _user(parts, who, msp_role=None):
    return await parts.users().create(
        SYSTEM,
        email=f"{who}@example.com",
        name=f"Some {who.title()}",
        password=PASSWORD,
        msp_role=msp_role,
    )


class Browser:
    """Keeps cookies and the token of the last form; follows no redirect."""

    def __init__(self, app, *, address=HERE, url=URL, headers=None):
        transport = httpx.ASGITransport(app=app, client=(address, 4711))
        self.http = httpx.AsyncClient(transport=transport, base_url=url, headers=headers)
        self.token = ""

    async def get(self, path, **options):
        """Fetch a page."""
        answer = await self.http.get(path, **options)
        self._remember(answer)
        return answer

    async def post(self, path, fields=None, *, token=None, **options):
        """Send a form with the token of the last page."""
        data = {"csrf_token": self.token if token is None else token, **(fields or {})}
        answer = await self.http.post(path, data=data, **options)
        self._remember(answer)
        return answer

    async def sign_in(self, email, password=PASSWORD, **fields):
        """Open the sign-in page and send its form; then look at a page with a token."""
        await self.get("/login")
        answer = await self.post("/login", {"email": email, "password": password, **fields})
        if answer.status_code == httpx.codes.SEE_OTHER:
            await self.get("/account")
        return answer

    def cookie(self, name="__Host-atrium"):
        """Return the value of a cookie, or nothing."""
        return self.http.cookies.get(name, "")

    def plant(self, name, value):
        """Set a cookie as if the portal had."""
        self.http.cookies.set(name, value, domain=self.http.base_url.host, path="/")

    def _remember(self, answer):
        found = _TOKEN.search(answer.text)
        self.token = found[1] if found else self.token


def set_cookies(answer):
    """Return the Set-Cookie headers of an answer by the name of the cookie."""
    lines = answer.headers.get_list("set-cookie")
    return {line.partition("=")[0]: line for line in lines}


def told(answer):
    """Return the page without what differs from one request to the next."""
    text = answer.text.replace(answer.headers["x-request-id"], "REQUEST")
    return re.sub(r'nonce="[^"]+"', "NONCE", text)
