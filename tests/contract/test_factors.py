from datetime import timedelta

import pytest
from msgspec.structs import replace

from portal_core.errors import Conflict
from portal_core.identity.factors import Factors, Passkey
from portal_core.ids import PasskeyId, new_id
from tests.examples import SECRET, a_user, an_authenticator
from tests.people import NOON

LATER = NOON + timedelta(hours=1)


@pytest.fixture
async def users(database):
    bea, otto = a_user(), a_user("Otto")
    async with database.begin() as work:
        await work.users.add(bea)
        await work.users.add(otto)
    return bea, otto


def a_passkey(user, credential_id=b"credential", *, at=NOON):
    return Passkey(
        id=PasskeyId(new_id()),
        user_id=user.id,
        name="My key",
        credential_id=credential_id,
        public_key=b"public",
        sign_count=0,
        created_at=at,
        used_at=at,
    )


async def of_user(database, user):
    async with database.read() as work:
        return await work.factors.of_user(user.id)


async def test_factors_come_back_as_stored_oldest_first(database, users):
    bea, otto = users
    late, early = an_authenticator(bea, at=LATER), an_authenticator(bea)
    key, others = a_passkey(bea), an_authenticator(otto)
    async with database.begin() as work:
        for one in (late, early, others):
            await work.factors.add_authenticator(one)
        await work.factors.add_passkey(key)
        await work.factors.keep_recovery_codes(bea.id, [b"one", b"two"])
    assert await of_user(database, bea) == Factors(
        authenticators=(early, late), passkeys=(key,), recovery_codes=2
    )


async def test_a_step_is_used_once_and_none_before_it(database, users):
    app = an_authenticator(users[0], last_step=7)
    async with database.begin() as work:
        await work.factors.add_authenticator(app)
        assert await work.factors.use_step(app.id, 9, LATER)
        assert not await work.factors.use_step(app.id, 9, LATER)
        assert not await work.factors.use_step(app.id, 8, LATER)
    [used] = (await of_user(database, users[0])).authenticators
    assert used == replace(app, last_step=9, used_at=LATER)


async def test_a_step_of_what_is_gone_is_not_used(database, users):
    async with database.begin() as work:
        assert not await work.factors.use_step(an_authenticator(users[0]).id, 9, LATER)


async def test_a_credential_is_known_once(database, users):
    key = a_passkey(users[0])
    async with database.begin() as work:
        await work.factors.add_passkey(key)
    with pytest.raises(Conflict):
        async with database.begin() as work:
            await work.factors.add_passkey(a_passkey(users[1]))
    async with database.read() as work:
        assert await work.factors.find_passkey(b"credential") == key
        assert await work.factors.find_passkey(b"another") is None


async def test_the_use_of_a_passkey_is_noted(database, users):
    key = a_passkey(users[0])
    async with database.begin() as work:
        await work.factors.add_passkey(key)
        await work.factors.use_passkey(key.id, 5, LATER)
    [used] = (await of_user(database, users[0])).passkeys
    assert used == replace(key, sign_count=5, used_at=LATER)


async def test_a_user_removes_their_own_factors_alone(database, users):
    bea, otto = users
    app, key = an_authenticator(bea, "Phone"), a_passkey(bea)
    async with database.begin() as work:
        await work.factors.add_authenticator(app)
        await work.factors.add_passkey(key)
        assert await work.factors.remove(otto.id, app.id) is None
        assert await work.factors.remove(bea.id, app.id) == "Phone"
        assert await work.factors.remove(bea.id, key.id) == "My key"
        assert await work.factors.remove(bea.id, key.id) is None
    assert not (await of_user(database, bea)).any


async def test_all_of_a_user_are_removed(database, users):
    bea, otto = users
    others = an_authenticator(otto)
    async with database.begin() as work:
        await work.factors.add_authenticator(an_authenticator(bea))
        await work.factors.add_authenticator(others)
        await work.factors.add_passkey(a_passkey(bea))
        await work.factors.keep_recovery_codes(bea.id, [b"one"])
        await work.factors.remove_all(bea.id)
    assert await of_user(database, bea) == Factors()
    assert (await of_user(database, otto)).authenticators == (others,)


async def test_a_recovery_code_is_used_once(database, users):
    bea, otto = users
    async with database.begin() as work:
        await work.factors.keep_recovery_codes(bea.id, [b"one", b"two"])
        assert not await work.factors.use_recovery_code(otto.id, b"one")
        assert await work.factors.use_recovery_code(bea.id, b"one")
        assert not await work.factors.use_recovery_code(bea.id, b"one")
        assert list(await work.factors.recovery_codes(bea.id)) == [b"two"]


async def test_new_recovery_codes_replace_the_old(database, users):
    bea, _ = users
    async with database.begin() as work:
        await work.factors.keep_recovery_codes(bea.id, [b"one", b"two"])
        await work.factors.keep_recovery_codes(bea.id, [b"three"])
        assert list(await work.factors.recovery_codes(bea.id)) == [b"three"]


@pytest.mark.parametrize("engine", ["sqlite"])
async def test_the_secret_is_sealed_where_it_lies(request, engine, sqlite_database):
    bea = a_user()
    async with sqlite_database.begin() as work:
        await work.users.add(bea)
        await work.factors.add_authenticator(an_authenticator(bea))
    async with request.getfixturevalue("sqlite_engine").connect() as connection:
        rows = await connection.exec_driver_sql("SELECT secret FROM authenticators")
        assert SECRET not in rows.scalar_one()
