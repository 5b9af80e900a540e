"""What operations have in common, as the OpenAPI document shows it."""

from dataclasses import dataclass
from typing import ClassVar

from litestar.openapi.spec import Operation, Parameter, Reference, Schema
from litestar.openapi.spec.enums import OpenAPIType

from adapters.http.api.asking import IDEMPOTENCY_KEY

KEY = "key"
"""The name of the security scheme: an API key as bearer."""


def needs(scope: str) -> list[dict[str, list[str]]]:
    """Return that a key with this scope opens the operation."""
    return [{KEY: [scope]}]


def _header(name: str, description: str, *, required: bool) -> Parameter:
    return Parameter(
        name=name,
        param_in="header",
        required=required,
        description=description,
        schema=Schema(type=OpenAPIType.STRING),
    )


@dataclass
class _Headed(Operation):
    """An operation that reads a header besides its parameters."""

    header: ClassVar[Parameter]

    def __post_init__(self) -> None:
        """Add the header to the parameters."""
        found: list[Parameter | Reference] = [*(self.parameters or ()), self.header]
        self.parameters = found


@dataclass
class Repeatable(_Headed):
    """An operation that an idempotency key makes safe to repeat."""

    header = _header(
        IDEMPOTENCY_KEY,
        "16 to 128 letters, digits, - or _. For a day, repeats with the same key get the "
        "first answer, and change nothing.",
        required=False,
    )


@dataclass
class OnlyOnce(_Headed):
    """An operation that must come with an idempotency key."""

    header = _header(
        IDEMPOTENCY_KEY,
        "16 to 128 letters, digits, - or _, another one for each order. For a day, repeats "
        "with the same key get the first answer, and order nothing.",
        required=True,
    )


@dataclass
class Conditional(_Headed):
    """A change to something that two people may edit at the same time."""

    header = _header("If-Match", "The ETag that came with what you change.", required=True)
