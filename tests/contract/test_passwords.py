"""The contract of PasswordHasher."""

import asyncio

import argon2
import pytest

from adapters.memory.passwords import MemoryPasswordHasher
from adapters.passwords.hasher import Argon2Hasher

PASSWORDS = ["a short sentence is fine", "Pässwörter mit Ümläuten 🔑", "x" * 128]
WEAK = argon2.PasswordHasher(time_cost=1, memory_cost=1_024, parallelism=1)


@pytest.fixture(params=["memory", "argon2"])
def hasher(request):
    if request.param == "memory":
        yield MemoryPasswordHasher(cost=2)
        return
    hasher = Argon2Hasher()
    yield hasher
    hasher.close()


@pytest.fixture
async def weak_hash(hasher):
    """A hash of PASSWORDS[0] that was made with yesterday's parameters."""
    if isinstance(hasher, MemoryPasswordHasher):
        return await MemoryPasswordHasher(cost=1).hash(PASSWORDS[0])
    return WEAK.hash(PASSWORDS[0])


@pytest.mark.parametrize("password", PASSWORDS, ids=["plain", "accents", "longest"])
async def test_a_password_fits_its_own_hash_only(hasher, password):
    stored = await hasher.hash(password)
    assert await hasher.verify(stored, password)
    assert not await hasher.verify(stored, password + "x")
    assert not await hasher.verify(stored, password[:-1])
    assert not await hasher.verify(stored, "")


async def test_the_hash_does_not_show_the_password(hasher):
    assert "sentence" not in await hasher.hash("a short sentence is fine")


async def test_where_there_is_no_hash_nothing_fits(hasher):
    assert not await hasher.verify(None, "a short sentence is fine")
    assert not await hasher.verify(None, "")


async def test_a_hash_of_weaker_parameters_is_outdated(hasher, weak_hash):
    assert hasher.outdated(weak_hash)
    assert not hasher.outdated(await hasher.hash(PASSWORDS[0]))


async def test_an_outdated_hash_still_fits(hasher, weak_hash):
    assert await hasher.verify(weak_hash, PASSWORDS[0])


async def test_several_are_verified_at_once(hasher):
    stored = await hasher.hash(PASSWORDS[0])
    tries = [hasher.verify(stored, password) for password in PASSWORDS * 2]
    assert await asyncio.gather(*tries) == [True, False, False] * 2
