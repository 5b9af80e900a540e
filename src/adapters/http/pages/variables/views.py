"""Variables of a company as templates read them."""

from collections.abc import Mapping
from datetime import datetime

from msgspec import Struct

from adapters.http.forms import Filled
from portal_core.companies.variable import Variable, VariableKind

KINDS: Mapping[VariableKind, str] = {
    VariableKind.TEXT: "Text",
    VariableKind.NUMBER: "Number",
    VariableKind.YES_NO: "Yes or no",
    VariableKind.DATE: "Date",
    VariableKind.SECRET: "Secret",
}


class VariableForm(Struct, frozen=True, kw_only=True):
    """What “Set” sends."""

    name: str = ""
    kind: VariableKind = VariableKind.TEXT
    value: str = ""


class VariableView(Struct, frozen=True, kw_only=True):
    """A variable in the list. A secret's value is blank."""

    name: str
    kind: str
    value: str
    secret: bool
    changed_at: datetime
    here: str


class VariablesView(Struct, frozen=True, kw_only=True):
    """What the page reads."""

    name: str
    here: str
    filled: Filled[VariableForm]
    variables: tuple[VariableView, ...]
    kinds: tuple[tuple[str, str], ...]


def variable_of(variable: Variable, here: str) -> VariableView:
    """Return the variable as a row."""
    return VariableView(
        name=variable.name,
        kind=KINDS[variable.kind],
        value=variable.value,
        secret=variable.is_secret,
        changed_at=variable.changed_at,
        here=f"{here}/{variable.name}",
    )


def kinds() -> tuple[tuple[str, str], ...]:
    """Return every kind with its name, for a choice."""
    return tuple((kind.value, label) for kind, label in KINDS.items())
