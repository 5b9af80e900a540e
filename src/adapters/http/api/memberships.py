"""Who belongs to a company, what they may do there, and custom roles, over the API."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from litestar import Controller, Response, delete, get, patch, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody
from msgspec import UNSET, Meta, Struct, UnsetType, field

from adapters.http.api.asking import Asked, expected_version, once_for, unless_stale
from adapters.http.api.operations import Conditional, Repeatable, needs
from adapters.http.api.wire import Listed, chosen, listed, tagged
from adapters.http.calls import AnyRequest
from portal_core.companies.access import Visit
from portal_core.companies.memberships import MembershipService
from portal_core.companies.model import Assignment, Member
from portal_core.companies.roles import RoleService
from portal_core.companies.standing import CustomRole, Decision, RoleUse
from portal_core.errors import NotFound
from portal_core.identity.actor import Actor
from portal_core.identity.permissions import SENTENCES, Permission, Role, StaffScope
from portal_core.ids import CompanyId, RoleId, UserId

Name = Annotated[str, Meta(examples=["Reception"])]
Given = Annotated[list[Permission], Meta(description="Allowed besides the role")]
Withheld = Annotated[list[Permission], Meta(description="Not allowed, despite the role")]


class MemberBody(Struct, frozen=True, kw_only=True):
    """A user in a company. Only the role `custom` has a `custom_role_id`."""

    user_id: UUID
    name: str
    email: str
    disabled: bool
    role: Role
    role_name: str
    custom_role_id: UUID | None
    given: Given
    withheld: Withheld
    staff_scope: StaffScope


class AssignmentBody(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a user is to be in a company, in place of what they were."""

    role: Role
    custom_role_id: UUID | None = None
    given: Given = field(default_factory=list)
    withheld: Withheld = field(default_factory=list)
    staff_scope: StaffScope = StaffScope.COMPANY


class DecisionBody(Struct, frozen=True, kw_only=True):
    """Whether somebody may do something, and why."""

    permission: Permission
    sentence: str
    allowed: bool
    why: str


class AccessBody(Struct, frozen=True, kw_only=True):
    """What somebody may do in a company, right by right."""

    user_id: UUID
    name: str
    role_name: str
    data: list[DecisionBody]


class CustomRoleBody(Struct, frozen=True, kw_only=True):
    """A custom role. Without a company it is the MSP's, and every company can use it."""

    id: UUID
    name: Name
    company_id: UUID | None
    permissions: list[Permission]
    created_at: datetime


class CustomRolesBody(Struct, frozen=True):
    """Custom roles, by name."""

    data: list[CustomRoleBody]


class NewRole(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a new role needs."""

    name: Name
    permissions: list[Permission] = field(default_factory=list)


class RoleChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to change; what is left out stays."""

    name: Name | UnsetType = UNSET
    permissions: list[Permission] | UnsetType = UNSET


class MemberApi(Controller):
    """Who belongs to a company."""

    path = "/companies/{company:str}/members"
    tags = ("Members",)

    @get(
        operation_id="listMembers",
        summary="List members",
        security=needs("memberships:read"),
    )
    async def list(
        self,
        asked: NamedDependency[Asked],
        actor: NamedDependency[Actor],
        memberships: NamedDependency[MembershipService],
        search: FromQuery[str] = "",
    ) -> Response[Listed[MemberBody]]:
        """List members whose name or address contains the text, by name."""
        page = await memberships.page(actor, actor.company, search, asked.window)
        return listed(asked, page, _member)

    @get(
        "/{user_id:uuid}/access",
        operation_id="explainAccess",
        summary="Explain what somebody may do",
        security=needs("memberships:read"),
    )
    async def explain(
        self,
        user_id: FromPath[UUID],
        actor: NamedDependency[Actor],
        memberships: NamedDependency[MembershipService],
    ) -> AccessBody:
        """Say of each right whether a user has it in the company, and why."""
        found = await memberships.explain(actor, actor.company, UserId(user_id))
        return AccessBody(
            user_id=user_id,
            name=found.user_name,
            role_name=found.standing.role_name,
            data=[_decision(each) for each in found.standing.explain()],
        )

    @put(
        "/{user_id:uuid}",
        operation_id="setMember",
        summary="Set what somebody is",
        security=needs("memberships:write"),
        status_code=204,
    )
    async def set(
        self,
        user_id: FromPath[UUID],
        data: JSONBody[AssignmentBody],
        actor: NamedDependency[Actor],
        memberships: NamedDependency[MembershipService],
    ) -> None:
        """Set what a user is in the company. New members take a key for all companies."""
        wanted = Assignment(
            role=data.role,
            custom_role_id=None
            if data.custom_role_id is None
            else RoleId(data.custom_role_id),
            given=tuple(data.given),
            withheld=tuple(data.withheld),
            staff_scope=data.staff_scope,
        )
        await memberships.assign(actor, actor.company, UserId(user_id), wanted)

    @delete(
        "/{user_id:uuid}",
        operation_id="removeMember",
        summary="Remove a member",
        security=needs("memberships:write"),
    )
    async def remove(
        self,
        user_id: FromPath[UUID],
        actor: NamedDependency[Actor],
        memberships: NamedDependency[MembershipService],
    ) -> None:
        """Take a user out of the company."""
        await memberships.revoke(actor, actor.company, UserId(user_id))


class RoleApi(Controller):
    """The custom roles that a company's people can have."""

    path = "/companies/{company:str}/roles"
    tags = ("Members",)

    @get(
        operation_id="listCompanyRoles",
        summary="List a company's roles",
        security=needs("memberships:read"),
    )
    async def list(
        self, visit: NamedDependency[Visit], roles: NamedDependency[RoleService]
    ) -> CustomRolesBody:
        """List the custom roles that people can have: the company's own, and the MSP's."""
        return await _list(visit, roles)

    @post(
        operation_id="createCompanyRole",
        summary="Add a role to a company",
        security=needs("memberships:write"),
        operation_class=Repeatable,
    )
    async def create(
        self,
        request: AnyRequest,
        data: JSONBody[NewRole],
        visit: NamedDependency[Visit],
        roles: NamedDependency[RoleService],
    ) -> Response[CustomRoleBody]:
        """Add a role of the company's own. Every role can see the company."""
        return await _create(request, data, visit, roles)

    @get(
        "/{role_id:uuid}",
        operation_id="getCompanyRole",
        summary="Get a company's role",
        security=needs("memberships:read"),
    )
    async def show(
        self,
        request: AnyRequest,
        role_id: FromPath[UUID],
        visit: NamedDependency[Visit],
        roles: NamedDependency[RoleService],
    ) -> Response[CustomRoleBody]:
        """Get a custom role that people of the company can have."""
        return await _show(request, role_id, visit, roles)

    @patch(
        "/{role_id:uuid}",
        operation_id="changeCompanyRole",
        summary="Change a company's role",
        security=needs("memberships:write"),
        operation_class=Conditional,
    )
    async def change(
        self,
        request: AnyRequest,
        role_id: FromPath[UUID],
        data: JSONBody[RoleChange],
        visit: NamedDependency[Visit],
        roles: NamedDependency[RoleService],
    ) -> Response[CustomRoleBody]:
        """Change a role of the company's own, for all who have it."""
        return await _change(request, role_id, data, visit, roles)

    @delete(
        "/{role_id:uuid}",
        operation_id="removeCompanyRole",
        summary="Remove a company's role",
        security=needs("memberships:write"),
    )
    async def remove(
        self,
        role_id: FromPath[UUID],
        actor: NamedDependency[Actor],
        roles: NamedDependency[RoleService],
    ) -> None:
        """Remove a role of the company's own that nobody has."""
        await roles.remove(actor, actor.company, RoleId(role_id))


class MspRoleApi(Controller):
    """The MSP's custom roles, which every company can use."""

    path = "/roles"
    tags = ("Members",)

    @get(
        operation_id="listRoles",
        summary="List the MSP's roles",
        security=needs("memberships:read"),
    )
    async def list(
        self, visit: NamedDependency[Visit], roles: NamedDependency[RoleService]
    ) -> CustomRolesBody:
        """List the custom roles that every company can use."""
        return await _list(visit, roles)

    @post(
        operation_id="createRole",
        summary="Add a role for every company",
        security=needs("memberships:write"),
        operation_class=Repeatable,
    )
    async def create(
        self,
        request: AnyRequest,
        data: JSONBody[NewRole],
        visit: NamedDependency[Visit],
        roles: NamedDependency[RoleService],
    ) -> Response[CustomRoleBody]:
        """Add a role that every company can use."""
        return await _create(request, data, visit, roles)

    @get(
        "/{role_id:uuid}",
        operation_id="getRole",
        summary="Get one of the MSP's roles",
        security=needs("memberships:read"),
    )
    async def show(
        self,
        request: AnyRequest,
        role_id: FromPath[UUID],
        visit: NamedDependency[Visit],
        roles: NamedDependency[RoleService],
    ) -> Response[CustomRoleBody]:
        """Get a role that every company can use."""
        return await _show(request, role_id, visit, roles)

    @patch(
        "/{role_id:uuid}",
        operation_id="changeRole",
        summary="Change one of the MSP's roles",
        security=needs("memberships:write"),
        operation_class=Conditional,
    )
    async def change(
        self,
        request: AnyRequest,
        role_id: FromPath[UUID],
        data: JSONBody[RoleChange],
        visit: NamedDependency[Visit],
        roles: NamedDependency[RoleService],
    ) -> Response[CustomRoleBody]:
        """Change a role that every company can use, for all who have it."""
        return await _change(request, role_id, data, visit, roles)

    @delete(
        "/{role_id:uuid}",
        operation_id="removeRole",
        summary="Remove one of the MSP's roles",
        security=needs("memberships:write"),
    )
    async def remove(
        self,
        role_id: FromPath[UUID],
        actor: NamedDependency[Actor],
        roles: NamedDependency[RoleService],
    ) -> None:
        """Remove a role of the MSP's that nobody has."""
        await roles.remove(actor, None, RoleId(role_id))


def _company(visit: Visit) -> CompanyId | None:
    return visit.company.id if visit.company else None


async def _list(visit: Visit, roles: RoleService) -> CustomRolesBody:
    found = await roles.usable(visit.actor, _company(visit))
    return CustomRolesBody([_role(role) for role in found])


async def _find(role_id: UUID, visit: Visit, roles: RoleService) -> RoleUse:
    for role in await roles.usable(visit.actor, _company(visit)):
        if role.id == role_id:
            return role
    raise NotFound("There is no such role.")


async def _show(
    request: AnyRequest, role_id: UUID, visit: Visit, roles: RoleService
) -> Response[CustomRoleBody]:
    role = await _find(role_id, visit, roles)
    return tagged(request, _role(role), role.version)


async def _create(
    request: AnyRequest, data: NewRole, visit: Visit, roles: RoleService
) -> Response[CustomRoleBody]:
    role = await roles.create(
        visit.actor,
        _company(visit),
        name=data.name,
        permissions=data.permissions,
        once=await once_for(request, visit.actor),
    )
    location = f"{request.scope['path']}/{role.id}"
    return tagged(request, _role(role), role.version, status=201, location=location)


async def _change(
    request: AnyRequest, role_id: UUID, data: RoleChange, visit: Visit, roles: RoleService
) -> Response[CustomRoleBody]:
    role, version = await _find(role_id, visit, roles), expected_version(request)
    with unless_stale():
        changed = await roles.change(
            visit.actor,
            _company(visit),
            role.id,
            name=chosen(data.name, role.name),
            permissions=chosen(data.permissions, [*role.permissions]),
            version=version,
        )
    return tagged(request, _role(changed), changed.version)


def _member(member: Member) -> MemberBody:
    return MemberBody(
        user_id=member.user_id,
        name=member.user_name,
        email=member.email,
        disabled=member.disabled,
        role=member.role,
        role_name=member.role_name,
        custom_role_id=member.custom_role_id,
        given=[*member.given],
        withheld=[*member.withheld],
        staff_scope=member.staff_scope,
    )


def _decision(decision: Decision) -> DecisionBody:
    return DecisionBody(
        permission=decision.permission,
        sentence=SENTENCES[decision.permission],
        allowed=decision.allowed,
        why=decision.why,
    )


def _role(role: CustomRole) -> CustomRoleBody:
    return CustomRoleBody(
        id=role.id,
        name=role.name,
        company_id=role.company_id,
        permissions=[*role.permissions],
        created_at=role.created_at,
    )
