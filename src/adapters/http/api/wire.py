"""How things look on the wire: amounts as text, times in UTC, pages in an envelope."""

from collections.abc import Callable
from typing import Any, Generic, TypeVar
from urllib.parse import quote

from litestar import Response
from msgspec import UNSET, Struct, UnsetType

from adapters.http.api.asking import Asked
from adapters.http.calls import AnyRequest
from portal_core.errors import Invalid
from portal_core.money import Money
from portal_core.paging import Page

T = TypeVar("T")
S = TypeVar("S")


class Amount(Struct, frozen=True, forbid_unknown_fields=True):
    """An amount of money, such as `{"amount": "19.90", "currency": "AUD"}`."""

    amount: str
    currency: str

    @classmethod
    def of(cls, money: Money) -> "Amount":
        """Return the amount as it is sent."""
        return cls(money.amount, money.currency)

    def money(self, field: str) -> Money:
        """Return the amount that was sent. Raises Invalid that names the field."""
        try:
            return Money.parse(self.amount, self.currency)
        except ValueError as error:
            raise Invalid(f"{error}.", field=f"{field}.amount") from error


class PageInfo(Struct, frozen=True):
    """The cursors beside this page. `total` is there if it was asked for."""

    next: str | None
    prev: str | None
    has_more: bool
    total: int | UnsetType = UNSET
    total_is_exact: bool | UnsetType = UNSET


class Listed(Struct, Generic[T], frozen=True):
    """A page of a list."""

    data: list[T]
    page: PageInfo


def amount_or_none(money: Money | None) -> Amount | None:
    """Return the amount as it is sent, if there is one."""
    return None if money is None else Amount.of(money)


def chosen(new: T | UnsetType, before: T) -> T:
    """Return what was sent, or what it was before if nothing was."""
    return before if new is UNSET else new


def listed(asked: Asked, page: Page[S], show: Callable[[S], T]) -> Response[Listed[T]]:
    """Return a page of a list, with links to the pages beside it."""
    following, before = asked.cursor_of(page.next), asked.cursor_of(page.prev)
    total = page.total
    info = PageInfo(
        next=following,
        prev=before,
        has_more=following is not None,
        total=UNSET if total is None else total.count,
        total_is_exact=UNSET if total is None else total.exact,
    )
    links = [
        f'<{asked.address_of(cursor)}>; rel="{rel}"'
        for rel, cursor in (("next", following), ("prev", before))
        if cursor
    ]
    headers: dict[str, Any] = {"link": ", ".join(links)} if links else {}
    return Response(Listed([show(item) for item in page.items], info), headers=headers)


def tagged(
    request: AnyRequest,
    body: T,
    version: int,
    *,
    status: int = 200,
    location: str = "",
    **headers: str,
) -> Response[Any]:
    """Return one thing with its ETag; 304 without a body if the caller has it."""
    tag = f'"{version}"'
    told = {"etag": tag, **{name.replace("_", "-"): v for name, v in headers.items()}}
    if location:
        told["location"] = quote(location)
    if status == 200 and tag in _tags(request, "if-none-match"):  # noqa: PLR2004 - OK
        return Response(None, status_code=304, headers=told)
    return Response(body, status_code=status, headers=told)


def _tags(request: AnyRequest, header: str) -> list[str]:
    return [tag.strip() for tag in request.headers.get(header, "").split(",")]
