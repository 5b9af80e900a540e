"""The room in which somebody becomes one of the MSP's people, and is let into companies."""

from uuid import UUID

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template
from msgspec import Struct

from adapters.http.forms import Filled, Form
from adapters.http.pages.companies.naming import company_named, no_company, suggestions
from adapters.http.pages.users.views import DESK
from adapters.http.screen import Screen
from adapters.http.shell import Crumb
from portal_core.companies.companies import CompanyService
from portal_core.companies.msp_people import MspPeopleService
from portal_core.companies.standing import GrantedCompany
from portal_core.errors import Conflict, Invalid
from portal_core.identity.actor import Actor
from portal_core.identity.permissions import MspRole
from portal_core.identity.users import UserService
from portal_core.ids import UserId

_ROLES = (
    ("", "No", "They belong to companies, or to none."),
    (
        MspRole.TECHNICIAN.value,
        "Technician",
        "Helps in the companies that you let them into, each for some days.",
    ),
    (MspRole.ADMINISTRATOR.value, "Administrator", "May do everything, in all companies."),
)


class MspRoleForm(Struct, frozen=True, kw_only=True):
    """What “Works for the MSP” sends."""

    msp_role: MspRole | None = None


class LetInForm(Struct, frozen=True, kw_only=True):
    """What “Let in” sends. `company` is a short name."""

    company: str = ""
    reason: str = ""
    days: int = 7


class MspPersonView(Struct, frozen=True, kw_only=True):
    """What the page reads."""

    name: str
    here: str
    filled: Filled[MspRoleForm]
    letting_in: Filled[LetInForm]
    roles: tuple[tuple[str, str, str], ...]
    is_technician: bool
    grants: tuple[GrantedCompany, ...]
    companies: tuple[tuple[str, str], ...]


class MspPeoplePages(Controller):
    """Working for the MSP."""

    path = f"{DESK}/{{user_id:uuid}}/msp"

    @get()
    async def show(
        self,
        user_id: FromPath[UUID],
        actor: NamedDependency[Actor],
        screen: NamedDependency[Screen],
        companies: NamedDependency[CompanyService],
        users: NamedDependency[UserService],
        msp_people: NamedDependency[MspPeopleService],
    ) -> Template:
        """Show what somebody is for the MSP."""
        return await _Sheet(actor, screen, companies, users, msp_people).show(user_id)

    @post()
    async def save(
        self,
        user_id: FromPath[UUID],
        data: Form[MspRoleForm],
        actor: NamedDependency[Actor],
        screen: NamedDependency[Screen],
        companies: NamedDependency[CompanyService],
        users: NamedDependency[UserService],
        msp_people: NamedDependency[MspPeopleService],
    ) -> Template | Redirect:
        """Make somebody one of the MSP's people, or none."""
        try:
            await msp_people.set_role(actor, UserId(user_id), data.fields.msp_role)
        except (Invalid, Conflict) as refusal:
            sheet = _Sheet(actor, screen, companies, users, msp_people)
            return await sheet.show(user_id, filled=data.refused(refusal))
        return screen.go(f"{DESK}/{user_id}/msp", "msp-role-changed")

    @post("/companies")
    async def let_in(
        self,
        user_id: FromPath[UUID],
        data: Form[LetInForm],
        actor: NamedDependency[Actor],
        screen: NamedDependency[Screen],
        companies: NamedDependency[CompanyService],
        users: NamedDependency[UserService],
        msp_people: NamedDependency[MspPeopleService],
    ) -> Template | Redirect:
        """Let a technician help in a company."""
        try:
            form = data.fields
            company = await company_named(actor, companies, form.company)
            if company is None:
                raise no_company()
            await msp_people.let_in(
                actor, company.id, UserId(user_id), reason=form.reason, days=form.days
            )
        except (Invalid, Conflict) as refusal:
            sheet = _Sheet(actor, screen, companies, users, msp_people)
            return await sheet.show(user_id, letting_in=data.refused(refusal))
        return screen.go(f"{DESK}/{user_id}/msp", "technician-in")

    @post("/companies/{slug:str}/end")
    async def keep_out(
        self,
        user_id: FromPath[UUID],
        slug: FromPath[str],
        actor: NamedDependency[Actor],
        screen: NamedDependency[Screen],
        companies: NamedDependency[CompanyService],
        msp_people: NamedDependency[MspPeopleService],
    ) -> Redirect:
        """End what lets a technician in."""
        company = await companies.get_by_slug(actor, slug)
        await msp_people.keep_out(actor, company.id, UserId(user_id))
        return screen.go(f"{DESK}/{user_id}/msp", "technician-out")


class _Sheet:
    """The page, with its forms as they were filled in."""

    def __init__(
        self,
        actor: Actor,
        screen: Screen,
        companies: CompanyService,
        users: UserService,
        msp_people: MspPeopleService,
    ) -> None:
        self._actor = actor
        self._screen = screen
        self._companies = companies
        self._users = users
        self._msp_people = msp_people

    async def show(
        self,
        user_id: UUID,
        *,
        filled: Filled[MspRoleForm] | None = None,
        letting_in: Filled[LetInForm] | None = None,
    ) -> Template:
        """Show the page. Raises NotFound."""
        user = await self._users.get(self._actor, UserId(user_id))
        grants = await self._msp_people.companies_of(self._actor, user.id)
        view = MspPersonView(
            name=user.name,
            here=f"{DESK}/{user.id}/msp",
            filled=filled or Filled.of(MspRoleForm(msp_role=user.msp_role)),
            letting_in=letting_in or Filled.of(LetInForm()),
            roles=_ROLES,
            is_technician=user.msp_role is MspRole.TECHNICIAN,
            grants=tuple(grants),
            companies=await suggestions(self._actor, self._companies),
        )
        crumbs = (
            Crumb("Users", DESK),
            Crumb(user.name, f"{DESK}/{user.id}"),
            Crumb("MSP"),
        )
        status = max(view.filled.status, view.letting_in.status)
        return await self._screen.show(
            "pages/users/msp.html", view, crumbs=crumbs, status=status
        )
