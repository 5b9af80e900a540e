import time
from uuid import RFC_4122

from portal_core.ids import new_id


def test_an_id_is_a_uuid_of_version_7():
    id_ = new_id()
    assert (id_.version, id_.variant) == (7, RFC_4122)


def test_an_id_says_when_it_was_made():
    before = time.time_ns() // 1_000_000
    milliseconds = new_id().int >> 80
    assert before <= milliseconds <= time.time_ns() // 1_000_000


def test_ids_made_later_sort_later():
    made = [new_id() for _ in range(1_000)]
    assert made == sorted(made)


def test_no_two_are_alike():
    assert len({new_id() for _ in range(1_000)}) == 1_000
