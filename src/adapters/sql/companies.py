"""Companies, memberships, the door and the settings in SQL."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from msgspec.structs import replace
from sqlalchemy import (
    ColumnElement,
    Select,
    Table,
    and_,
    bindparam,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.sql.columns import ID, TEXT, contains, folded
from adapters.sql.connections import is_foreign_key_violation, is_unique_violation
from adapters.sql.entities import Entity, values_of
from adapters.sql.identity import API_KEY, SESSION, USER
from adapters.sql.keyset import Order, page_of
from adapters.sql.secrets import Secrets
from adapters.sql.tables.commerce import orders
from adapters.sql.tables.companies import (
    companies,
    company_variables,
    custom_roles,
    memberships,
    portal_settings,
    technician_grants,
)
from adapters.sql.tables.events import endpoints
from adapters.sql.tables.factors import authenticators
from adapters.sql.tables.identity import api_keys, sessions, users
from portal_core.companies.entrance import Entrance
from portal_core.companies.model import (
    EXTERNAL_IDS,
    Assignment,
    Company,
    CompanyContents,
    CompanyName,
    CompanySummary,
    Member,
    Membership,
)
from portal_core.companies.portal import PortalSettings
from portal_core.companies.standing import (
    CustomRole,
    Grant,
    GrantedCompany,
    GrantedTechnician,
    RoleUse,
    Standing,
)
from portal_core.companies.variable import Variable
from portal_core.errors import Conflict, Invalid, NotFound, PortalError
from portal_core.identity.model import User
from portal_core.identity.permissions import Permission
from portal_core.identity.policy import MSP_POLICY, SignInPolicy
from portal_core.ids import CompanyId, RoleId, UserId
from portal_core.paging import Page, Window

COMPANY = Entity(Company, companies)

_COMPANY_BY_ID = COMPANY.by(companies.c.id)
_COMPANY_BY_SLUG = COMPANY.by(companies.c.slug)

_MEMBERSHIP = Entity(Membership, memberships)
_ONE_MEMBERSHIP = _MEMBERSHIP.by(memberships.c.user_id, memberships.c.company_id)
NAME = Entity(CompanyName, companies)
_SUMMARY = Entity(
    CompanySummary,
    companies,
    members=select(func.count())
    .where(memberships.c.company_id == companies.c.id)
    .scalar_subquery(),
)
_MEMBER = Entity(
    Member,
    memberships,
    user_name=users.c.name,
    email=users.c.email,
    disabled=users.c.disabled,
    company_name=companies.c.name,
    company_slug=companies.c.slug,
    custom_role_name=custom_roles.c.name,
    custom_permissions=custom_roles.c.permissions,
)
_THEIR_ROLE = custom_roles.c.id == memberships.c.custom_role_id
_MEMBERS = select(*_MEMBER.columns).select_from(
    memberships.join(users).join(companies).outerjoin(custom_roles, _THEIR_ROLE)
)
BY_NAME = Order(companies.c.name_key, companies.c.id)

_SETTINGS = select(portal_settings.c.data)
_SECRET_SETTINGS = ("discord_webhook_url", "feed_url")


class SqlCompanies:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, company: Company) -> None:
        try:
            await self._connection.execute(insert(companies), _row(company))
        except IntegrityError as error:
            raise _refusal(error) from error

    async def get(self, company_id: CompanyId) -> Company:
        found = await self._first(_COMPANY_BY_ID, id=company_id)
        if found is None:
            raise NotFound("There is no such company.")
        return found

    async def find_by_slug(self, slug: str) -> Company | None:
        return await self._first(_COMPANY_BY_SLUG, slug=slug)

    async def save(self, company: Company) -> None:
        this, before = companies.c.id == company.id, company.version - 1
        statement = update(companies).where(this, companies.c.version == before)
        try:
            changed = await self._connection.execute(statement.values(_row(company)))
        except IntegrityError as error:
            raise _refusal(error) from error
        if changed.rowcount == 0:
            raise Conflict(
                "Somebody changed this company meanwhile. Look at it again.", code="stale"
            )

    async def known_as(self, company: Company) -> Sequence[Company]:
        ids = {field: getattr(company, field) for field in EXTERNAL_IDS}
        same = [companies.c[name] == value for name, value in ids.items() if value]
        if not same:
            return ()
        query = select(*COMPANY.columns).where(or_(*same), companies.c.id != company.id)
        return [COMPANY.read(row) for row in await self._connection.execute(query)]

    async def contents(self, company_id: CompanyId) -> CompanyContents:
        counts = [
            select(func.count()).where(table.c.company_id == company_id).scalar_subquery()
            for table in (memberships, api_keys, endpoints, custom_roles, orders)
        ]
        row = (await self._connection.execute(select(*counts))).one()
        return CompanyContents(*row)

    async def remove(self, company_id: CompanyId) -> None:
        try:
            await self._connection.execute(
                delete(companies).where(companies.c.id == company_id)
            )
        except IntegrityError as error:
            if is_foreign_key_violation(error):
                raise Conflict("The company has orders.", code="in_use") from error
            raise

    async def page(
        self, search: str, window: Window, *, archived: bool = False
    ) -> Page[CompanySummary]:
        when = companies.c.archived_at
        query = select(*_SUMMARY.columns)
        query = query.where(when.is_not(None) if archived else when.is_(None))
        if search:
            query = query.where(contains((companies.c.name_key, companies.c.slug), search))
        return await page_of(self._connection, query, BY_NAME, window, _SUMMARY.read)

    async def _first(self, query: Select[Any], **key: object) -> Company | None:
        return COMPANY.find((await self._connection.execute(query, key)).first())


class SqlMemberships:
    def __init__(self, connection: AsyncConnection, *, changes: bool) -> None:
        self._connection = connection
        self._changes = changes

    async def find(self, company_id: CompanyId, user_id: UserId) -> Membership | None:
        key = {"user_id": user_id, "company_id": company_id}
        return _MEMBERSHIP.find(
            (await self._connection.execute(_ONE_MEMBERSHIP, key)).first()
        )

    async def keep(self, membership: Membership) -> None:
        values = values_of(membership)
        key = ["user_id", "company_id"]
        rest = {name: value for name, value in values.items() if name not in key}
        statement = upsert(memberships).values(values)
        await self._connection.execute(
            statement.on_conflict_do_update(index_elements=key, set_=rest)
        )

    async def remove(self, company_id: CompanyId, user_id: UserId) -> None:
        this = (
            memberships.c.user_id == user_id,
            memberships.c.company_id == company_id,
        )
        await self._connection.execute(delete(memberships).where(*this))

    async def of_company(self, company_id: CompanyId) -> Sequence[Member]:
        """Return the members; in a change, hold them, so that an administrator stays."""
        return await self._members(
            memberships.c.company_id == company_id, users.c.name_key, users.c.id
        )

    async def page(
        self, company_id: CompanyId, search: str, window: Window
    ) -> Page[Member]:
        query = _MEMBERS.where(memberships.c.company_id == company_id)
        if search:
            query = query.where(contains((users.c.name_key, users.c.email), search))
        order = Order(users.c.name_key, users.c.id)
        read = _MEMBER.read
        return await page_of(self._connection, query, order, window, read, count=True)

    async def of_user(self, user_id: UserId) -> Sequence[Member]:
        return await self._members(
            memberships.c.user_id == user_id, companies.c.name_key, companies.c.id
        )

    async def _members(
        self, condition: ColumnElement[bool], *order: ColumnElement[Any]
    ) -> Sequence[Member]:
        query = _MEMBERS.where(condition).order_by(*order)
        if self._changes:
            query = query.with_for_update(of=memberships)
        return [_MEMBER.read(row) for row in await self._connection.execute(query)]


class SqlEntrances:
    """The door: one query each, prepared once."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def by_session(self, token_hash: bytes, slug: str | None) -> Entrance | None:
        query = _SESSION_ALONE if slug is None else _SESSION_AND_COMPANY
        values = {"token_hash": token_hash, "slug": slug}
        row = (await self._connection.execute(query, values)).first()
        if row is None:
            return None
        session, rest = SESSION.take(row)
        user, (has_authenticator, msp_policy, *rest) = USER.take(rest)
        alone = Entrance(
            user=user,
            session=session,
            has_authenticator=bool(has_authenticator),
            msp_policy=_policy(msp_policy) if user.msp_role else None,
            standing=Standing(msp_role=user.msp_role),
        )
        if not rest or rest[0] is None:
            return alone
        company, rest = COMPANY.take(rest)
        standing = _standing(user, company, rest)
        return replace(alone, company=company, standing=standing)

    async def by_key(self, lookup: str, company: str | None) -> Entrance | None:
        values = {"lookup": lookup, "slug": company or "", "id": _id(company)}
        row = (await self._connection.execute(_KEY_AND_COMPANY, values)).first()
        if row is None:
            return None
        key, rest = API_KEY.take(row)
        return Entrance(key=key, company=COMPANY.read(rest) if rest[0] else None)

    async def standing(self, company_id: CompanyId, user_id: UserId) -> Standing:
        values = {"company_id": company_id, "user_id": user_id}
        row = (await self._connection.execute(_USER_AND_COMPANY, values)).first()
        if row is None:
            raise NotFound("There is no such user, or company.")
        user, rest = USER.take(row)
        company, rest = COMPANY.take(rest)
        return _standing(user, company, rest)


class SqlSettings:
    def __init__(self, connection: AsyncConnection, secrets: Secrets) -> None:
        self._connection = connection
        self._secrets = secrets

    async def get(self) -> PortalSettings:
        data = await self._connection.scalar(_SETTINGS)
        if data is None:
            return PortalSettings()
        opened = {k: self._secrets.open(v) for k, v in _secret(data).items()}
        return msgspec.convert(data | opened, PortalSettings)

    async def keep(self, settings: PortalSettings) -> None:
        data = values_of(settings)
        data |= {k: self._secrets.seal(v) for k, v in _secret(data).items()}
        statement = upsert(portal_settings).values(id=1, data=data)
        await self._connection.execute(
            statement.on_conflict_do_update(index_elements=["id"], set_={"data": data})
        )


class SqlRoles:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def get(self, company_id: CompanyId | None, role_id: RoleId) -> CustomRole:
        row = (await self._connection.execute(_ROLE_BY_ID, {"id": role_id})).first()
        role = _ROLE.find(row)
        if role is None or role.company_id not in {None, company_id}:
            raise NotFound("There is no such role.")
        return role

    async def add(self, role: CustomRole) -> None:
        try:
            await self._connection.execute(insert(custom_roles), _role_row(role))
        except IntegrityError as error:
            raise _role_refusal(error) from error

    async def save(self, role: CustomRole) -> None:
        this, before = custom_roles.c.id == role.id, role.version - 1
        statement = update(custom_roles).where(this, custom_roles.c.version == before)
        try:
            changed = await self._connection.execute(statement.values(_role_row(role)))
        except IntegrityError as error:
            raise _role_refusal(error) from error
        if changed.rowcount == 0:
            raise Conflict(
                "Somebody changed this role meanwhile. Look at it again.", code="stale"
            )

    async def remove(self, company_id: CompanyId | None, role_id: RoleId) -> None:
        table = custom_roles.c
        theirs = (table.id == role_id, table.company_id.is_not_distinct_from(company_id))
        try:
            await self._connection.execute(delete(custom_roles).where(*theirs))
        except IntegrityError as error:
            raise _role_refusal(error) from error

    async def usable(self, company_id: CompanyId | None) -> Sequence[RoleUse]:
        theirs = memberships.c.custom_role_id == custom_roles.c.id
        here = None if company_id is None else memberships.c.company_id == company_id
        members = select(func.count()).where(theirs)
        if here is not None:
            members = members.where(here)
        role = Entity(RoleUse, custom_roles, members=members.scalar_subquery())
        whose = custom_roles.c.company_id
        query = (
            select(*role.columns)
            .where(or_(whose.is_(None), whose == company_id))
            .order_by(custom_roles.c.name_key, custom_roles.c.id)
        )
        return [role.read(row) for row in await self._connection.execute(query)]


class SqlGrants:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def keep(self, grant: Grant) -> None:
        values = values_of(grant)
        key = ["user_id", "company_id"]
        rest = {name: value for name, value in values.items() if name not in key}
        statement = upsert(technician_grants).values(values)
        await self._connection.execute(
            statement.on_conflict_do_update(index_elements=key, set_=rest)
        )

    async def remove(self, company_id: CompanyId, user_id: UserId) -> bool:
        table = technician_grants
        theirs = (table.c.company_id == company_id, table.c.user_id == user_id)
        removed = await self._connection.execute(delete(table).where(*theirs))
        return removed.rowcount > 0

    async def remove_all(self, user_id: UserId) -> None:
        table = technician_grants
        await self._connection.execute(delete(table).where(table.c.user_id == user_id))

    async def of_user(self, user_id: UserId, now: datetime) -> Sequence[GrantedCompany]:
        table = technician_grants
        query = (
            select(*_GRANTED_COMPANY.columns)
            .join_from(table, companies)
            .where(table.c.user_id == user_id, table.c.ends_at > now)
            .order_by(companies.c.name_key, companies.c.id)
        )
        rows = await self._connection.execute(query)
        return [_GRANTED_COMPANY.read(row) for row in rows]

    async def of_company(
        self, company_id: CompanyId, now: datetime
    ) -> Sequence[GrantedTechnician]:
        table = technician_grants
        query = (
            select(*_GRANTED_TECHNICIAN.columns)
            .join_from(table, users)
            .where(table.c.company_id == company_id, table.c.ends_at > now)
            .order_by(users.c.name_key, users.c.id)
        )
        rows = await self._connection.execute(query)
        return [_GRANTED_TECHNICIAN.read(row) for row in rows]


class SqlVariables:
    def __init__(self, connection: AsyncConnection, secrets: Secrets) -> None:
        self._connection = connection
        self._secrets = secrets

    async def of_company(self, company_id: CompanyId) -> Sequence[Variable]:
        table = company_variables.c
        query = select(*_VARIABLE.columns).where(table.company_id == company_id)
        rows = await self._connection.execute(query.order_by(table.name))
        return [self._opened(_VARIABLE.read(row)) for row in rows]

    async def keep(self, variable: Variable) -> None:
        values = values_of(variable)
        if variable.is_secret:
            values["value"] = self._secrets.seal(variable.value)
        key = ["company_id", "name"]
        rest = {name: value for name, value in values.items() if name not in key}
        statement = upsert(company_variables).values(values)
        await self._connection.execute(
            statement.on_conflict_do_update(index_elements=key, set_=rest)
        )

    async def remove(self, company_id: CompanyId, name: str) -> bool:
        table = company_variables
        this = (table.c.company_id == company_id, table.c.name == name)
        removed = await self._connection.execute(delete(table).where(*this))
        return removed.rowcount > 0

    def _opened(self, variable: Variable) -> Variable:
        if not variable.is_secret:
            return variable
        return replace(variable, value=self._secrets.open(variable.value))


def _of_both(table: Table) -> ColumnElement[bool]:
    """Return that a row is of the user and the company that are asked for."""
    return and_(table.c.company_id == companies.c.id, table.c.user_id == users.c.id)


def _standing(user: User, company: Company, row: Sequence[Any]) -> Standing:
    length = len(_ASSIGNMENT.columns)
    membership, (name, permissions, *grant) = row[:length], row[length:]
    return Standing(
        msp_role=user.msp_role,
        assignment=None if membership[0] is None else _ASSIGNMENT.read(membership),
        custom_name=name,
        custom_permissions=permissions and tuple(map(Permission, permissions)),
        grant=None if grant[0] is None else _GRANT.read(grant),
        closed=company.closed,
        archived=company.archived,
    )


_VARIABLE = Entity(Variable, company_variables)
_ASSIGNMENT = Entity(Assignment, memberships)
_ROLE = Entity(CustomRole, custom_roles)
_ROLE_BY_ID = _ROLE.by(custom_roles.c.id)
_GRANT = Entity(Grant, technician_grants)
_GRANTED_COMPANY = Entity(
    GrantedCompany,
    technician_grants,
    company_name=companies.c.name,
    company_slug=companies.c.slug,
)
_GRANTED_TECHNICIAN = Entity(GrantedTechnician, technician_grants, user_name=users.c.name)
_STANDING = (
    *_ASSIGNMENT.columns,
    custom_roles.c.name,
    custom_roles.c.permissions,
    *_GRANT.columns,
)

_HAS_AUTHENTICATOR = exists().where(authenticators.c.user_id == users.c.id)
_MSP_POLICY = (
    select(portal_settings.c.data["sign_in"])
    .where(users.c.msp_role.is_not(None))
    .scalar_subquery()
)
_SESSION_ALONE = (
    select(*SESSION.columns, *USER.columns, _HAS_AUTHENTICATOR, _MSP_POLICY)
    .join_from(sessions, users)
    .where(sessions.c.token_hash == bindparam("token_hash"))
)
_SESSION_AND_COMPANY = (
    _SESSION_ALONE.add_columns(*COMPANY.columns, *_STANDING)
    .outerjoin(companies, companies.c.slug == bindparam("slug", type_=TEXT))
    .outerjoin(memberships, _of_both(memberships))
    .outerjoin(custom_roles, _THEIR_ROLE)
    .outerjoin(technician_grants, _of_both(technician_grants))
)
_USER_AND_COMPANY = (
    select(*USER.columns, *COMPANY.columns, *_STANDING)
    .select_from(users)
    .join(companies, companies.c.id == bindparam("company_id", type_=ID))
    .outerjoin(memberships, _of_both(memberships))
    .outerjoin(custom_roles, _THEIR_ROLE)
    .outerjoin(technician_grants, _of_both(technician_grants))
    .where(users.c.id == bindparam("user_id", type_=ID))
)
_KEY_AND_COMPANY = (
    select(*API_KEY.columns, *COMPANY.columns)
    .select_from(api_keys)
    .outerjoin(
        companies,
        and_(
            or_(
                companies.c.slug == bindparam("slug", type_=TEXT),
                companies.c.id == bindparam("id", type_=ID),
            ),
            or_(api_keys.c.company_id.is_(None), api_keys.c.company_id == companies.c.id),
        ),
    )
    .where(api_keys.c.lookup == bindparam("lookup", type_=TEXT))
)


def _row(company: Company) -> dict[str, Any]:
    return {**values_of(company), "name_key": folded(company.name)}


def _role_row(role: CustomRole) -> dict[str, Any]:
    return {**values_of(role), "name_key": folded(role.name)}


def _role_refusal(error: IntegrityError) -> PortalError | IntegrityError:
    if is_unique_violation(error):
        message = "Another role has this name."
        return Conflict(message, code="taken")
    if is_foreign_key_violation(error):
        message = "People have this role. Give them another one first."
        return Conflict(message, code="in_use")
    return error


def _refusal(error: IntegrityError) -> PortalError | IntegrityError:
    if is_unique_violation(error):
        message = "Another company has this short name, or one of these ids."
        return Conflict(message, code="taken")
    if is_foreign_key_violation(error):
        message = "There is no such price list, or company above."
        return Invalid(message, field="price_list_id")
    return error


def _id(name: str | None) -> UUID | None:
    """Return the id that the text is, in the one form in which we write ids."""
    try:
        id_ = UUID(name or "")
    except ValueError:
        return None
    return id_ if str(id_) == name else None


def _secret(data: dict[str, Any]) -> dict[str, str]:
    return {k: data[k] for k in _SECRET_SETTINGS if data.get(k)}


def _policy(document: Any) -> SignInPolicy:
    """Return what the MSP asks of its people; its default until it has said so."""
    return MSP_POLICY if document is None else msgspec.convert(document, SignInPolicy)
