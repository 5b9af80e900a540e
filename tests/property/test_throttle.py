from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from portal_core.identity.throttle import (
    ACCOUNT_FROM_ANYWHERE,
    ACCOUNT_FROM_NETWORK,
    NETWORK,
    Attempts,
    network_of,
)
from tests.people import NOON

DELAYS = st.sampled_from([ACCOUNT_FROM_ANYWHERE, ACCOUNT_FROM_NETWORK, NETWORK])
COUNTS = st.integers(0, 10_000)
PASSED = st.timedeltas(timedelta(), timedelta(days=2))


@given(DELAYS, COUNTS, COUNTS, PASSED)
def test_more_failures_never_mean_a_shorter_wait(delay, one, other, passed):
    fewer, more = sorted((one, other))
    now = NOON + passed
    assert delay.wait(Attempts(fewer, NOON), now) <= delay.wait(Attempts(more, NOON), now)


@given(DELAYS, COUNTS, PASSED, PASSED)
def test_waiting_never_makes_it_longer(delay, count, one, other):
    sooner, later = sorted((one, other))
    attempts = Attempts(count, NOON)
    assert delay.wait(attempts, NOON + later) <= delay.wait(attempts, NOON + sooner)


@given(DELAYS, COUNTS, PASSED)
def test_nobody_waits_longer_than_the_longest_delay(delay, count, passed):
    assert timedelta() <= delay.wait(Attempts(count, NOON), NOON + passed) <= delay.longest


@given(DELAYS, COUNTS)
def test_who_has_waited_may_try(delay, count):
    attempts = Attempts(count, NOON)
    assert not delay.wait(attempts, NOON + delay.wait(attempts, NOON))


@given(DELAYS, COUNTS, PASSED)
def test_a_try_that_is_given_back_was_never_made(delay, count, passed):
    now = NOON + passed
    attempts = delay.current(Attempts(count, NOON), now)
    assert delay.refund(delay.charge(attempts, now)).failures == attempts.failures


@given(st.ip_addresses(), st.ip_addresses())
def test_every_address_belongs_to_one_network(one, other):
    assert "/" in network_of(str(one))
    same = one.version == other.version and one.packed[:-1] == other.packed[:-1]
    assert not same or network_of(str(one)) == network_of(str(other))
