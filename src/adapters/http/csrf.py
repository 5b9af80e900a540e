"""Nothing changes unless a page of ours asked for it.

A form carries a token that is bound to the session, or before there is one to a cookie of
the page with the form. Browsers also say where a request comes from, and that must be here.
"""

from collections.abc import Callable

from litestar import Request
from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Receive, Scope, Send
from msgspec.structs import replace

from adapters.http.calls import AnyRequest, call_of
from adapters.http.errors import Refusal
from adapters.http.forms import TOKEN_FIELD, Fields, first, keep_form, read_form
from adapters.http.house import BEFORE_SIGN_IN, SESSION, house_of
from adapters.http.proof import CODE_FIELD, PASSWORD_FIELD, PROOF_FIELDS
from adapters.http.session import visit_by_session, visitor_at_door
from portal_core.companies.access import AccessService
from portal_core.errors import Invalid, Problem, ProofNeeded, Throttled
from portal_core.identity.second_factors import FactorService

TOKEN_HEADER = "x-csrf-token"  # noqa: S105 - the name of a header
SAFE = {"GET", "HEAD", "OPTIONS", "TRACE"}
KEYED = "/api/"
"""Below this path a key opens the door and no cookie does, so nothing can be forged."""

PUBLIC = "public"
"""The mark of a handler for people who have not signed in: `opt={PUBLIC: True}`."""

_FROM_HERE = {"same-origin", "none"}


class FormGuard(ASGIMiddleware):
    """Lets an unsafe request pass only if it comes from a page of ours, of this session.

    The body of a stranger is not read at all.
    """

    scopes = (ScopeType.HTTP,)

    def __init__(
        self,
        access: Callable[[], AccessService],
        factors: Callable[[], FactorService],
    ) -> None:
        """Take how to get at the door, and at what checks a fresh proof."""
        self._access = access
        self._factors = factors

    async def handle(
        self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp
    ) -> None:
        """Check the request and pass it on. Raises Refusal, and what the door raises."""
        if scope.get("method") not in SAFE and not scope["path"].startswith(KEYED):
            await self._check(Request(scope, receive=receive, send=send))
        await next_app(scope, receive, send)

    async def _check(self, request: AnyRequest) -> None:
        house = house_of(request)
        _check_site(request)
        public = bool(request.route_handler.opt.get(PUBLIC))
        if not public:
            await visit_by_session(request, self._access())
        fields = await read_form(request)
        token = request.headers.get(TOKEN_HEADER) or first(fields, TOKEN_FIELD)
        secret = house.read_cookie(request, BEFORE_SIGN_IN if public else SESSION)
        if not house.form_token_fits(token, secret):
            raise _stale()
        if not public and not fields.keys().isdisjoint(PROOF_FIELDS):
            await self._prove(request, fields)

    async def _prove(self, request: AnyRequest, fields: Fields) -> None:
        """Take the proof that came with the form. Raises ProofNeeded if it is none."""
        call = call_of(request)
        if call.visit is None:
            return
        password, code = first(fields, PASSWORD_FIELD), first(fields, CODE_FIELD)
        actor = call.visit.actor
        try:
            proved = await self._factors().prove(
                actor, visitor_at_door(request), password=password, code=code
            )
        except (Invalid, Throttled) as refusal:
            problem = Problem(_asked(fields), refusal.message, refusal.code)
            raise ProofNeeded(refusal.message, problem) from refusal
        call.visit = replace(call.visit, actor=proved)
        rest = {name: fields[name] for name in fields if name not in PROOF_FIELDS}
        keep_form(request, rest)


def _asked(fields: Fields) -> str:
    return CODE_FIELD if CODE_FIELD in fields else PASSWORD_FIELD


def _check_site(request: AnyRequest) -> None:
    site = request.headers.get("sec-fetch-site", "")
    origin = request.headers.get("origin", "")
    if (site and site not in _FROM_HERE) or (
        origin and not house_of(request).is_own(origin)
    ):
        raise Refusal(403, "foreign_origin", "This was not sent from a page of the portal.")


def _stale() -> Refusal:
    message = "This form is out of date. Go back, load the page again and resend it."
    return Refusal(403, "stale_form", message)
