"""A named value of a company, for forms and automation; some are secret."""

import re
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum

from msgspec import Struct

from portal_core.errors import Invalid
from portal_core.ids import CompanyId

MOST_VARIABLES = 200
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_LONGEST = 2_000


class VariableKind(StrEnum):
    """What a variable holds."""

    TEXT = "text"
    NUMBER = "number"
    YES_NO = "yes-no"
    DATE = "date"
    SECRET = "secret"  # noqa: S105 - a kind


class Variable(Struct, frozen=True, kw_only=True):
    """A named value of a company.

    Numbers are decimal, dates as ISO 8601 writes them, and a yes or no is just that.
    """

    company_id: CompanyId
    name: str
    kind: VariableKind
    value: str
    changed_at: datetime

    @classmethod
    def create(
        cls,
        company_id: CompanyId,
        *,
        name: str,
        kind: VariableKind,
        value: str,
        at: datetime,
    ) -> "Variable":
        """Return the variable, its value tidied. Raises Invalid that names the field."""
        name = name.strip()
        if not _NAME.fullmatch(name):
            message = "A small letter first, then at most 39 small letters, digits or _."
            raise Invalid(message, field="name")
        return cls(
            company_id=company_id,
            name=name,
            kind=kind,
            value=_read(kind, value),
            changed_at=at,
        )

    @property
    def is_secret(self) -> bool:
        """Whether the value is shown to nobody."""
        return self.kind is VariableKind.SECRET


def _read(kind: VariableKind, value: str) -> str:
    text = value if kind is VariableKind.SECRET else value.strip()
    if not 0 < len(text) <= _LONGEST:
        message = f"Enter a value, {_LONGEST} characters at most."
        raise Invalid(message, field="value", code="required")
    match kind:
        case VariableKind.NUMBER:
            return _number(text)
        case VariableKind.YES_NO:
            if text not in {"yes", "no"}:
                raise Invalid("Enter yes or no.", field="value")
        case VariableKind.DATE:
            return _date(text)
    return text


def _number(text: str) -> str:
    try:
        number = Decimal(text)
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite():
        raise Invalid("Enter a number, such as 12 or 0.5.", field="value")
    return f"{number:f}"


def _date(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError as error:
        raise Invalid("Enter a date, such as 2026-11-23.", field="value") from error
