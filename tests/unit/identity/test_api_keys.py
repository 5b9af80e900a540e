import re
from datetime import timedelta

import pytest

from portal_core.errors import Forbidden, Invalid, NotFound
from portal_core.identity.api_keys import (
    LOOKUP_LENGTH,
    PATTERN,
    new_key_text,
    well_formed,
)
from portal_core.identity.events import ApiKeyCreated, ApiKeyRevoked
from portal_core.ids import KeyId, new_id
from tests.people import ADMINISTRATOR, HARBOUR, MSP, NOON

WAREHOUSE = {"name": "Warehouse", "scopes": ["orders:read"], "company_id": HARBOUR}


def test_a_key_looks_like_a_key():
    text = new_key_text()
    assert re.fullmatch(PATTERN, text)
    assert well_formed(text)


def test_no_two_keys_are_alike():
    assert len({new_key_text()[:LOOKUP_LENGTH] for _ in range(100)}) == 100


@pytest.mark.parametrize(
    "broken",
    [
        lambda text: text[:-1],
        lambda text: text + "0",
        lambda text: text.swapcase(),
        lambda text: text[:10] + ("a" if text[10] != "a" else "b") + text[11:],
        lambda text: text[:-1] + ("a" if text[-1] != "a" else "b"),
        lambda _: "",
        lambda _: "pts_" + "é" * 46,
        lambda _: "\udcff" * 50,
    ],
)
def test_a_look_alike_is_told_by_its_check_characters(broken):
    assert not well_formed(broken(new_key_text()))


async def test_a_key_is_issued(api_keys, database, digest, facts):
    key, text = await api_keys.create(MSP, **WAREHOUSE)
    assert database.tables.keys[key.id] == key
    assert text.startswith(key.lookup)
    assert digest.matches(text, key.digest)
    assert (key.name, key.scopes, key.company_id) == (
        "Warehouse",
        ("orders:read",),
        HARBOUR,
    )
    [event] = facts(ApiKeyCreated)
    assert (event.key_id, event.stamp.company_id) == (key.id, HARBOUR)


async def test_the_text_of_a_key_is_not_kept(api_keys, database, facts):
    _, text = await api_keys.create(MSP, **WAREHOUSE)
    assert text not in repr(database.tables)


async def test_a_key_lives_for_ninety_days_unless_told_otherwise(api_keys):
    key, _ = await api_keys.create(MSP, **WAREHOUSE)
    assert key.expires_at == NOON + timedelta(days=90)
    key, _ = await api_keys.create(MSP, **WAREHOUSE, lifetime=timedelta(days=365))
    assert key.expires_at == NOON + timedelta(days=365)


@pytest.mark.parametrize(
    ("broken", "field"),
    [
        ({"name": " "}, "name"),
        ({"scopes": []}, "scope"),
        ({"scopes": ["orders:read", "orders:eat"]}, "scope"),
        ({"networks": ["203.0.113.0/24", "nonsense"]}, "allow"),
        ({"networks": ["203.0.113.7/24"]}, "allow"),
        ({"lifetime": timedelta(days=366)}, "expires"),
        ({"lifetime": timedelta()}, "expires"),
    ],
)
async def test_a_broken_key_is_refused(api_keys, database, broken, field):
    with pytest.raises(Invalid) as refusal:
        await api_keys.create(MSP, **(WAREHOUSE | broken))
    assert [problem.field for problem in refusal.value.problems] == [field]
    assert database.tables.keys == {}


async def test_all_that_is_wrong_with_a_key_is_told_at_once(api_keys):
    with pytest.raises(Invalid) as refusal:
        await api_keys.create(
            MSP, name=" ", scopes=[], company_id=None, networks=["anywhere"]
        )
    fields = [problem.field for problem in refusal.value.problems]
    assert fields == ["name", "scope", "allow"]


async def test_scopes_are_kept_once_and_in_order(api_keys):
    scopes = ["products:read", "orders:read", "products:read"]
    key, _ = await api_keys.create(MSP, **(WAREHOUSE | {"scopes": scopes}))
    assert key.scopes == ("orders:read", "products:read")


async def test_keys_are_listed_newest_first(api_keys, clock):
    for name in ("first", "second"):
        await api_keys.create(MSP, **(WAREHOUSE | {"name": name}))
        clock.advance(timedelta(minutes=1))
    assert [key.name for key in await api_keys.list(MSP)] == ["second", "first"]


async def test_a_key_is_revoked_once(api_keys, database, clock, facts):
    key, _ = await api_keys.create(MSP, **WAREHOUSE)
    for _ in range(2):
        await api_keys.revoke(MSP, key.id)
        clock.advance(timedelta(minutes=1))
    assert database.tables.keys[key.id].revoked_at == NOON
    assert len(facts(ApiKeyRevoked)) == 1


async def test_a_key_that_is_not_there_is_not_found(api_keys):
    with pytest.raises(NotFound):
        await api_keys.revoke(MSP, KeyId(new_id()))


async def test_only_the_msp_manages_keys(api_keys):
    calls = [
        api_keys.create(ADMINISTRATOR, **WAREHOUSE),
        api_keys.list(ADMINISTRATOR),
        api_keys.revoke(ADMINISTRATOR, KeyId(new_id())),
    ]
    for call in calls:
        with pytest.raises(Forbidden):
            await call
