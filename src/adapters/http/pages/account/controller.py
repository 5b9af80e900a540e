"""The person's own pages: profile, colours, companies."""

from typing import Annotated

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.response import Redirect, Template
from msgspec import Meta, Struct

from adapters.http.forms import Filled, Form
from adapters.http.house import THEME, house_of
from adapters.http.screen import Screen
from adapters.http.shell import CompanyLink, Crumb, Theme
from portal_core.errors import Invalid, NotFound
from portal_core.identity.actor import Actor
from portal_core.identity.users import UserService
from portal_core.overview.overview import OverviewService

_YEAR = 365 * 86_400
_MOST_COMPANIES = 500
_CRUMB = Crumb("Your account", "/account")


class ProfileForm(Struct, frozen=True, kw_only=True):
    """What the profile form sends."""

    name: Annotated[str, Meta(max_length=200)] = ""


class ProfileView(Struct, frozen=True, kw_only=True):
    """What the profile page reads."""

    email: str
    filled: Filled[ProfileForm]


class ThemeForm(Struct, frozen=True, kw_only=True):
    """What the switch for colours sends. `next` is the page it was used on."""

    theme: Theme = "auto"
    next: str = "/"


class CompaniesQuery(Struct, frozen=True, kw_only=True):
    """The query of the list of companies."""

    search: str = ""


class CompaniesView(Struct, frozen=True, kw_only=True):
    """What the list of companies reads."""

    search: str
    found: tuple[CompanyLink, ...]


class AccountPages(Controller):
    """The account of whoever is signed in."""

    path = "/account"

    @get()
    async def profile(self, screen: NamedDependency[Screen]) -> Template:
        """Show the profile."""
        user = screen.visit.user
        if user is None:
            raise NotFound("There is no such page.")
        return await _profile(screen, Filled.of(ProfileForm(name=user.name)))

    @post()
    async def save(
        self,
        data: Form[ProfileForm],
        actor: NamedDependency[Actor],
        screen: NamedDependency[Screen],
        users: NamedDependency[UserService],
    ) -> Template | Redirect:
        """Change the person's own name."""
        try:
            await users.rename_oneself(actor, data.fields.name)
        except Invalid as refusal:
            return await _profile(screen, data.refused(refusal))
        return screen.go("/account", "profile-saved")

    @post("/theme")
    async def theme(
        self, data: Form[ThemeForm], screen: NamedDependency[Screen]
    ) -> Redirect:
        """Remember the colours in this browser, and go back to the page."""
        chosen = house_of(screen.request).cookie(THEME, data.fields.theme, seconds=_YEAR)
        return screen.go(data.fields.next, cookies=[chosen])

    @get("/companies")
    async def companies(
        self,
        actor: NamedDependency[Actor],
        screen: NamedDependency[Screen],
        overview: NamedDependency[OverviewService],
    ) -> Template:
        """List the companies that the person may enter."""
        query = screen.query(CompaniesQuery)
        words = query.search.casefold().split()
        around = await overview.around(actor, _MOST_COMPANIES)
        found = tuple(
            CompanyLink(one.slug, one.name)
            for one in around.companies
            if all(word in f"{one.name} {one.slug}".casefold() for word in words)
        )
        view = CompaniesView(search=query.search, found=found)
        crumbs = (_CRUMB, Crumb("Companies"))
        return await screen.show("pages/account/companies.html", view, crumbs=crumbs)


async def _profile(screen: Screen, filled: Filled[ProfileForm]) -> Template:
    user = screen.visit.user
    view = ProfileView(email=user.email if user else "", filled=filled)
    crumbs = (Crumb(_CRUMB.label),)
    return await screen.show(
        "pages/account/profile.html", view, crumbs=crumbs, status=filled.status
    )
