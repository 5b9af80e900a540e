import asyncio
from datetime import timedelta

import pytest
from msgspec.structs import replace

from adapters.memory.codes import code_of
from portal_core.errors import (
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    ProofNeeded,
    Throttled,
)
from portal_core.identity.events import (
    BrowserAdded,
    FactorAdded,
    FactorRemoved,
    FactorsReset,
    SecondFactorRefused,
    SessionProved,
    UserLocked,
    UserSignedIn,
)
from portal_core.identity.factors import Method
from portal_core.identity.policy import SignInPolicy
from portal_core.identity.sessions import Admitted
from portal_core.identity.sign_in import Challenged
from portal_core.identity.tokens import token_hash
from portal_core.identity.visitor import Visitor
from tests.examples import (
    PASSWORD,
    SECRET,
    a_browser,
    a_company,
    a_membership,
    a_session,
    a_user,
    an_authenticator,
)
from tests.people import BUYER, MSP, NOON

HOME = Visitor("203.0.113.7", "a browser", "req-1")
STEP = int(NOON.timestamp()) // 30
CODE = code_of(SECRET, STEP)
WRONG = "000000"


@pytest.fixture
async def bea(database, hasher):
    user = a_user("Bea Buyer")
    database.tables.users[user.id] = user
    database.tables.password_hashes[user.id] = await hasher.hash(PASSWORD)
    return user


@pytest.fixture
def app(database, bea):
    """Bea's authenticator, whose code of this moment was not used yet."""
    authenticator = an_authenticator(bea, last_step=STEP - 9)
    database.tables.authenticators[authenticator.id] = authenticator
    return authenticator


@pytest.fixture
def herself(database, bea):
    session = a_session(bea)
    database.tables.sessions[session.token_hash] = session
    return replace(BUYER, id=bea.id, session_id=session.id)


@pytest.fixture
async def challenge(sign_in, bea, app):
    """The token of a challenge: Bea has shown her password."""
    return (await sign_in.sign_in(HOME, bea.email, PASSWORD)).token


async def test_who_has_an_authenticator_is_asked_for_a_code(sign_in, database, bea, app):
    found = await sign_in.sign_in(HOME, bea.email, PASSWORD)
    assert isinstance(found, Challenged)
    assert database.tables.sessions == {}
    pending = await sign_in.pending(HOME, found.token)
    assert pending.user.id == bea.id
    assert pending.factors.authenticators == (app,)


async def test_nobody_learns_of_a_factor_without_the_password(sign_in, bea, app):
    with pytest.raises(Invalid) as refusal:
        await sign_in.sign_in(HOME, bea.email, "a wrong password!")
    assert refusal.value.code == "refused"


async def test_the_code_lets_in(sign_in, database, facts, challenge):
    admitted = await sign_in.answer(HOME, challenge, f" {CODE[:3]} {CODE[3:]} ")
    session = database.tables.sessions[token_hash(admitted.token)]
    assert session.methods == (Method.PASSWORD, Method.CODE)
    assert facts(UserSignedIn)[0].methods == session.methods
    assert database.tables.challenges == {}


async def test_a_code_is_accepted_once(sign_in, bea, challenge):
    await sign_in.answer(HOME, challenge, CODE)
    again = await sign_in.sign_in(HOME, bea.email, PASSWORD)
    with pytest.raises(Invalid):
        await sign_in.answer(HOME, again.token, CODE)


async def test_no_code_older_than_the_last_one_is_accepted(sign_in, bea, challenge):
    await sign_in.answer(HOME, challenge, CODE)
    again = await sign_in.sign_in(HOME, bea.email, PASSWORD)
    with pytest.raises(Invalid):
        await sign_in.answer(HOME, again.token, code_of(SECRET, STEP - 1))


async def test_a_used_code_in_five_places_at_once_lets_one_in(sign_in, bea, app):
    found = [await sign_in.sign_in(HOME, bea.email, PASSWORD) for _ in range(3)]
    outcomes = await asyncio.gather(
        *(sign_in.answer(HOME, one.token, CODE) for one in found), return_exceptions=True
    )
    assert [type(one) for one in outcomes].count(Admitted) == 1


async def test_five_wrong_codes_void_the_challenge(sign_in, clock, facts, challenge):
    for _ in range(4):
        with pytest.raises(Invalid):
            await sign_in.answer(HOME, challenge, WRONG)
        clock.advance(timedelta(minutes=1))
    with pytest.raises(Conflict):
        await sign_in.answer(HOME, challenge, WRONG)
    now = code_of(SECRET, int(clock().timestamp()) // 30)
    with pytest.raises(Conflict):
        await sign_in.answer(HOME, challenge, now)
    assert len(facts(SecondFactorRefused)) == 5
    assert [event.what for event in facts(UserLocked)] == ["code"]


async def test_five_at_once_are_five(sign_in, challenge):
    tries = (sign_in.answer(HOME, challenge, WRONG) for _ in range(5))
    await asyncio.gather(*tries, return_exceptions=True)
    with pytest.raises((Conflict, Throttled)):
        await sign_in.answer(HOME, challenge, CODE)


async def test_a_challenge_lives_for_ten_minutes(sign_in, clock, challenge):
    clock.advance(timedelta(minutes=10))
    with pytest.raises(Conflict):
        await sign_in.pending(HOME, challenge)


async def test_guesses_go_on_slower_with_each_new_challenge(sign_in, bea, challenge):
    for _ in range(3):
        with pytest.raises(Invalid):
            await sign_in.answer(HOME, challenge, WRONG)
    again = await sign_in.sign_in(HOME, bea.email, PASSWORD)
    with pytest.raises(Throttled):
        await sign_in.answer(HOME, again.token, CODE)


async def test_a_trusted_browser_needs_the_password_alone(sign_in, bea, clock, challenge):
    admitted = await sign_in.answer(HOME, challenge, CODE, trust=True)
    known = replace(HOME, known_as=(admitted.browser_token,))
    again = await sign_in.sign_in(known, bea.email, PASSWORD)
    assert isinstance(again, Admitted)
    clock.advance(timedelta(days=14))
    later = replace(HOME, known_as=(again.browser_token,))
    assert isinstance(await sign_in.sign_in(later, bea.email, PASSWORD), Challenged)


async def test_the_token_of_a_browser_is_new_each_time(sign_in, bea, challenge):
    admitted = await sign_in.answer(HOME, challenge, CODE, trust=True)
    known = replace(HOME, known_as=(admitted.browser_token,))
    await sign_in.sign_in(known, bea.email, PASSWORD)
    stolen = await sign_in.sign_in(known, bea.email, PASSWORD)
    assert isinstance(stolen, Challenged)


async def test_a_browser_is_trusted_by_one_person_alone(
    sign_in, database, hasher, challenge
):
    admitted = await sign_in.answer(HOME, challenge, CODE, trust=True)
    otto = a_user("Otto")
    database.tables.users[otto.id] = otto
    database.tables.password_hashes[otto.id] = await hasher.hash(PASSWORD)
    app = an_authenticator(otto)
    database.tables.authenticators[app.id] = app
    known = replace(HOME, known_as=(admitted.browser_token,))
    assert isinstance(await sign_in.sign_in(known, otto.email, PASSWORD), Challenged)


async def test_a_company_may_trust_no_browser(sign_in, database, bea, challenge):
    company = replace(a_company(), sign_in=SignInPolicy(trust_days=0))
    database.tables.companies[company.id] = company
    database.tables.memberships[company.id, bea.id] = a_membership(company, bea)
    admitted = await sign_in.answer(HOME, challenge, CODE, trust=True)
    known = replace(HOME, known_as=(admitted.browser_token,))
    assert isinstance(await sign_in.sign_in(known, bea.email, PASSWORD), Challenged)


async def test_a_company_may_demand_a_second_factor(sign_in, database, facts, bea):
    company = replace(a_company(), sign_in=SignInPolicy(second_factor=True))
    database.tables.companies[company.id] = company
    database.tables.memberships[company.id, bea.id] = a_membership(company, bea)
    found = await sign_in.sign_in(HOME, bea.email, PASSWORD)
    assert not (await sign_in.pending(HOME, found.token)).factors.any
    admitted = await sign_in.enrol(HOME, found.token, name="", secret=SECRET, code=CODE)
    assert isinstance(admitted, Admitted)
    [app] = database.tables.authenticators.values()
    assert (app.user_id, app.name, app.last_step) == (bea.id, "Authenticator", STEP)
    assert facts(FactorAdded)[0].kind is Method.CODE


async def test_who_has_a_factor_can_not_add_one_in_passing(sign_in, challenge):
    secret = "Z" * 32
    with pytest.raises(Conflict):
        await sign_in.enrol(
            HOME, challenge, name="", secret=secret, code=code_of(secret, STEP)
        )


async def test_a_new_browser_is_said_to_be_new(sign_in, facts, bea):
    first = await sign_in.sign_in(HOME, bea.email, PASSWORD)
    known = replace(HOME, known_as=(first.browser_token, "of somebody else"))
    second = await sign_in.sign_in(known, bea.email, PASSWORD)
    await sign_in.sign_in(HOME, bea.email, PASSWORD)
    assert len(facts(UserSignedIn)) == 3
    assert [event.browser for event in facts(BrowserAdded)] == ["a browser"]
    assert second.left == ("of somebody else",)


async def test_guesses_from_everywhere_do_not_keep_out_who_was_here_before(
    sign_in, bea, database
):
    await sign_in.sign_in(HOME, bea.email, PASSWORD)
    for number in range(104):
        visitor = Visitor(f"198.51.{number}.1")
        with pytest.raises((Invalid, Throttled)):
            await sign_in.sign_in(visitor, bea.email, "a wrong password!")
    with pytest.raises(Throttled):
        await sign_in.sign_in(Visitor("192.0.2.1"), bea.email, PASSWORD)
    assert await sign_in.sign_in(HOME, bea.email, PASSWORD)


async def test_an_authenticator_is_added(factors, database, facts, herself):
    added = await factors.add_authenticator(
        herself, name=" My  phone ", secret=SECRET, code=CODE
    )
    assert (added.name, added.last_step) == ("My phone", STEP)
    assert await factors.own(herself) == await factors.of_user(MSP, herself.id)
    assert facts(FactorAdded)[0].name == "My phone"


async def test_adding_one_ends_the_other_sessions(factors, database, herself, bea):
    elsewhere = a_session(bea, token_hash=b"elsewhere")
    database.tables.sessions[elsewhere.token_hash] = elsewhere
    browser = a_browser(bea, trusted_until=NOON + timedelta(days=9))
    database.tables.browsers[browser.id] = browser
    await factors.add_authenticator(herself, name="", secret=SECRET, code=CODE)
    left = [session.id for session in database.tables.sessions.values()]
    assert left == [herself.session_id]
    assert database.tables.browsers[browser.id].trusted_until is None


@pytest.mark.parametrize(
    "broken", [{"code": WRONG}, {"secret": "short"}, {"name": "x" * 61}]
)
async def test_a_broken_authenticator_is_not_added(factors, database, herself, broken):
    with pytest.raises(Invalid):
        await factors.add_authenticator(
            herself, **({"name": "", "secret": SECRET, "code": CODE} | broken)
        )
    assert database.tables.authenticators == {}


async def test_ten_authenticators_are_enough(factors, database, herself, bea):
    for number in range(10):
        app = an_authenticator(bea, name=f"Phone {number}")
        database.tables.authenticators[app.id] = app
    with pytest.raises(Conflict):
        await factors.add_authenticator(herself, name="", secret=SECRET, code=CODE)


async def test_what_touches_factors_needs_a_fresh_proof(factors, clock, herself, app):
    clock.advance(timedelta(minutes=10, seconds=1))
    for action in (
        factors.add_authenticator(herself, name="", secret=SECRET, code=CODE),
        factors.remove(herself, app.id),
        factors.renew_recovery_codes(herself),
        factors.reset(replace(MSP, proved_at=None), herself.id, "lost the phone"),
    ):
        with pytest.raises(ProofNeeded):
            await action


async def test_a_code_is_proof(factors, clock, database, facts, herself, app):
    clock.advance(timedelta(minutes=30))
    code = code_of(SECRET, int(clock().timestamp()) // 30)
    actor = await factors.prove(herself, HOME, password="", code=code)
    assert actor.proved_at == clock()
    session = next(iter(database.tables.sessions.values()))
    assert session.proved_at == clock()
    assert facts(SessionProved)[0].method is Method.CODE


async def test_with_an_authenticator_a_password_is_no_proof(factors, herself, app):
    with pytest.raises(Invalid):
        await factors.prove(herself, HOME, password=PASSWORD, code="")


async def test_without_one_the_password_is_proof(factors, facts, herself):
    await factors.prove(herself, HOME, password=PASSWORD, code="")
    assert facts(SessionProved)[0].method is Method.PASSWORD
    with pytest.raises(Invalid):
        await factors.prove(herself, HOME, password="a wrong password!", code="")


async def test_a_factor_is_removed(factors, database, facts, herself, app):
    await factors.remove(herself, app.id)
    assert database.tables.authenticators == {}
    assert facts(FactorRemoved)[0].name == app.name


async def test_nobody_removes_a_factor_of_somebody_else(factors, database, herself):
    other = an_authenticator(a_user("Otto"))
    database.tables.authenticators[other.id] = other
    with pytest.raises(NotFound):
        await factors.remove(herself, other.id)
    assert other.id in database.tables.authenticators


async def test_the_last_factor_stays_where_one_is_demanded(
    factors, database, herself, bea, app
):
    company = replace(a_company(), sign_in=SignInPolicy(second_factor=True))
    database.tables.companies[company.id] = company
    database.tables.memberships[company.id, bea.id] = a_membership(company, bea)
    with pytest.raises(Conflict):
        await factors.remove(herself, app.id)
    assert app.id in database.tables.authenticators


async def test_a_recovery_code_lets_in_once(sign_in, factors, herself, bea, app):
    codes = await factors.renew_recovery_codes(herself)
    assert len(set(codes)) == 10
    challenge = (await sign_in.sign_in(HOME, bea.email, PASSWORD)).token
    assert await sign_in.answer(HOME, challenge, codes[0].upper())
    again = (await sign_in.sign_in(HOME, bea.email, PASSWORD)).token
    with pytest.raises(Invalid):
        await sign_in.answer(HOME, again, codes[0])
    assert (await factors.own(herself)).recovery_codes == 9


async def test_new_recovery_codes_void_the_old(sign_in, factors, herself, bea, app):
    old = await factors.renew_recovery_codes(herself)
    await factors.renew_recovery_codes(herself)
    challenge = (await sign_in.sign_in(HOME, bea.email, PASSWORD)).token
    with pytest.raises(Invalid):
        await sign_in.answer(HOME, challenge, old[0])


async def test_recovery_codes_stand_for_a_factor(factors, herself):
    with pytest.raises(Conflict):
        await factors.renew_recovery_codes(herself)


async def test_an_administrator_resets_what_was_lost(
    factors, database, facts, herself, app
):
    await factors.renew_recovery_codes(herself)
    await factors.reset(MSP, herself.id, " She lost  her phone ")
    assert not (await factors.of_user(MSP, herself.id)).any
    assert (await factors.of_user(MSP, herself.id)).recovery_codes == 0
    assert database.tables.sessions == {}
    assert facts(FactorsReset)[0].reason == "She lost her phone"


async def test_a_reset_needs_a_reason_and_somebody_else(factors, database, herself, app):
    with pytest.raises(Invalid):
        await factors.reset(MSP, herself.id, "  lost  ")
    with pytest.raises(Conflict):
        await factors.reset(replace(MSP, id=herself.id), herself.id, "I lost my phone")
    with pytest.raises(Forbidden):
        await factors.reset(BUYER, herself.id, "She lost her phone")
