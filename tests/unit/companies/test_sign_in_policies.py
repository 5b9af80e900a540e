"""Saying what signing in takes."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from portal_core.companies.events import CompanyUpdated, SettingsChanged
from portal_core.errors import Conflict, Forbidden, Invalid, ProofNeeded
from portal_core.identity.policy import MSP_POLICY, SignInPolicy, Way
from portal_core.identity.providers import ProviderDetails, ProviderKind
from portal_core.identity.visitor import Visitor
from portal_core.ids import ProviderId, new_id
from tests.examples import a_company, a_session, a_user
from tests.people import ADMINISTRATOR, MSP, MSP_ID, ORCHARD

HOME = Visitor("203.0.113.7")
STRICT = SignInPolicy(second_factor=True, trust_days=0, idle_minutes=30)
OKTA = ProviderDetails(
    kind=ProviderKind.OPENID,
    name="Okta",
    address="https://id.example",
    client_id="portal",
    client_secret="hush",
)


@pytest.fixture
def harbour(database):
    company = a_company("Harbour")
    database.tables.companies[company.id] = company
    return company


@pytest.fixture
def mia(database):
    """Return the MSP’s person, signed in by a password and a code."""
    user = replace(a_user("Mia Provider"), id=MSP_ID)
    session = replace(a_session(user), second_factor=True)
    database.tables.users[user.id] = user
    database.tables.sessions[session.token_hash] = session
    return replace(MSP, session_id=session.id)


async def test_a_company_asks_for_more(policies, harbour, facts):
    changed = await policies.change_of_company(
        MSP, harbour.id, STRICT, version=harbour.version
    )
    assert (changed.sign_in, changed.version) == (STRICT, harbour.version + 1)
    [event] = facts(CompanyUpdated)
    assert (event.company_id, event.changed) == (harbour.id, ("sign_in",))


async def test_the_same_again_is_nothing_new(policies, harbour, facts):
    same = await policies.change_of_company(
        MSP, harbour.id, harbour.sign_in, version=harbour.version
    )
    assert same == harbour
    assert facts(CompanyUpdated) == []


async def test_who_was_slower_is_told(policies, harbour):
    await policies.change_of_company(MSP, harbour.id, STRICT, version=1)
    with pytest.raises(Conflict):
        await policies.change_of_company(MSP, harbour.id, SignInPolicy(), version=1)


async def test_a_policy_names_providers_that_are_there(policies, providers, harbour):
    theirs = await providers.add(MSP, replace(OKTA, company_id=harbour.id))
    other = await providers.add(MSP, replace(OKTA, company_id=ORCHARD))
    offered = await policies.providers_for(MSP, harbour.id)
    assert [offer.id for offer in offered] == [theirs.id]
    assert await policies.providers_for(MSP, None) == ()
    for unknown in (other.id, ProviderId(new_id())):
        wrong = SignInPolicy(providers=(unknown,))
        with pytest.raises(Invalid) as refusal:
            await policies.change_of_company(MSP, harbour.id, wrong, version=1)
        assert refusal.value.problems[0].field == "providers"
    right = SignInPolicy(ways=(Way.PROVIDER,), providers=(theirs.id,))
    changed = await policies.change_of_company(MSP, harbour.id, right, version=1)
    assert changed.sign_in == right


async def test_the_msp_asks_of_its_own_people(policies, mia, facts):
    assert await policies.of_msp(mia) == MSP_POLICY
    shorter = replace(MSP_POLICY, idle_minutes=15)
    await policies.change_of_msp(mia, HOME, shorter)
    await policies.change_of_msp(mia, HOME, shorter)
    assert await policies.of_msp(mia) == shorter
    [event] = facts(SettingsChanged)
    assert event.changed == ("sign_in",)


@pytest.mark.parametrize(
    "policy",
    [
        replace(MSP_POLICY, ways=(Way.PASSKEY,)),
        replace(MSP_POLICY, networks=("192.0.2.0/24",)),
    ],
)
async def test_nobody_locks_the_msp_out(policies, mia, policy):
    with pytest.raises(Conflict, match="would lock you out") as refusal:
        await policies.change_of_msp(mia, HOME, policy)
    assert refusal.value.code == "locked_out"
    assert await policies.of_msp(mia) == MSP_POLICY


async def test_it_takes_proof_and_the_right(policies, harbour, mia, clock):
    for ask in (
        policies.of_msp(ADMINISTRATOR),
        policies.providers_for(ADMINISTRATOR, None),
        policies.change_of_company(ADMINISTRATOR, harbour.id, STRICT, version=1),
        policies.change_of_msp(ADMINISTRATOR, HOME, STRICT),
    ):
        with pytest.raises(Forbidden):
            await ask
    clock.advance(timedelta(minutes=11))
    for ask in (
        policies.change_of_company(MSP, harbour.id, STRICT, version=1),
        policies.change_of_msp(mia, HOME, STRICT),
    ):
        with pytest.raises(ProofNeeded):
            await ask
