from portal_core.identity.passkeys import LIFETIME, Ceremony
from tests.examples import a_user
from tests.people import NOON


async def add(database, *ceremonies):
    async with database.begin() as work:
        for one in ceremonies:
            await work.ceremonies.add(one, NOON)


async def use(database, challenge, now=NOON):
    async with database.begin() as work:
        return await work.ceremonies.use(challenge, now)


async def test_a_question_is_answered_once(database):
    user = a_user()
    async with database.begin() as work:
        await work.users.add(user)
    anybody, hers = Ceremony.create(None, NOON), Ceremony.create(user.id, NOON)
    await add(database, anybody, hers)
    assert await use(database, hers.challenge) == hers
    assert await use(database, hers.challenge) is None
    assert await use(database, anybody.challenge) == anybody


async def test_no_question_is_answered_late(database):
    ceremony = Ceremony.create(None, NOON)
    await add(database, ceremony)
    assert await use(database, ceremony.challenge, NOON + LIFETIME) is None
    assert await use(database, b"never asked") is None
