"""Asking people to show that it is still them, in the middle of what they are doing.

The form that they sent comes back hidden in the page that asks; sent again with the proof,
it goes on where it was stopped. Nothing of it is kept in between.
"""

from collections.abc import Mapping, Sequence
from typing import Any, cast
from urllib.parse import urlencode, urlsplit

from litestar import Response
from litestar.response import Template
from litestar.types import Empty
from litestar.utils.scope.state import ScopeState
from msgspec import Struct

from adapters.http.bare import bare_shell
from adapters.http.calls import AnyRequest, call_of
from adapters.http.house import SESSION, house_of
from adapters.http.places import local_path
from portal_core.errors import Problem

PROVE = "/account/prove"
PASSWORD_FIELD = "proof_password"  # noqa: S105 - the name of a field
CODE_FIELD = "proof_code"
PROOF_FIELDS = (PASSWORD_FIELD, CODE_FIELD)
_NOT_KEPT = {*PROOF_FIELDS, "csrf_token"}
_SAFE = {"GET", "HEAD"}


class ProofView(Struct, frozen=True, kw_only=True):
    """What the page reads: where the form goes, what was in it, and what is wrong.

    `provider` is the id of who vouched for the person, if somebody did.
    """

    action: str
    back: str
    fields: tuple[tuple[str, str], ...]
    asks_code: bool
    provider: str
    problems: tuple[Problem, ...]


def ask_for_proof(
    request: AnyRequest, status: int, problems: Sequence[Problem]
) -> Response[Any]:
    """Return the page that asks for a password or a code, around the form that was sent."""
    if "hx-request" in request.headers:
        here = urlsplit(request.headers.get("hx-current-url", "")).path
        where = f"{PROVE}?{urlencode({'next': here})}"
        return Response(None, status_code=204, headers={"hx-redirect": where})
    house, visit = house_of(request), call_of(request).visit
    path = request.scope["path"]
    asked = request.method in _SAFE
    token = house.form_token(house.read_cookie(request, SESSION))
    view = ProofView(
        action=PROVE if asked else path,
        back=request.headers.get("referer", "/"),
        fields=(("next", _place(request)),) if asked else _kept(request),
        asks_code=visit is not None and visit.asks_code,
        provider=str((visit and visit.shown and visit.shown.provider_id) or ""),
        problems=tuple(one for one in problems if one.field in PROOF_FIELDS),
    )
    return Template(
        "pages/account/proof.html",
        context={
            "shell": bare_shell(request, csrf_token=token),
            **{name: getattr(view, name) for name in view.__struct_fields__},
        },
        status_code=status,
    )


def _place(request: AnyRequest) -> str:
    """Return the page that somebody is on the way to."""
    path = request.scope["path"]
    return local_path(request.query_params.get("next", "")) if path == PROVE else path


def _kept(request: AnyRequest) -> tuple[tuple[str, str], ...]:
    form = ScopeState.from_scope(request.scope).form
    fields = {} if form is Empty else cast("Mapping[str, Sequence[Any]]", form)
    return tuple(
        (name, value)
        for name, values in fields.items()
        if name not in _NOT_KEPT
        for value in values
        if isinstance(value, str)
    )
