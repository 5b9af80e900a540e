from decimal import Decimal

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from portal_core.money import Money, decimals

CURRENCIES = st.sampled_from(["AUD", "EUR", "JPY", "KWD", "XXX"])
MINORS = st.integers(-(10**13), 10**13)
MONEY = st.builds(Money, MINORS, CURRENCIES)


@given(MONEY)
def test_what_is_written_is_read_back(money):
    assert Money.parse(money.amount, money.currency) == money


@given(MONEY)
def test_an_amount_is_exact(money):
    assert Decimal(money.amount) * 10 ** decimals(money.currency) == money.minor


@given(st.text())
def test_any_text_is_an_amount_or_refused(text):
    try:
        money = Money.parse(text, "AUD")
    except ValueError:
        return
    assert abs(money.minor) <= 10**13


@given(MONEY, MONEY)
def test_currencies_never_mix(one, other):
    assume(one.currency != other.currency)
    with pytest.raises(ValueError, match="cannot add"):
        one + other
    with pytest.raises(ValueError, match="cannot add"):
        Money.total([one, other], one.currency)


@given(st.lists(st.builds(Money, MINORS, st.just("AUD"))), st.randoms())
def test_a_total_does_not_depend_on_the_order(amounts, random):
    total = Money.total(amounts, "AUD")
    assert total.minor == sum(amount.minor for amount in amounts)
    random.shuffle(amounts)
    assert Money.total(amounts, "AUD") == total


@given(MONEY, st.integers(0, 10_000))
def test_a_share_is_the_nearest_amount(money, rate_bp):
    share = money.share(rate_bp)
    assert abs(share.minor * 10_000 - money.minor * rate_bp) * 2 <= 10_000
    assert share.currency == money.currency


@given(MONEY, st.integers(0, 10_000))
def test_a_debt_is_shared_like_a_credit(money, rate_bp):
    debt = Money(-money.minor, money.currency)
    assert debt.share(rate_bp).minor == -money.share(rate_bp).minor
