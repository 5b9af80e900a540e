"""Variables of companies over the API."""

from datetime import datetime
from typing import Annotated

from litestar import Controller, delete, get, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

from adapters.http.api.operations import needs
from portal_core.companies.variable import Variable, VariableKind
from portal_core.companies.variables import VariableService
from portal_core.identity.actor import Actor

Value = Annotated[str, Meta(description="Of a secret it is null", examples=["C-4711"])]


class VariableBody(Struct, frozen=True, kw_only=True):
    """A named value of a company. A secret goes in, and does not come out."""

    name: str
    kind: VariableKind
    value: Value | None
    changed_at: datetime


class VariablesBody(Struct, frozen=True):
    """All variables of a company, by name; there are 200 at most."""

    data: list[VariableBody]


class NewValue(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a variable is to hold: numbers, dates and yes or no as text, too."""

    kind: VariableKind = VariableKind.TEXT
    value: Value


class VariableApi(Controller):
    """What forms and automation should know of a company, for the MSP."""

    path = "/companies/{company:str}/variables"
    tags = ("Companies",)

    @get(
        operation_id="listVariables",
        summary="List a company's variables",
        security=needs("variables:read"),
    )
    async def list(
        self, actor: NamedDependency[Actor], variables: NamedDependency[VariableService]
    ) -> VariablesBody:
        """List the variables, by name."""
        found = await variables.list(actor, actor.company)
        return VariablesBody([_body(one) for one in found])

    @put(
        "/{name:str}",
        operation_id="setVariable",
        summary="Set a variable",
        security=needs("variables:write"),
    )
    async def set(
        self,
        name: FromPath[str],
        data: JSONBody[NewValue],
        actor: NamedDependency[Actor],
        variables: NamedDependency[VariableService],
    ) -> VariableBody:
        """Set a variable, new or in place of what it was."""
        variable = await variables.set(
            actor, actor.company, name=name, kind=data.kind, value=data.value
        )
        return _body(variable)

    @delete(
        "/{name:str}",
        operation_id="removeVariable",
        summary="Remove a variable",
        security=needs("variables:write"),
    )
    async def remove(
        self,
        name: FromPath[str],
        actor: NamedDependency[Actor],
        variables: NamedDependency[VariableService],
    ) -> None:
        """Remove a variable."""
        await variables.remove(actor, actor.company, name)


def _body(variable: Variable) -> VariableBody:
    return VariableBody(
        name=variable.name,
        kind=variable.kind,
        value=None if variable.is_secret else variable.value,
        changed_at=variable.changed_at,
    )
