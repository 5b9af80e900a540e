"""The rooms in which the MSP looks after everybody who signs in."""

from typing import Annotated
from uuid import UUID

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template
from msgspec import Meta, Struct

from adapters.http.forms import Filled, Form
from adapters.http.pages.companies.naming import company_named, no_company, suggestions
from adapters.http.pages.people.views import RoleForm, chosen, roles, roles_explained
from adapters.http.pages.users.views import (
    DESK,
    ListView,
    MembershipForm,
    NewForm,
    NewView,
    PasswordForm,
    UserForm,
    UserView,
    membership_of,
    row_of,
)
from adapters.http.screen import Screen
from adapters.http.shell import Crumb
from portal_core.companies.companies import CompanyService
from portal_core.companies.memberships import MembershipService
from portal_core.errors import Conflict, Invalid
from portal_core.identity.actor import Actor
from portal_core.identity.permissions import MSP_ROLE_NAMES, MspRole
from portal_core.identity.users import UserService
from portal_core.ids import UserId

_CRUMB = Crumb("Users", DESK)


class UsersQuery(Struct, frozen=True, kw_only=True):
    """The state of the list, in its address."""

    search: Annotated[str, Meta(max_length=100)] = ""
    cursor: str = ""


class NewQuery(Struct, frozen=True, kw_only=True):
    """For which company a user is to be added."""

    company: str = ""


class UserPages(Controller):
    """Everybody who signs in."""

    path = DESK

    @get()
    async def list(
        self,
        actor: NamedDependency[Actor],
        screen: NamedDependency[Screen],
        users: NamedDependency[UserService],
    ) -> Template:
        """List the users, by name."""
        query = screen.query(UsersQuery)
        window = screen.window(query.cursor, query.search)
        page = await users.page(actor, query.search.strip(), window)
        view = ListView(
            address=screen.address,
            rows=tuple(row_of(user) for user in page.items),
            prev=screen.cursor(page.prev, query.search),
            next=screen.cursor(page.next, query.search),
        )
        crumbs = (Crumb(_CRUMB.label),)
        return await screen.show("pages/users/list.html", view, crumbs=crumbs)

    @get("/new")
    async def new(
        self,
        actor: NamedDependency[Actor],
        screen: NamedDependency[Screen],
        companies: NamedDependency[CompanyService],
    ) -> Template:
        """Show an empty form, for the company that the address may name."""
        form = NewForm(company=screen.query(NewQuery).company)
        return await _new(screen, actor, companies, Filled.of(form))

    @post()
    async def create(
        self,
        data: Form[NewForm],
        actor: NamedDependency[Actor],
        screen: NamedDependency[Screen],
        companies: NamedDependency[CompanyService],
        memberships: NamedDependency[MembershipService],
        users: NamedDependency[UserService],
    ) -> Template | Redirect:
        """Add a user, into their first company if one is named, and go to them."""
        try:
            form = data.fields
            role, custom = chosen(form.role)
            company = await company_named(actor, companies, form.company)
            user = await users.create(
                actor,
                email=form.email,
                name=form.name,
                password=form.password,
                temporary=form.password is not None,
                msp_role=MspRole.ADMINISTRATOR if form.is_msp else None,
            )
        except (Invalid, Conflict) as refusal:
            return await _new(screen, actor, companies, data.refused(refusal))
        if company is not None:
            await memberships.grant(actor, company.id, user.id, role, custom)
        return screen.go(f"{DESK}/{user.id}", "user-created")

    @get("/{user_id:uuid}")
    async def show(
        self,
        user_id: FromPath[UUID],
        actor: NamedDependency[Actor],
        screen: NamedDependency[Screen],
        companies: NamedDependency[CompanyService],
        memberships: NamedDependency[MembershipService],
        users: NamedDependency[UserService],
    ) -> Template:
        """Show a user: their details and their companies."""
        return await Sheet(actor, screen, companies, memberships, users).show(user_id)

    @post("/{user_id:uuid}")
    async def save(
        self,
        user_id: FromPath[UUID],
        data: Form[UserForm],
        actor: NamedDependency[Actor],
        screen: NamedDependency[Screen],
        companies: NamedDependency[CompanyService],
        memberships: NamedDependency[MembershipService],
        users: NamedDependency[UserService],
    ) -> Template | Redirect:
        """Change the name and the address of a user."""
        try:
            form = data.fields
            await users.edit(
                actor,
                UserId(user_id),
                name=form.name,
                email=form.email,
                version=form.version,
            )
        except (Invalid, Conflict) as refusal:
            sheet = Sheet(actor, screen, companies, memberships, users)
            return await sheet.show(user_id, filled=data.refused(refusal))
        return screen.go(f"{DESK}/{user_id}", "user-saved")

    @post("/{user_id:uuid}/companies")
    async def join(
        self,
        user_id: FromPath[UUID],
        data: Form[MembershipForm],
        actor: NamedDependency[Actor],
        screen: NamedDependency[Screen],
        companies: NamedDependency[CompanyService],
        memberships: NamedDependency[MembershipService],
        users: NamedDependency[UserService],
    ) -> Template | Redirect:
        """Give the user a role in a company."""
        try:
            form = data.fields
            company = await company_named(actor, companies, form.company)
            if company is None:
                raise no_company()
            role, custom = chosen(form.role)
            await memberships.grant(actor, company.id, UserId(user_id), role, custom)
        except (Invalid, Conflict) as refusal:
            sheet = Sheet(actor, screen, companies, memberships, users)
            return await sheet.show(user_id, joining=data.refused(refusal))
        return screen.go(f"{DESK}/{user_id}", "member-added")

    @post("/{user_id:uuid}/companies/{slug:str}")
    async def change_role(
        self,
        user_id: FromPath[UUID],
        slug: FromPath[str],
        data: Form[RoleForm],
        actor: NamedDependency[Actor],
        screen: NamedDependency[Screen],
        companies: NamedDependency[CompanyService],
        memberships: NamedDependency[MembershipService],
    ) -> Redirect:
        """Give the user another role in a company."""
        company = await companies.get_by_slug(actor, slug)
        role, custom = data.fields.chosen
        await memberships.grant(actor, company.id, UserId(user_id), role, custom)
        return screen.go(f"{DESK}/{user_id}", "role-changed")

    @post("/{user_id:uuid}/companies/{slug:str}/remove")
    async def leave(
        self,
        user_id: FromPath[UUID],
        slug: FromPath[str],
        actor: NamedDependency[Actor],
        screen: NamedDependency[Screen],
        companies: NamedDependency[CompanyService],
        memberships: NamedDependency[MembershipService],
    ) -> Redirect:
        """Take the user out of a company."""
        company = await companies.get_by_slug(actor, slug)
        await memberships.revoke(actor, company.id, UserId(user_id))
        return screen.go(f"{DESK}/{user_id}", "member-removed")

    @post("/{user_id:uuid}/password")
    async def set_password(
        self,
        user_id: FromPath[UUID],
        data: Form[PasswordForm],
        actor: NamedDependency[Actor],
        screen: NamedDependency[Screen],
        companies: NamedDependency[CompanyService],
        memberships: NamedDependency[MembershipService],
        users: NamedDependency[UserService],
    ) -> Template | Redirect:
        """Give the user another password."""
        try:
            await users.set_password(actor, UserId(user_id), data.fields.password)
        except Invalid as refusal:
            sheet = Sheet(actor, screen, companies, memberships, users)
            return await sheet.show(user_id, password=data.refused(refusal))
        return screen.go(f"{DESK}/{user_id}", "password-set")

    @post("/{user_id:uuid}/disable")
    async def disable(
        self,
        user_id: FromPath[UUID],
        actor: NamedDependency[Actor],
        screen: NamedDependency[Screen],
        users: NamedDependency[UserService],
    ) -> Redirect:
        """Keep the user out."""
        await users.disable(actor, UserId(user_id))
        return screen.go(f"{DESK}/{user_id}", "user-disabled")

    @post("/{user_id:uuid}/enable")
    async def enable(
        self,
        user_id: FromPath[UUID],
        actor: NamedDependency[Actor],
        screen: NamedDependency[Screen],
        users: NamedDependency[UserService],
    ) -> Redirect:
        """Let the user in again."""
        await users.enable(actor, UserId(user_id))
        return screen.go(f"{DESK}/{user_id}", "user-enabled")


class Sheet:
    """The page of a user, with the forms as they were filled in."""

    def __init__(
        self,
        actor: Actor,
        screen: Screen,
        companies: CompanyService,
        memberships: MembershipService,
        users: UserService,
    ) -> None:
        self._actor = actor
        self._screen = screen
        self._companies = companies
        self._memberships = memberships
        self._users = users

    async def show(
        self,
        user_id: UUID,
        *,
        filled: Filled[UserForm] | None = None,
        joining: Filled[MembershipForm] | None = None,
        password: Filled[PasswordForm] | None = None,
    ) -> Template:
        """Show the page. Raises NotFound."""
        user = await self._users.get(self._actor, UserId(user_id))
        memberships = await self._memberships.of_user(self._actor, user.id)
        form = UserForm(name=user.name, email=user.email, version=user.version)
        view = UserView(
            here=f"{DESK}/{user.id}",
            name=user.name,
            email=user.email,
            msp_role=MSP_ROLE_NAMES[user.msp_role] if user.msp_role else "",
            is_self=user.id == self._actor.id,
            disabled=user.disabled,
            created_at=user.created_at,
            signed_in_at=user.signed_in_at,
            filled=filled or Filled.of(form),
            joining=joining or Filled.of(MembershipForm()),
            password=password or Filled.of(PasswordForm()),
            memberships=tuple(membership_of(member) for member in memberships),
            companies=await suggestions(self._actor, self._companies),
            roles=roles(),
        )
        status = max(view.filled.status, view.joining.status, view.password.status)
        crumbs = (_CRUMB, Crumb(user.name))
        return await self._screen.show(
            "pages/users/user.html", view, crumbs=crumbs, status=status
        )


async def _new(
    screen: Screen, actor: Actor, companies: CompanyService, filled: Filled[NewForm]
) -> Template:
    view = NewView(
        filled=filled,
        companies=await suggestions(actor, companies),
        roles=roles_explained(),
    )
    crumbs = (_CRUMB, Crumb("New user"))
    return await screen.show(
        "pages/users/new.html", view, crumbs=crumbs, status=filled.status
    )
