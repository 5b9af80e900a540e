"""Signing in by somebody who vouches, and linking an account there."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template
from msgspec import Struct

from adapters.http.calls import AnyRequest, visitor
from adapters.http.csrf import PUBLIC
from adapters.http.flashes import flash_cookie
from adapters.http.forms import Filled, Form, read_query
from adapters.http.house import ERRAND, house_of
from adapters.http.pages.account.security import HERE as SECURITY
from adapters.http.pages.account.security import LINKS
from adapters.http.pages.sign_in.arrivals import come_in, to_factor
from adapters.http.pages.sign_in.views import OfferView, SignInForm, SignInView
from adapters.http.places import local_path
from adapters.http.screen import Porch, Screen
from adapters.http.session import find_visit, visitor_at_door
from adapters.http.shell import Crumb
from portal_core.companies.access import AccessService
from portal_core.errors import Conflict, Invalid, PortalError, Unavailable
from portal_core.identity.actor import Actor
from portal_core.identity.admission import Challenged
from portal_core.identity.federation import Arrived, FederationService, Sent, Unlinked
from portal_core.identity.providers import LIFETIME, Offer, ProviderKind
from portal_core.identity.sessions import Admitted
from portal_core.identity.sign_in import SignInService
from portal_core.ids import LinkId, ProviderId

NEW_LINK = f"{LINKS}/new"
PROVED = "/account/proved"
_LONGEST = 4_000
_SIGNS = {
    ProviderKind.MICROSOFT: "brand-windows",
    ProviderKind.GOOGLE: "brand-google",
    ProviderKind.GITHUB: "brand-github",
    ProviderKind.OPENID: "external-link",
}


class Wish(Struct, frozen=True):
    """The query of a way to a provider: where to go afterwards."""

    next: str = "/"


class Answer(Struct, frozen=True, kw_only=True):
    """The query that somebody comes back with. Providers add what they like to it."""

    state: str = ""
    code: str = ""
    iss: str = ""
    error: str = ""
    error_description: str = ""
    client_info: str = ""
    session_state: str = ""


class LinkForm(Struct, frozen=True):
    """Which account is to be linked."""

    state: str = ""


class LinkView(Struct, frozen=True):
    """What the page reads that asks whether to link an account."""

    state: str
    provider: str
    account: str


class ProviderPages(Controller):
    """To providers and back."""

    @get("/login/with/{provider_id:uuid}", opt={PUBLIC: True})
    async def depart(
        self,
        provider_id: FromPath[UUID],
        request: AnyRequest,
        federation: NamedDependency[FederationService],
    ) -> Redirect:
        """Go to a provider to sign in."""
        query = request.scope.get("query_string", b"")
        sent = await federation.depart(
            visitor(request),
            ProviderId(provider_id),
            browser=_browser(request),
            place=local_path(read_query(Wish, query).next),
        )
        return _gone(request, sent)

    @get("/login/with/{provider_id:uuid}/back", opt={PUBLIC: True})
    async def arrive(
        self,
        provider_id: FromPath[UUID],
        request: AnyRequest,
        access: NamedDependency[AccessService],
        federation: NamedDependency[FederationService],
        sign_in: NamedDependency[SignInService],
        porch: NamedDependency[Porch],
    ) -> Template | Redirect:
        """Come back from a provider."""
        visit = await find_visit(request, access)
        try:
            arrived = await federation.arrive(
                visitor_at_door(request),
                visit.actor if visit else None,
                _browser(request),
                ProviderId(provider_id),
                _answer(request),
            )
        except (Invalid, Conflict, Unavailable) as refusal:
            if visit is not None:
                return _told(request, SECURITY, "provider-refused")
            return await _sign_in_page(request, porch, federation, refusal)
        if isinstance(arrived.outcome, Admitted):
            return await come_in(request, sign_in, arrived.outcome, arrived.place)
        return _onward(request, arrived, signed_in=visit is not None)

    @get(f"{LINKS}/with/{{provider_id:uuid}}")
    async def depart_to_link(
        self,
        provider_id: FromPath[UUID],
        request: AnyRequest,
        actor: NamedDependency[Actor],
        federation: NamedDependency[FederationService],
    ) -> Redirect:
        """Go to a provider to link an account there."""
        sent = await federation.depart_to_link(
            actor, ProviderId(provider_id), browser=_browser(request), place=SECURITY
        )
        return _gone(request, sent)

    @get("/account/prove/with/{provider_id:uuid}")
    async def depart_to_prove(
        self,
        provider_id: FromPath[UUID],
        request: AnyRequest,
        actor: NamedDependency[Actor],
        federation: NamedDependency[FederationService],
    ) -> Redirect:
        """Go to a provider to show that it is still the same person."""
        sent = await federation.depart_to_prove(
            actor, ProviderId(provider_id), browser=_browser(request), place=PROVED
        )
        return _gone(request, sent)

    @get(PROVED)
    async def proved(self, screen: NamedDependency[Screen]) -> Template:
        """Say that it worked, in the tab that was opened for it."""
        crumbs = (Crumb("Your account", "/account"), Crumb("Thank you"))
        return await screen.show("pages/account/proved.html", Wish(), crumbs=crumbs)

    @get(NEW_LINK)
    async def ask(
        self,
        request: AnyRequest,
        actor: NamedDependency[Actor],
        screen: NamedDependency[Screen],
        federation: NamedDependency[FederationService],
    ) -> Template:
        """Ask whether to link the account that somebody came back with."""
        state = screen.query(LinkForm).state
        waiting = await federation.waiting(actor, _browser(request), state)
        crumbs = (
            Crumb("Your account", "/account"),
            Crumb("Security", SECURITY),
            Crumb("Link an account"),
        )
        view = LinkView(state, waiting.provider, waiting.account)
        return await screen.show("pages/account/link.html", view, crumbs=crumbs)

    @post(LINKS)
    async def link(
        self,
        data: Form[LinkForm],
        request: AnyRequest,
        actor: NamedDependency[Actor],
        screen: NamedDependency[Screen],
        federation: NamedDependency[FederationService],
    ) -> Redirect:
        """Link the account."""
        await federation.link(actor, _browser(request), data.fields.state)
        return screen.go(SECURITY, "account-linked")

    @post(f"{LINKS}/{{link_id:uuid}}/remove")
    async def unlink(
        self,
        link_id: FromPath[UUID],
        actor: NamedDependency[Actor],
        screen: NamedDependency[Screen],
        federation: NamedDependency[FederationService],
    ) -> Redirect:
        """Unlink an account."""
        await federation.unlink(actor, LinkId(link_id))
        return screen.go(SECURITY, "account-removed")


def offers_of(offers: Sequence[Offer], place: str) -> tuple[OfferView, ...]:
    """Return the providers as the sign-in page offers them."""
    query = f"?{urlencode({'next': place})}" if place != "/" else ""
    return tuple(
        OfferView(_SIGNS[one.kind], one.name, f"/login/with/{one.id}{query}")
        for one in offers
    )


async def _sign_in_page(
    request: AnyRequest,
    porch: Porch,
    federation: FederationService,
    refusal: PortalError,
) -> Template:
    filled = Filled.of(SignInForm(step="email")).refused(refusal)
    offers = offers_of(await federation.offered(visitor(request)), "/")
    view = SignInView(filled, offers)
    return await porch.show("pages/sign_in/sign_in.html", view, status=422)


def _onward(request: AnyRequest, arrived: Arrived, *, signed_in: bool) -> Redirect:
    """Go where somebody who came back has something to do."""
    outcome = arrived.outcome
    if isinstance(outcome, Challenged):
        return to_factor(request, outcome, arrived.place)
    if not isinstance(outcome, Unlinked):
        return Redirect(local_path(arrived.place), status_code=303)
    here = f"{NEW_LINK}?{urlencode({'state': outcome.state})}"
    if signed_in:
        return Redirect(here, status_code=303)
    return _told(request, f"/login?{urlencode({'next': here})}", "account-unlinked")


def _answer(request: AnyRequest) -> dict[str, str]:
    query: bytes = request.scope.get("query_string", b"")
    found: dict[str, Any] = {}
    if len(query) <= _LONGEST:
        typed = read_query(Answer, query)
        found = {name: getattr(typed, name) for name in typed.__struct_fields__}
    return {name: value for name, value in found.items() if value}


def _browser(request: AnyRequest) -> str:
    return house_of(request).read_cookie(request, ERRAND)


def _gone(request: AnyRequest, sent: Sent) -> Redirect:
    seconds = 2 * int(LIFETIME.total_seconds())
    cookie = house_of(request).cookie(ERRAND, sent.browser, seconds=seconds)
    return Redirect(sent.address, status_code=303, cookies=[cookie])


def _told(request: AnyRequest, place: str, flash: str) -> Redirect:
    cookie = flash_cookie(house_of(request), flash)
    return Redirect(place, status_code=303, cookies=[cookie])
