import pytest
from msgspec.structs import replace

from adapters.memory.passkeys import MemoryDevice
from portal_core.errors import Conflict, Invalid, ProofNeeded
from portal_core.identity.events import FactorAdded, UserSignedIn
from portal_core.identity.factors import Method
from portal_core.identity.passkeys import LIFETIME
from portal_core.identity.sign_in import Challenged
from portal_core.identity.tokens import token_hash
from portal_core.identity.visitor import Visitor
from tests.examples import PASSWORD, a_session, a_user
from tests.people import BUYER, NOON

HOME = Visitor("203.0.113.7", "a browser", "req-1")


@pytest.fixture
async def bea(database, hasher):
    user = a_user("Bea Buyer")
    database.tables.users[user.id] = user
    database.tables.password_hashes[user.id] = await hasher.hash(PASSWORD)
    return user


@pytest.fixture
def herself(database, bea):
    session = a_session(bea)
    database.tables.sessions[session.token_hash] = session
    return replace(BUYER, id=bea.id, session_id=session.id)


@pytest.fixture
def enrol(factors, herself):
    """Make a passkey of Bea's in a device, and return the device."""

    async def made(device=None, name="Laptop"):
        device = device or MemoryDevice()
        question = await factors.ask_for_passkey(herself, "Atrium")
        await factors.add_passkey(herself, name=name, response=device.answer(question))
        return device

    return made


async def knock(sign_in, device, token=""):
    question = await sign_in.ask_for_passkey(HOME)
    return await sign_in.answer_with_passkey(HOME, device.answer(question), token)


async def test_a_passkey_is_added(enrol, factors, facts, herself):
    await enrol(name=" My  laptop ")
    [passkey] = (await factors.own(herself)).passkeys
    assert (passkey.name, passkey.user_id, passkey.created_at) == (
        "My laptop",
        herself.id,
        NOON,
    )
    assert facts(FactorAdded)[0].kind is Method.PASSKEY


async def test_it_lets_in_without_name_and_password(enrol, sign_in, database, facts, bea):
    device = await enrol()
    admitted = await knock(sign_in, device)
    session = database.tables.sessions[token_hash(admitted.token)]
    assert (session.user_id, session.methods) == (bea.id, (Method.PASSKEY,))
    assert facts(UserSignedIn)[0].user_id == bea.id


async def test_an_answer_is_good_for_one_question(enrol, sign_in):
    device = await enrol()
    answer = device.answer(await sign_in.ask_for_passkey(HOME))
    await sign_in.answer_with_passkey(HOME, answer)
    with pytest.raises(Invalid):
        await sign_in.answer_with_passkey(HOME, answer)


async def test_an_answer_may_not_be_late(enrol, sign_in, clock):
    device = await enrol()
    answer = device.answer(await sign_in.ask_for_passkey(HOME))
    clock.advance(LIFETIME)
    with pytest.raises(Invalid):
        await sign_in.answer_with_passkey(HOME, answer)


async def test_a_count_that_went_back_is_a_copy(enrol, sign_in):
    device = await enrol()
    await knock(sign_in, device)
    device.count = 0
    with pytest.raises(Invalid):
        await knock(sign_in, device)


async def test_an_unknown_passkey_opens_nothing(enrol, sign_in):
    await enrol()
    with pytest.raises(Invalid):
        await knock(sign_in, MemoryDevice(b"another"))


async def test_nobody_disabled_comes_in_by_passkey(enrol, sign_in, database, bea):
    device = await enrol()
    database.tables.users[bea.id] = replace(bea, disabled=True)
    with pytest.raises(Invalid):
        await knock(sign_in, device)


async def test_a_device_that_does_not_look_at_its_owner_is_a_second_factor(
    enrol, sign_in, database, bea
):
    device = await enrol(MemoryDevice(verifies=False))
    with pytest.raises(Invalid):
        await knock(sign_in, device)
    challenged = await sign_in.sign_in(HOME, bea.email, PASSWORD)
    assert isinstance(challenged, Challenged)
    admitted = await knock(sign_in, device, challenged.token)
    session = database.tables.sessions[token_hash(admitted.token)]
    assert session.methods == (Method.PASSWORD, Method.PASSKEY)
    assert database.tables.challenges == {}


async def test_the_question_of_somebody_else_is_not_answered(
    enrol, factors, sign_in, herself
):
    device = MemoryDevice()
    answer = device.answer(await sign_in.ask_for_passkey(HOME))
    with pytest.raises(Invalid):
        await factors.add_passkey(herself, name="", response=answer)
    question = await factors.ask_for_passkey(herself, "Atrium")
    await enrol(device)
    with pytest.raises(Invalid):
        await sign_in.answer_with_passkey(HOME, device.answer(question))


async def test_a_passkey_is_known_once(enrol):
    device = await enrol()
    with pytest.raises(Conflict):
        await enrol(device)


async def test_ten_passkeys_are_enough(enrol):
    for number in range(10):
        await enrol(MemoryDevice(bytes([number])))
    with pytest.raises(Conflict):
        await enrol(MemoryDevice(b"one more"))


async def test_a_passkey_needs_a_fresh_proof(factors, herself):
    stale = replace(herself, proved_at=None)
    with pytest.raises(ProofNeeded):
        await factors.ask_for_passkey(stale, "Atrium")
    with pytest.raises(ProofNeeded):
        await factors.add_passkey(stale, name="", response="")
