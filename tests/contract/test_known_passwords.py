"""The contract of KnownPasswords."""

import hashlib
import random

import pytest

from adapters.memory.codes import MemoryKnownPasswords
from adapters.passwords.known import FILE, ListedPasswords


@pytest.fixture(params=["memory", "listed"])
def known(request, tmp_path):
    if request.param == "memory":
        return MemoryKnownPasswords({"password1", "iloveyou"})
    return ListedPasswords(tmp_path)


@pytest.mark.parametrize("password", ["password1", "PassWord1", "iloveyou"])
def test_a_common_password_is_known_in_any_case(known, password):
    assert known.known(password)


@pytest.mark.parametrize("password", ["", "a short sentence is fine", "\udcff"])
def test_an_uncommon_one_is_not(known, password):
    assert not known.known(password)


def hashed(password):
    return hashlib.sha1(password.encode()).hexdigest().upper()  # noqa: S324 - the list's own


@pytest.mark.parametrize("count", [1, 2, 3, 1000])
def test_the_operators_list_is_searched_where_it_lies(tmp_path, count):
    leaked = [f"leaked sentence {n}" for n in range(count)]
    chance = random.Random(count)
    seen = (10 ** chance.randrange(9) for _ in leaked)
    digests = sorted(map(hashed, leaked))
    lines = [f"{digest}:{n}" for digest, n in zip(digests, seen, strict=True)]
    (tmp_path / FILE).write_text("\r\n".join(lines) + "\r\n")
    known = ListedPasswords(tmp_path)
    assert all(known.known(password) for password in leaked)
    assert not any(known.known(f"another sentence {n}") for n in range(count))


def test_an_empty_list_knows_nothing(tmp_path):
    (tmp_path / FILE).write_text("")
    assert not ListedPasswords(tmp_path).known("a short sentence is fine")
