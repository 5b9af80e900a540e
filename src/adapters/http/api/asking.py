"""What a request asks for, beside its body: pages, conditions, and being done once."""

import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated
from urllib.parse import quote, urlencode

from litestar.params import QueryParameter

from adapters.http.calls import AnyRequest
from adapters.http.cursors import read_cursor, write_cursor
from adapters.http.errors import Refusal
from adapters.http.house import house_of
from portal_core.errors import Conflict, Invalid, Problem
from portal_core.idempotency import Once
from portal_core.identity.actor import Actor
from portal_core.paging import Cursor, Window

DEFAULT_LIMIT = 50
MOST = 200
IDEMPOTENCY_KEY = "Idempotency-Key"
_KEY = re.compile(r'"?([A-Za-z0-9_-]{16,128})"?')
_TAG = re.compile(r'"(\d{1,9})"')


async def refuse_unknown_parameters(request: AnyRequest) -> None:
    """Refuse a query that names something this address does not know."""
    known = {*request.route_handler.parsed_fn_signature.parameters}
    if "asked" in known:
        known |= {"limit", "cursor"}
    unknown = [name for name in request.query_params if name not in known]
    if unknown:
        raise Invalid.of(
            [
                Problem(name, f"There is no parameter “{name}” here.", "unknown_parameter")
                for name in dict.fromkeys(unknown)
            ]
        )


class Asked:
    """A page of a list that a request asks for.

    A cursor holds for one list with one set of filters, and only if we made it.
    """

    def __init__(self, request: AnyRequest, *, limit: int, cursor: str) -> None:
        if limit < 0:
            raise Invalid("Ask for 1 to 200.", field="limit")
        self._request = request
        self._house = house_of(request)
        self._limit = min(limit or DEFAULT_LIMIT, MOST)
        place = read_cursor(self._house, cursor, self._order)
        self.window = Window(limit=self._limit, cursor=place)

    def cursor_of(self, cursor: Cursor | None) -> str | None:
        """Return a cursor as text."""
        return write_cursor(self._house, cursor, self._order)

    def address_of(self, cursor: str | None) -> str:
        """Return the address of the page at the cursor."""
        query = [*self._kept("cursor"), ("cursor", cursor or "")]
        path = quote(self._request.scope["path"])
        return f"{self._house.public_url}{path}?{urlencode(query)}"

    @property
    def _order(self) -> str:
        filters = urlencode(sorted(self._kept("cursor", "limit", "count")))
        return f"{self._request.scope['path']}?{filters}"

    def _kept(self, *without: str) -> list[tuple[str, str]]:
        pairs = self._request.query_params.multi_items()
        return [(name, value) for name, value in pairs if name not in without]


def asked(
    request: AnyRequest,
    limit: Annotated[int, QueryParameter(description="At most 200; 0 means 50")] = 0,
    cursor: Annotated[
        str, QueryParameter(description="`next` or `prev` of another page")
    ] = "",
) -> Asked:
    """Return the page of a list that a request asks for."""
    return Asked(request, limit=limit, cursor=cursor)


def expected_version(request: AnyRequest) -> int:
    """Return the version that the caller last saw, from If-Match.

    Raises Refusal 428 if it is missing, and 412 for a tag that is none of ours, which
    can't be the current one.
    """
    header = request.headers.get("if-match", "").strip()
    if not header:
        message = "Send the ETag that you last saw as If-Match."
        raise Refusal(428, "precondition_required", message)
    tag = _TAG.fullmatch(header)
    if tag is None:
        raise _stale()
    return int(tag[1])


@contextmanager
def unless_stale() -> Iterator[None]:
    """Refuse with 412, not 409, what somebody changed meanwhile."""
    try:
        yield
    except Conflict as error:
        if error.code == "stale":
            raise _stale() from error
        raise


async def once_for(
    request: AnyRequest, actor: Actor, *, required: bool = False
) -> Once | None:
    """Return the caller's promise that requests with its key are one request.

    Raises Refusal 400 for a missing key where one is required, and for a malformed one.
    """
    header = request.headers.get(IDEMPOTENCY_KEY, "").strip()
    if not header and not required:
        return None
    key = _KEY.fullmatch(header)
    if key is None:
        message = (
            f"Send {IDEMPOTENCY_KEY}: 16 to 128 letters, digits, - or _, another one for "
            "each request and the same one when you try it again."
        )
        raise Refusal(400, "idempotency_key_required", message)
    body = await request.body()
    asked = f"{request.method} {request.scope['path']}\n".encode() + body
    return Once(
        scope=f"api:{actor.id}:{actor.company_id}",
        key=key[1],
        fingerprint=hashlib.sha256(asked).hexdigest(),
    )


def _stale() -> Refusal:
    return Refusal(412, "stale", "It was changed meanwhile. Get it again, then try again.")
