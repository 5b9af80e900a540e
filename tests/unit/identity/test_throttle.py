from datetime import timedelta

import pytest

from portal_core.identity.throttle import (
    ACCOUNT_FROM_ANYWHERE,
    ACCOUNT_FROM_NETWORK,
    NETWORK,
    Attempts,
    buckets,
    network_of,
)
from tests.people import NOON


def failures(count):
    return Attempts(count, NOON)


@pytest.mark.parametrize(
    ("count", "seconds"),
    [(0, 0), (2, 0), (3, 2), (4, 4), (5, 8), (11, 512), (12, 900), (1_000, 900)],
)
def test_the_delay_of_an_account_doubles_from_the_fourth_try_on(count, seconds):
    wait = ACCOUNT_FROM_NETWORK.wait(failures(count), NOON)
    assert wait == timedelta(seconds=seconds)


@pytest.mark.parametrize(("count", "waits"), [(49, False), (50, True)])
def test_a_network_has_fifty_tries(count, waits):
    assert bool(NETWORK.wait(failures(count), NOON)) is waits


def test_guesses_from_everywhere_delay_an_account_only_a_little():
    assert not ACCOUNT_FROM_ANYWHERE.wait(failures(99), NOON)
    assert ACCOUNT_FROM_ANYWHERE.wait(failures(10_000), NOON) == timedelta(seconds=4)


def test_waiting_passes_with_time():
    attempts = failures(5)
    assert ACCOUNT_FROM_NETWORK.wait(attempts, NOON + timedelta(seconds=3)) == timedelta(
        seconds=5
    )
    assert not ACCOUNT_FROM_NETWORK.wait(attempts, NOON + timedelta(seconds=8))


def test_old_failures_are_forgotten():
    later = NOON + timedelta(hours=24)
    assert not ACCOUNT_FROM_NETWORK.wait(failures(1_000), later)
    assert ACCOUNT_FROM_NETWORK.charge(failures(1_000), later) == Attempts(1, later)


def test_a_try_is_charged_and_given_back():
    charged = NETWORK.charge(failures(2), NOON)
    assert charged.failures == 3
    assert NETWORK.refund(charged).failures == 2
    assert NETWORK.refund(Attempts()).failures == 0


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.7", "203.0.113.0/24"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("not an address", "unknown"),
    ],
)
def test_neighbours_are_counted_as_one_visitor(address, network):
    assert network_of(address) == network


def test_a_try_counts_for_account_and_network():
    names = [name for name, _ in buckets("bea@example.com", "203.0.113.0/24")]
    assert names == [
        "account:bea@example.com@203.0.113.0/24",
        "everywhere:bea@example.com",
        "network:203.0.113.0/24",
        "overall",
    ]
