"""Signing in: the address, the password, and where it takes one the second factor."""

from math import ceil

from litestar import Controller, MediaType, Response, get, post
from litestar.di import NamedDependency
from litestar.response import Redirect, Template
from msgspec import Struct

from adapters.http.calls import AnyRequest, visitor
from adapters.http.csrf import PUBLIC
from adapters.http.flashes import flash_cookie
from adapters.http.forms import Filled, Form, read_query
from adapters.http.house import CHALLENGE, SESSION, house_of
from adapters.http.pages.account.pictures import picture_of
from adapters.http.pages.sign_in.arrivals import FACTOR, come_in, to_factor
from adapters.http.pages.sign_in.providers import offers_of
from adapters.http.pages.sign_in.views import (
    CodeForm,
    CodeView,
    EnrolForm,
    EnrolView,
    PasskeyForm,
    SignInForm,
    SignInView,
)
from adapters.http.places import local_path
from adapters.http.screen import Porch
from adapters.http.session import find_visit, visitor_at_door
from portal_core.companies.access import AccessService
from portal_core.errors import Conflict, Invalid, PortalError, Throttled
from portal_core.identity.admission import Challenged
from portal_core.identity.federation import FederationService
from portal_core.identity.second_factors import FactorService
from portal_core.identity.sign_in import Pending, SignInService

_PAGE = "pages/sign_in/sign_in.html"


class Arrival(Struct, frozen=True):
    """The query of the sign-in page: where the visitor wanted to go."""

    next: str = ""


class SignInPages(Controller):
    """The way in and the way out."""

    @get("/login", opt={PUBLIC: True})
    async def show(
        self,
        request: AnyRequest,
        access: NamedDependency[AccessService],
        porch: NamedDependency[Porch],
        federation: NamedDependency[FederationService],
    ) -> Template | Redirect:
        """Show the form, or go on if somebody is signed in already."""
        place = _wanted(request)
        if await find_visit(request, access) is not None:
            return Redirect(place, status_code=303)
        blank = Filled.of(SignInForm(step="email", next=place))
        offers = offers_of(await federation.offered(visitor(request)), place)
        return await porch.show(_PAGE, SignInView(blank, offers))

    @post("/login", opt={PUBLIC: True})
    async def sign_in(
        self,
        request: AnyRequest,
        data: Form[SignInForm],
        sign_in: NamedDependency[SignInService],
        porch: NamedDependency[Porch],
    ) -> Template | Redirect:
        """Ask for the password; with it open a session, or ask for the second factor."""
        typed = data.fields
        if typed.step == "email":
            asks = SignInView(data, asks_password=bool(typed.email.strip()))
            return await porch.show(_PAGE, asks)
        try:
            found = await sign_in.sign_in(
                visitor_at_door(request), typed.email, typed.password
            )
        except (Invalid, Throttled) as refusal:
            view = SignInView(data.refused(refusal), asks_password=True)
            return await _again(porch, _PAGE, view, refusal)
        if isinstance(found, Challenged):
            return to_factor(request, found, typed.next)
        return await come_in(request, sign_in, found, typed.next)

    @get(FACTOR, opt={PUBLIC: True})
    async def factor(
        self,
        request: AnyRequest,
        sign_in: NamedDependency[SignInService],
        factors: NamedDependency[FactorService],
        porch: NamedDependency[Porch],
    ) -> Template | Redirect:
        """Ask for a code; or, of somebody who has none yet, to set up an authenticator."""
        pending = await _pending(request, sign_in)
        if pending is None:
            return _start_again(request)
        place = _wanted(request)
        if pending.factors.any:
            return await _ask_code(porch, pending, Filled.of(CodeForm(next=place)))
        blank = EnrolForm(secret=factors.new_secret("", "").secret, next=place)
        return await _ask_to_enrol(request, porch, factors, pending, Filled.of(blank))

    @post(FACTOR, opt={PUBLIC: True})
    async def answer(
        self,
        request: AnyRequest,
        data: Form[CodeForm],
        sign_in: NamedDependency[SignInService],
        porch: NamedDependency[Porch],
    ) -> Template | Redirect:
        """Open a session for who has the code."""
        pending = await _pending(request, sign_in)
        if pending is None:
            return _start_again(request)
        who, token = visitor_at_door(request), _challenge(request)
        try:
            admitted = await sign_in.answer(
                who, token, data.fields.code, trust=data.fields.trust
            )
        except (Invalid, Throttled) as refusal:
            return await _ask_code(porch, pending, data.refused(refusal), refusal)
        except Conflict:
            return _start_again(request)
        return await come_in(request, sign_in, admitted, data.fields.next)

    @post("/login/enrol", opt={PUBLIC: True})
    async def enrol(
        self,
        request: AnyRequest,
        data: Form[EnrolForm],
        sign_in: NamedDependency[SignInService],
        factors: NamedDependency[FactorService],
        porch: NamedDependency[Porch],
    ) -> Template | Redirect:
        """Keep the first authenticator of somebody, and let them in."""
        pending = await _pending(request, sign_in)
        if pending is None:
            return _start_again(request)
        who, token, typed = visitor_at_door(request), _challenge(request), data.fields
        try:
            admitted = await sign_in.enrol(
                who, token, name=typed.name, secret=typed.secret, code=typed.code
            )
        except (Invalid, Throttled) as refusal:
            filled = data.refused(refusal)
            return await _ask_to_enrol(request, porch, factors, pending, filled, refusal)
        except Conflict:
            return _start_again(request)
        return await come_in(request, sign_in, admitted, "/account/security", "enrolled")

    @post("/login/passkey/question", opt={PUBLIC: True})
    async def ask_for_passkey(
        self, request: AnyRequest, sign_in: NamedDependency[SignInService]
    ) -> Response[str]:
        """Return what the browser asks its devices."""
        question = await sign_in.ask_for_passkey(visitor(request))
        return Response(question, media_type=MediaType.JSON, status_code=200)

    @post("/login/passkey", opt={PUBLIC: True})
    async def answer_with_passkey(
        self,
        request: AnyRequest,
        data: Form[PasskeyForm],
        sign_in: NamedDependency[SignInService],
        porch: NamedDependency[Porch],
    ) -> Template | Redirect:
        """Open a session for who has the passkey."""
        who, typed = visitor_at_door(request), data.fields
        try:
            admitted = await sign_in.answer_with_passkey(
                who, typed.response, _challenge(request)
            )
        except Invalid as refusal:
            blank = Filled.of(SignInForm(step="email", next=local_path(typed.next)))
            return await _again(porch, _PAGE, SignInView(blank.refused(refusal)), refusal)
        return await come_in(request, sign_in, admitted, typed.next)

    @post("/logout")
    async def sign_out(
        self, request: AnyRequest, sign_in: NamedDependency[SignInService]
    ) -> Redirect:
        """End the session, and forget its cookie."""
        house = house_of(request)
        await sign_in.sign_out(visitor(request), house.read_cookie(request, SESSION))
        cookies = [house.no_cookie(SESSION), flash_cookie(house, "signed-out")]
        return Redirect("/login", status_code=303, cookies=cookies)


async def _ask_code(
    porch: Porch,
    pending: Pending,
    filled: Filled[CodeForm],
    refusal: PortalError | None = None,
) -> Template:
    view = CodeView(filled=filled, email=pending.user.email, trust_days=pending.trust_days)
    return await _again(porch, "pages/sign_in/factor.html", view, refusal)


async def _ask_to_enrol(
    request: AnyRequest,
    porch: Porch,
    factors: FactorService,
    pending: Pending,
    filled: Filled[EnrolForm],
    refusal: PortalError | None = None,
) -> Template:
    issuer = house_of(request).name
    new = factors.new_secret(pending.user.email, issuer, filled.value("secret"))
    view = EnrolView(filled=filled, picture=picture_of(new))
    return await _again(porch, "pages/sign_in/enrol.html", view, refusal)


async def _again(
    porch: Porch, template: str, view: Struct, refusal: PortalError | None
) -> Template:
    """Show the form, with what was refused and how long to wait."""
    if isinstance(refusal, Throttled):
        wait = ceil(refusal.wait.total_seconds())
        return await porch.show(template, view, status=429, wait=wait)
    return await porch.show(template, view, status=422 if refusal else 200)


async def _pending(request: AnyRequest, sign_in: SignInService) -> Pending | None:
    """Return who is asked for a second factor; None if that is over."""
    try:
        return await sign_in.pending(visitor(request), _challenge(request))
    except Conflict:
        return None


def _wanted(request: AnyRequest) -> str:
    query = request.scope.get("query_string", b"")
    return local_path(read_query(Arrival, query).next)


def _challenge(request: AnyRequest) -> str:
    return house_of(request).read_cookie(request, CHALLENGE)


def _start_again(request: AnyRequest) -> Redirect:
    house = house_of(request)
    cookies = [house.no_cookie(CHALLENGE), flash_cookie(house, "sign-in-over")]
    return Redirect("/login", status_code=303, cookies=cookies)
