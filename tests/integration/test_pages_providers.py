"""Signing in by somebody who vouches: there, back, and all that may come back instead."""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from dependency_injector.providers import Object
from joserfc.jwk import RSAKey
from msgspec.structs import replace

from adapters.federation.providers import Providers
from adapters.net.client import GuardedClient
from adapters.net.guard import NetworkGuard
from portal_core.identity.policy import SignInPolicy
from portal_core.identity.providers import ProviderDetails, ProviderKind
from tests.examples import PASSWORD
from tests.house import URL, Browser, set_cookies
from tests.listening import certificate_for
from tests.pages import look_at
from tests.people import SYSTEM
from tests.vouching import CLIENT, SECRET, TENANT, Tenants, key, vouching

BUYER = "buyer@example.com"
SECURITY = "/account/security"
DESK = "/admin/settings/providers"


@pytest.fixture
async def client():
    client = GuardedClient(NetworkGuard(allowed=["127.0.0.0/8"]))
    yield client
    await client.close()


@pytest.fixture
async def peer():
    async with vouching() as provider:
        yield provider


@pytest.fixture
def told(town, client):
    """The town, whose services speak with providers over real connections."""
    speaks(town, client)
    return town


def speaks(town, client, **sites):
    town.parts.vouching.override(Object(Providers(client, public_url=URL, **sites)))


async def add(town, peer, kind=ProviderKind.OPENID, **changes):
    details = ProviderDetails(
        kind=kind,
        name="Harbour ID",
        address=peer.address if kind is ProviderKind.OPENID else "",
        client_id=CLIENT,
        client_secret=SECRET,
    )
    return await town.parts.sign_in_providers().add(SYSTEM, replace(details, **changes))


@pytest.fixture
async def provider(told, peer):
    return await add(told, peer)


async def depart(browser, provider, place="/account"):
    answer = await browser.get(f"/login/with/{provider.id}?next={place}")
    assert answer.status_code == 303
    return answer.headers["location"]


async def go_there(browser, provider, peer, place="/account"):
    """Sign in at the provider, and come back."""
    return await browser.get(peer.back(await depart(browser, provider, place)))


async def link(town, provider, peer, who="buyer"):
    """Link somebody's account at the provider; return their browser."""
    browser = await town.signed_in(who)
    answer = await browser.get(f"/account/links/with/{provider.id}")
    answer = await browser.get(peer.back(answer.headers["location"]))
    ask = answer.headers["location"]
    page = look_at(await browser.get(ask))
    answer = await browser.post("/account/links", {"state": page.value("state")})
    assert answer.headers["location"] == SECURITY
    return browser


def facts(town, name):
    events = town.parts.database().tables.events.values()
    return [one for one in events if type(one).__name__ == name]


async def test_a_linked_account_signs_in(told, provider, peer):
    await link(told, provider, peer)
    browser = told.browser()
    page = await browser.get("/login?next=/account/theme")
    assert f"/login/with/{provider.id}?next=%2Faccount%2Ftheme" in page.text
    answer = await go_there(browser, provider, peer, SECURITY)
    assert (answer.status_code, answer.headers["location"]) == (303, SECURITY)
    page = look_at(await browser.get(SECURITY))
    assert "Harbour ID ann@id.example" in page.text
    assert "by a provider" in page.text


async def test_who_is_not_linked_signs_in_once_and_links(told, provider, peer):
    browser = told.browser()
    answer = await go_there(browser, provider, peer)
    place = urlsplit(answer.headers["location"])
    assert place.path == "/login"
    [ask] = parse_qs(place.query)["next"]
    assert (
        "not linked to one here yet" in (await browser.get(answer.headers["location"])).text
    )
    fields = {"email": BUYER, "password": PASSWORD, "next": ask}
    answer = await browser.post("/login", fields)
    assert answer.headers["location"] == ask
    page = look_at(await browser.get(ask))
    assert "ann@id.example" in page.text
    await browser.post("/account/links", {"state": page.value("state")})
    answer = await go_there(told.browser(), provider, peer)
    assert answer.headers["location"] == "/account"


async def test_an_address_alone_gets_nobody_in(told, provider, peer):
    peer.claims = {"email": BUYER, "email_verified": True}
    answer = await go_there(told.browser(), provider, peer)
    assert urlsplit(answer.headers["location"]).path == "/login"
    assert not facts(told, "UserSignedIn")


async def test_what_waits_is_for_the_browser_that_came_back(told, provider, peer):
    answer = await go_there(told.browser(), provider, peer)
    [ask] = parse_qs(urlsplit(answer.headers["location"]).query)["next"]
    other = await told.signed_in("buyer")
    assert (await other.get(ask)).status_code == 404
    [state] = parse_qs(urlsplit(ask).query)["state"]
    assert (await other.post("/account/links", {"state": state})).status_code == 404
    assert not facts(told, "AccountLinked")


def another_key(peer):
    forged = key("forged").as_dict(private=True) | {"kid": "today"}
    peer.signs_with = RSAKey.import_key(forged)


LIES = {
    "the nonce of another question": lambda peer: peer.claims.update(nonce="another"),
    "no nonce": lambda peer: setattr(peer, "left_out", ("nonce",)),
    "another issuer": lambda peer: peer.claims.update(iss="https://id.example"),
    "another audience": lambda peer: peer.claims.update(aud="another-client"),
    "made for somebody else": lambda peer: peer.claims.update(
        aud=[CLIENT, "another"], azp="another"
    ),
    "expired": lambda peer: peer.claims.update(exp=1_700_000_000, iat=1_699_999_000),
    "without an end": lambda peer: setattr(peer, "left_out", ("exp",)),
    "about nobody": lambda peer: setattr(peer, "left_out", ("sub",)),
    "about somebody blank": lambda peer: peer.claims.update(sub=""),
    "signed by another key": another_key,
    "signed by a key that nobody knows": lambda peer: setattr(
        peer, "signs_with", key("unknown")
    ),
    "signed by nobody": lambda peer: setattr(peer, "algorithm", "none"),
    "signed with what everybody knows": lambda peer: setattr(peer, "algorithm", "HS256"),
    "an answer by another provider": lambda peer: peer.answer.update(
        iss="https://id.example"
    ),
    "an answer by nobody": lambda peer: peer.answer.update(iss=None),
    "another state": lambda peer: peer.answer.update(state="another"),
    "no state": lambda peer: peer.answer.update(state=None),
    "a made-up code": lambda peer: peer.answer.update(code="made-up"),
    "no code": lambda peer: peer.answer.update(code=None),
    "a refusal": lambda peer: peer.answer.update(error="access_denied", code=None),
}


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES)
async def test_a_lie_gets_nobody_in(told, provider, peer, lie):
    await link(told, provider, peer)
    lie(peer)
    browser = told.browser()
    before = len(facts(told, "UserSignedIn"))
    page = look_at(await go_there(browser, provider, peer), 422)
    assert "did not sign you in here" in page.text
    assert not browser.cookie()
    assert len(facts(told, "UserSignedIn")) == before
    [fact] = facts(told, "VouchingRefused")
    assert fact.reason


async def test_what_came_back_is_good_once(told, provider, peer):
    await link(told, provider, peer)
    browser = told.browser()
    back = peer.back(await depart(browser, provider))
    assert (await browser.get(back)).status_code == 303
    browser.http.cookies.delete("__Host-atrium")
    assert (await browser.get(back)).status_code == 422


async def test_a_code_is_good_once_in_a_fresh_errand_too(told, provider, peer):
    await link(told, provider, peer)
    first, second = told.browser(), told.browser()
    used = peer.back(await depart(first, provider))
    await first.get(used)
    code = parse_qs(urlsplit(used).query)["code"][0]
    peer.answer = {"code": code}
    assert (await go_there(second, provider, peer)).status_code == 422


async def test_only_the_browser_that_went_there_comes_back(told, provider, peer):
    await link(told, provider, peer)
    victim, attacker = told.browser(), told.browser()
    back = peer.back(await depart(attacker, provider))
    assert (await victim.get(back)).status_code == 422
    await depart(victim, provider)
    assert (await victim.get(back)).status_code == 422
    assert not victim.cookie()
    assert (await attacker.get(back)).status_code == 303


async def test_an_errand_ends_after_ten_minutes(told, provider, peer, clock):
    browser = told.browser()
    back = peer.back(await depart(browser, provider))
    clock.advance(timedelta(minutes=10))
    assert (await browser.get(back)).status_code == 422


async def test_the_answer_of_one_provider_is_none_of_another(told, provider, peer):
    other = await add(told, peer, name="Another")
    await link(told, provider, peer)
    browser = told.browser()
    back = peer.back(await depart(browser, provider))
    swapped = back.replace(str(provider.id), str(other.id))
    assert (await browser.get(swapped)).status_code == 422


async def test_the_way_back_is_remembered_by_a_cookie_of_this_host(told, provider):
    browser = told.browser()
    answer = await browser.get(f"/login/with/{provider.id}")
    line = set_cookies(answer)["__Host-atrium-errand"].lower()
    assert all(word in line for word in ("secure", "httponly", "samesite=lax", "path=/"))
    asked = parse_qs(urlsplit(answer.headers["location"]).query)
    assert asked["code_challenge_method"] == ["S256"]
    assert {"state", "nonce", "code_challenge"} <= asked.keys()


async def test_nobody_is_sent_on_to_another_site(told, provider, peer):
    await link(told, provider, peer)
    answer = await go_there(told.browser(), provider, peer, "https://elsewhere.example")
    assert answer.headers["location"] == "/"


async def demand_second_factor(town):
    async with town.parts.database().begin() as work:
        company = await work.companies.get(town.harbour.id)
        policy = SignInPolicy(second_factor=True)
        await work.companies.save(
            replace(company, sign_in=policy, version=company.version + 1)
        )


@pytest.mark.parametrize("way", ["nothing", "the provider", "the token"])
async def test_a_second_factor_is_asked_for_unless_it_was_there(told, peer, way):
    provider = await add(told, peer, second_factor=way == "the provider")
    await link(told, provider, peer)
    await demand_second_factor(told)
    peer.claims = {"amr": ["pwd", "mfa"]} if way == "the token" else {}
    answer = await go_there(told.browser(), provider, peer)
    place = urlsplit(answer.headers["location"]).path
    assert place == ("/login/factor" if way == "nothing" else "/account")


async def test_a_disabled_user_stays_out(told, provider, peer):
    await link(told, provider, peer)
    await told.parts.users().disable(SYSTEM, told.people["buyer"].id)
    browser = told.browser()
    assert (await go_there(browser, provider, peer)).status_code == 422
    assert not browser.cookie()


async def test_an_account_belongs_to_one_user(told, provider, peer):
    await link(told, provider, peer)
    other = await told.signed_in("member")
    answer = await other.get(f"/account/links/with/{provider.id}")
    answer = await other.get(peer.back(answer.headers["location"]))
    page = look_at(await other.get(answer.headers["location"]))
    answer = await other.post("/account/links", {"state": page.value("state")})
    assert answer.status_code == 409
    assert "somebody else" in answer.text


async def test_who_comes_back_is_who_went(told, provider, peer):
    browser = await told.signed_in("buyer")
    answer = await browser.get(f"/account/links/with/{provider.id}")
    back = peer.back(answer.headers["location"])
    await browser.get(SECURITY)
    await browser.post("/logout")
    await browser.sign_in("member@example.com")
    answer = await browser.get(back)
    assert answer.headers["location"] == SECURITY
    assert "Nothing was changed" in (await browser.get(SECURITY)).text


async def test_unlinking(told, provider, peer):
    browser = await link(told, provider, peer)
    here = f"{told.parts.database().tables.links.popitem()[0]}"
    assert (await browser.post(f"/account/links/{here}/remove")).status_code == 404
    browser = await link(told, provider, peer)
    [here] = told.parts.database().tables.links
    stranger = await told.signed_in("stranger")
    assert (await stranger.post(f"/account/links/{here}/remove")).status_code == 404
    answer = await browser.post(f"/account/links/{here}/remove")
    assert answer.headers["location"] == SECURITY
    answer = await go_there(told.browser(), provider, peer)
    assert urlsplit(answer.headers["location"]).path == "/login"


async def test_the_last_way_in_stays(told, provider, peer):
    browser = await link(told, provider, peer)
    del told.parts.database().tables.password_hashes[told.people["buyer"].id]
    [here] = told.parts.database().tables.links
    answer = await browser.post(f"/account/links/{here}/remove")
    assert answer.status_code == 409
    assert "Set a password first" in answer.text


async def test_the_provider_is_where_somebody_shows_that_it_is_still_them(
    told, provider, peer, clock
):
    await link(told, provider, peer)
    browser = told.browser()
    await go_there(browser, provider, peer)
    clock.advance(timedelta(minutes=11))
    await browser.get("/account")
    codes = f"{SECURITY}/authenticators"
    fields = {"name": "x", "secret": "A" * 32, "code": "123456"}
    page = look_at(await browser.post(codes, fields), 403)
    way = f"/account/prove/with/{provider.id}"
    assert [one["href"] for one in page.all("a") if way in one.get("href", "")] == [way]
    answer = await browser.get(way)
    assert "prompt=login" in answer.headers["location"]
    answer = await browser.get(peer.back(answer.headers["location"]))
    look_at(await browser.get(answer.headers["location"]))
    page = look_at(await browser.post(codes, fields | {"proof_password": ""}), 422)
    assert "This code is not right" in page.text


@pytest.mark.parametrize("change", [{"sub": "another"}, {"auth_time": 1_700_000_000}])
async def test_a_proof_is_by_the_same_account_and_fresh(
    told, provider, peer, clock, change
):
    await link(told, provider, peer)
    browser = told.browser()
    await go_there(browser, provider, peer)
    clock.advance(timedelta(minutes=11))
    peer.claims = change
    answer = await browser.get(f"/account/prove/with/{provider.id}")
    await browser.get(peer.back(answer.headers["location"]))
    assert (await browser.get(f"{SECURITY}/passkeys/new")).status_code == 403


async def test_a_disabled_provider_is_not_there(told, provider, peer):
    await link(told, provider, peer)
    browser = told.browser()
    back = peer.back(await depart(browser, provider))
    async with told.parts.database().begin() as work:
        await work.providers.save(replace(provider, disabled=True, version=2))
    assert (await browser.get(back)).status_code == 404
    assert (await browser.get(f"/login/with/{provider.id}")).status_code == 404
    assert "Harbour ID" not in (await browser.get("/login")).text


async def test_a_provider_that_does_not_answer_any_more(told, peer, client):
    async with vouching() as leaving:
        provider = await add(told, leaving)
    speaks(told, client)
    page = look_at(await told.browser().get(f"/login/with/{provider.id}"), 503)
    assert "No answer" in page.text


async def test_github(told, peer, client):
    speaks(told, client, github=peer.address, github_api=peer.address)
    provider = await add(told, peer, ProviderKind.GITHUB)
    await link(told, provider, peer)
    browser = told.browser()
    assert (await go_there(browser, provider, peer)).headers["location"] == "/account"
    peer.answer = {"code": "made-up"}
    assert (await go_there(told.browser(), provider, peer)).status_code == 422


@pytest.fixture
async def microsoft(town, tmp_path):
    """Microsoft's kind of provider behind TLS, and the portal speaking with it by msal."""
    shown, trusted = certificate_for("login.example", tmp_path)

    async def resolve(_host, _port):
        return ["127.0.0.1"]

    guard = NetworkGuard(allowed=["127.0.0.0/8"], resolve=resolve)
    client = GuardedClient(guard, tls=trusted)
    async with vouching(Tenants, name="login.example", tls=shown) as peer:
        speaks(town, client, microsoft=peer.address)
        yield peer
        await client.close()


async def test_microsoft_by_tenant_and_object(town, microsoft):
    provider = await add(town, microsoft, ProviderKind.MICROSOFT)
    await link(town, provider, microsoft)
    [known] = town.parts.database().tables.links.values()
    assert known.subject == f"{TENANT}.object-of-ann"
    assert known.email == "ann@id.example"
    answer = await go_there(town.browser(), provider, microsoft)
    assert answer.headers["location"] == "/account"


MICROSOFT_LIES = {
    "the issuer of another tenant": {"tid": "another"},
    "no object": {"oid": ""},
    "another nonce": {"nonce": "another"},
    "another audience": {"aud": "another"},
    "expired": {"exp": 1_700_000_000},
}


@pytest.mark.parametrize("lie", MICROSOFT_LIES.values(), ids=MICROSOFT_LIES)
async def test_microsoft_lies(town, microsoft, lie):
    provider = await add(town, microsoft, ProviderKind.MICROSOFT)
    await link(town, provider, microsoft)
    microsoft.claims |= lie
    browser = town.browser()
    assert (await go_there(browser, provider, microsoft)).status_code == 422
    assert not browser.cookie()


async def test_microsoft_signed_by_another_key(town, microsoft):
    provider = await add(town, microsoft, ProviderKind.MICROSOFT)
    await link(town, provider, microsoft)
    another_key(microsoft)
    assert (await go_there(town.browser(), provider, microsoft)).status_code == 422


async def test_the_same_object_id_in_another_tenant_is_another_person(town, microsoft):
    provider = await add(town, microsoft, ProviderKind.MICROSOFT)
    await link(town, provider, microsoft)
    microsoft.claims, microsoft.tenant = {}, "a-tenant-of-somebody-else"
    answer = await go_there(town.browser(), provider, microsoft)
    assert urlsplit(answer.headers["location"]).path == "/login"


async def test_keys_that_are_new_are_asked_for(told, provider, peer, monkeypatch):
    await link(told, provider, peer)
    peer.key = peer.signs_with = key("tomorrow")
    monkeypatch.setattr("adapters.federation.id_tokens.monotonic", lambda: 1e9)
    answer = await go_there(told.browser(), provider, peer)
    assert answer.headers["location"] == "/account"


async def fill(told, **changes):
    msp = await told.signed_in("msp")
    page = look_at(await msp.get(f"{DESK}/new?kind=openid"))
    id_ = page.value("id")
    assert f"{URL}/login/with/{id_}/back" in page.text
    fields = {"id": id_, "kind": "openid", "name": "Harbour ID", "client_id": CLIENT}
    fields |= {"client_secret": SECRET, "version": "1"}
    return msp, fields | changes


async def test_an_administrator_adds_changes_and_removes_a_provider(told, peer):
    msp, fields = await fill(told, address=f"{peer.address}/")
    answer = await msp.post(DESK, fields)
    assert (answer.status_code, answer.headers["location"]) == (303, DESK)
    page = look_at(await msp.get(DESK))
    assert f"Harbour ID OpenID Connect {peer.address}" in page.text
    here = f"{DESK}/{fields['id']}"
    page = await msp.get(here)
    assert SECRET not in page.text
    changed = fields | {"client_secret": "", "name": "Quay ID", "second_factor": "on"}
    changed["address"] = look_at(page).value("address")
    answer = await msp.post(here, changed)
    assert answer.headers["location"] == DESK
    [stored] = told.parts.database().tables.providers.values()
    assert (stored.client_secret, stored.name, stored.second_factor) == (
        SECRET,
        "Quay ID",
        True,
    )
    late = await msp.post(here, changed | {"name": "Too late"})
    assert late.status_code == 409
    assert "Too late" in late.text
    answer = await msp.post(f"{here}/remove")
    assert answer.headers["location"] == DESK
    assert "There is none yet" in (await msp.get(DESK)).text


@pytest.mark.parametrize(
    ("field", "value", "told_so"),
    [
        ("address", "http://127.0.0.1:9", "No provider answers there"),
        ("address", "http://169.254.169.254/", "https address"),
        ("address", "https://169.254.169.254/", "No provider answers there"),
        ("address", "not an address", "https address"),
        ("client_id", " ", "client id"),
        ("client_secret", "", "client secret"),
        ("name", "x" * 41, "at most 40"),
        ("company", "nowhere", "no company"),
    ],
)
async def test_what_is_wrong_is_told_and_kept(told, peer, field, value, told_so):
    msp, fields = await fill(told, address=peer.address)
    page = look_at(await msp.post(DESK, fields | {field: value}), 422)
    assert told_so in page.text
    assert page.value("name") == (value if field == "name" else "Harbour ID")
    assert not told.parts.database().tables.providers


async def test_a_provider_that_calls_itself_otherwise(told, peer):
    peer.metadata = {"issuer": "https://id.example"}
    msp, fields = await fill(told, address=peer.address)
    page = look_at(await msp.post(DESK, fields), 422)
    assert "calls itself https://id.example" in page.text


async def test_a_provider_of_one_company_is_not_offered_to_everybody(told, peer):
    await add(told, peer, company_id=told.harbour.id)
    assert "Harbour ID" not in (await told.browser().get("/login")).text


async def test_clients_of_the_msp_see_no_provider_desk(told):
    for who in ("administrator", "buyer"):
        browser = await told.signed_in(who)
        assert (await browser.get(DESK)).status_code == 404


async def test_a_stranger_gets_no_way_to_link(told, provider):
    browser = Browser(told.app)
    answer = await browser.get(f"/account/links/with/{provider.id}")
    assert answer.headers["location"].startswith("/login")
