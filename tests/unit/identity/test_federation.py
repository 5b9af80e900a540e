"""Signing in by somebody who vouches: what is believed, and what is not."""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from msgspec.structs import replace

from portal_core.errors import Conflict, Invalid, NotFound, ProofNeeded
from portal_core.events import ActorKind
from portal_core.identity.actor import Actor
from portal_core.identity.events import (
    AccountLinked,
    AccountUnlinked,
    SessionProved,
    VouchingRefused,
)
from portal_core.identity.factors import Method
from portal_core.identity.federation import Unlinked, Waiting
from portal_core.identity.providers import (
    Claim,
    Link,
    Offer,
    ProviderDetails,
    ProviderKind,
)
from portal_core.identity.sessions import Admitted
from portal_core.identity.sign_in import Challenged
from portal_core.identity.tokens import token_hash
from portal_core.identity.visitor import Visitor
from portal_core.ids import CompanyId, ProviderId, new_id
from tests.examples import PASSWORD, a_browser, a_session, a_user, an_authenticator
from tests.people import MSP, NOON

HOME = Visitor("203.0.113.7", "a browser", "req-1")
DETAILS = ProviderDetails(
    kind=ProviderKind.OPENID,
    name="Okta",
    address="https://id.example",
    client_id="portal",
    client_secret="hush",
)


@pytest.fixture
async def okta(providers):
    return await providers.add(MSP, DETAILS)


@pytest.fixture
def bea(database):
    user = a_user("Bea Buyer")
    database.tables.users[user.id] = user
    return user


@pytest.fixture
def herself(database, bea):
    session = a_session(bea)
    database.tables.sessions[session.token_hash] = session
    return Actor(
        kind=ActorKind.USER,
        id=bea.id,
        name=bea.name,
        permissions=frozenset(),
        session_id=session.id,
        proved_at=NOON,
    )


@pytest.fixture
async def linked(database, bea, okta):
    link = Link.create(bea.id, okta.id, Claim(subject="bea", email="b@okta.example"), NOON)
    async with database.begin() as work:
        await work.links.add(link)
    return link


@pytest.fixture
def comes_back(federation, provider, okta):
    """Go to the provider and come back as somebody: the outcome, and what was sent."""

    async def comes_back(sent, subject="bea", *, actor=None, **changes):
        state = parse_qs(urlsplit(sent.address).query)["state"][0]
        answer = {"state": state, "code": provider.code_for(subject)} | changes
        return await federation.arrive(HOME, actor, sent.browser, okta.id, answer)

    return comes_back


async def test_all_are_offered_but_those_of_a_company_and_the_disabled(
    federation, providers, okta
):
    await providers.add(MSP, replace(DETAILS, name="Off", disabled=True))
    theirs = replace(DETAILS, name="Theirs", company_id=CompanyId(new_id()))
    await providers.add(MSP, theirs)
    offered = await federation.offered(HOME)
    assert offered == [Offer(okta.id, ProviderKind.OPENID, "Okta")]


async def test_a_linked_account_signs_in(federation, comes_back, okta, linked, database):
    sent = await federation.depart(HOME, okta.id, place="/c/harbour/shop")
    back = await comes_back(sent)
    assert back.place == "/c/harbour/shop"
    assert isinstance(back.outcome, Admitted)
    session = database.tables.sessions[token_hash(back.outcome.token)]
    assert session.user_id == linked.user_id
    assert (session.methods, session.provider_id) == ((Method.PROVIDER,), okta.id)
    assert database.tables.links[linked.id].email == "bea@example.com"


async def test_who_has_an_authenticator_is_asked_for_it(
    federation, comes_back, okta, linked, database, bea
):
    app = an_authenticator(bea)
    database.tables.authenticators[app.id] = app
    back = await comes_back(await federation.depart(HOME, okta.id))
    assert isinstance(back.outcome, Challenged)


async def test_a_provider_may_answer_for_the_second_factor(
    federation, providers, comes_back, okta, linked, database, bea
):
    app = an_authenticator(bea)
    database.tables.authenticators[app.id] = app
    details = replace(DETAILS, second_factor=True)
    await providers.change(MSP, okta.id, details, okta.version)
    back = await comes_back(await federation.depart(HOME, okta.id))
    assert isinstance(back.outcome, Admitted)


async def test_a_trusted_browser_is_trusted_here_too(
    federation, provider, okta, linked, database, bea
):
    app = an_authenticator(bea)
    database.tables.authenticators[app.id] = app
    browser = a_browser(
        bea, token_hash=token_hash("known"), trusted_until=NOON + timedelta(days=1)
    )
    database.tables.browsers[browser.id] = browser
    at_home = replace(HOME, known_as=("known",))
    sent = await federation.depart(at_home, okta.id)
    state = parse_qs(urlsplit(sent.address).query)["state"][0]
    answer = {"state": state, "code": provider.code_for("bea")}
    back = await federation.arrive(at_home, None, sent.browser, okta.id, answer)
    assert isinstance(back.outcome, Admitted)


async def test_who_is_disabled_here_stays_out(
    federation, comes_back, okta, linked, database, bea
):
    database.tables.users[bea.id] = replace(bea, disabled=True)
    sent = await federation.depart(HOME, okta.id)
    with pytest.raises(Invalid, match="did not sign you in"):
        await comes_back(sent)


@pytest.mark.parametrize("changes", [{"state": "another"}, {"code": "bea@nothing"}])
async def test_an_answer_that_is_not_ours_is_refused_and_recorded(
    federation, comes_back, okta, linked, facts, changes
):
    sent = await federation.depart(HOME, okta.id)
    with pytest.raises(Invalid, match="did not sign you in"):
        await comes_back(sent, **changes)
    [event] = facts(VouchingRefused)
    assert (event.provider_id, event.network) == (okta.id, "203.0.113.0/24")


async def test_an_answer_is_good_once(federation, comes_back, okta, linked):
    sent = await federation.depart(HOME, okta.id)
    await comes_back(sent)
    with pytest.raises(Invalid):
        await comes_back(sent)


async def test_an_answer_is_good_for_ten_minutes(
    federation, comes_back, okta, linked, clock
):
    sent = await federation.depart(HOME, okta.id)
    clock.advance(timedelta(minutes=11))
    with pytest.raises(Invalid):
        await comes_back(sent)


async def test_another_browser_can_neither_use_an_errand_nor_spoil_it(
    federation, comes_back, okta, linked
):
    sent = await federation.depart(HOME, okta.id)
    with pytest.raises(Invalid):
        await comes_back(replace(sent, browser="another"))
    assert isinstance((await comes_back(sent)).outcome, Admitted)


async def test_no_provider_answers_for_another(
    federation, providers, provider, okta, linked
):
    other = await providers.add(MSP, replace(DETAILS, name="Other"))
    sent = await federation.depart(HOME, okta.id)
    state = parse_qs(urlsplit(sent.address).query)["state"][0]
    answer = {"state": state, "code": provider.code_for("bea")}
    with pytest.raises(Invalid):
        await federation.arrive(HOME, None, sent.browser, other.id, answer)


@pytest.mark.parametrize("disabled", [True, False])
async def test_nobody_goes_to_a_provider_that_is_not_there(federation, providers, disabled):
    gone = ProviderId(new_id())
    if disabled:
        gone = (await providers.add(MSP, replace(DETAILS, disabled=True))).id
    with pytest.raises(NotFound):
        await federation.depart(HOME, gone)


async def test_an_unknown_account_is_linked_by_who_shows_both(
    federation, comes_back, okta, herself, facts
):
    sent = await federation.depart(HOME, okta.id)
    stranger = (await comes_back(sent)).outcome
    assert isinstance(stranger, Unlinked)
    waiting = await federation.waiting(herself, sent.browser, stranger.state)
    assert waiting == Waiting("Okta", "bea@example.com")
    await federation.link(herself, sent.browser, stranger.state)
    [account] = await federation.own(herself)
    assert (account.provider, account.email) == ("Okta", "bea@example.com")
    [event] = facts(AccountLinked)
    assert (event.user_id, event.account) == (herself.id, "bea@example.com")
    again = await comes_back(await federation.depart(HOME, okta.id))
    assert isinstance(again.outcome, Admitted)


async def test_linking_ends_other_sessions(
    federation, comes_back, okta, herself, database, bea
):
    elsewhere = a_session(bea, token_hash=b"elsewhere")
    database.tables.sessions[elsewhere.token_hash] = elsewhere
    sent = await federation.depart_to_link(herself, okta.id, place="/account/security")
    back = await comes_back(sent, actor=herself)
    assert isinstance(back.outcome, Unlinked)
    await federation.link(herself, sent.browser, back.outcome.state)
    assert [s.id for s in database.tables.sessions.values()] == [herself.session_id]


async def test_linking_asks_for_proof(federation, comes_back, okta, herself, clock):
    sent = await federation.depart(HOME, okta.id)
    stranger = (await comes_back(sent)).outcome
    long_ago = replace(herself, proved_at=NOON - timedelta(minutes=11))
    with pytest.raises(ProofNeeded):
        await federation.link(long_ago, sent.browser, stranger.state)


async def test_what_waits_in_another_browser_is_not_there(
    federation, comes_back, okta, herself
):
    stranger = (await comes_back(await federation.depart(HOME, okta.id))).outcome
    with pytest.raises(NotFound):
        await federation.waiting(herself, "another", stranger.state)
    with pytest.raises(NotFound):
        await federation.link(herself, "another", stranger.state)


async def test_an_account_of_somebody_else_is_not_linked(
    federation, comes_back, okta, herself, database
):
    sent = await federation.depart_to_link(herself, okta.id, place="/")
    back = await comes_back(sent, actor=herself)
    ann = a_user("Ann Other")
    database.tables.users[ann.id] = ann
    async with database.begin() as work:
        await work.links.add(Link.create(ann.id, okta.id, Claim(subject="bea"), NOON))
    with pytest.raises(Conflict):
        await federation.link(herself, sent.browser, back.outcome.state)


async def test_linking_twice_is_linking_once(
    federation, comes_back, okta, herself, linked, facts
):
    sent = await federation.depart_to_link(herself, okta.id, place="/")
    back = await comes_back(sent, actor=herself)
    await federation.link(herself, sent.browser, back.outcome.state)
    assert facts(AccountLinked) == []
    assert len(await federation.own(herself)) == 1


@pytest.mark.parametrize("signed_in", [True, False])
async def test_who_left_to_link_has_to_come_back_as_the_same(
    federation, comes_back, okta, herself, signed_in
):
    sent = await federation.depart_to_link(herself, okta.id, place="/")
    other = replace(herself, id=new_id()) if signed_in else None
    with pytest.raises(Invalid):
        await comes_back(sent, actor=other)


async def test_a_provider_shows_again_that_it_is_them(
    federation, comes_back, provider, okta, herself, linked, facts
):
    sent = await federation.depart_to_prove(herself, okta.id, place="/account/keys")
    assert provider.secrets.endswith(":True")
    back = await comes_back(sent, actor=herself)
    assert (back.outcome, back.place) == (None, "/account/keys")
    [event] = facts(SessionProved)
    assert (event.session_id, event.method) == (herself.session_id, Method.PROVIDER)


async def test_another_account_proves_nothing(
    federation, comes_back, okta, herself, linked, facts
):
    sent = await federation.depart_to_prove(herself, okta.id, place="/")
    with pytest.raises(Invalid):
        await comes_back(sent, "mallory", actor=herself)
    assert facts(SessionProved) == []


async def test_unlinking_needs_another_way_in(
    federation, herself, linked, database, hasher, facts
):
    with pytest.raises(Conflict, match="Set a password first") as refusal:
        await federation.unlink(herself, linked.id)
    assert refusal.value.code == "last_way_in"
    assert len(await federation.own(herself)) == 1
    database.tables.password_hashes[herself.id] = await hasher.hash(PASSWORD)
    await federation.unlink(herself, linked.id)
    assert await federation.own(herself) == []
    assert facts(AccountUnlinked)[0].provider == "Okta"
    with pytest.raises(NotFound):
        await federation.unlink(herself, linked.id)
