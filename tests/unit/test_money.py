import pytest

from portal_core.money import Money, decimals


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [
        ("19.90", "AUD", 1_990),
        ("1,234.5", "AUD", 123_450),
        (" $7 ", "AUD", 700),
        ("-0.01", "AUD", -1),
        (".5", "AUD", 50),
        ("1e2", "AUD", 10_000),
        ("1500", "JPY", 1_500),
        ("1.234", "KWD", 1_234),
        ("100000000000.00", "AUD", 10**13),
    ],
)
def test_an_amount_is_read_as_people_write_it(text, currency, minor):
    assert Money.parse(text, currency) == Money(minor, currency)


@pytest.mark.parametrize(
    ("text", "currency"),
    [
        ("", "AUD"),
        ("free", "AUD"),
        ("12.345", "AUD"),
        ("1.5", "JPY"),
        ("NaN", "AUD"),
        ("Infinity", "AUD"),
        ("1e400", "AUD"),
        ("100000000000.01", "AUD"),
        ("12 AUD", "AUD"),
        ("$$1", "AUD"),
    ],
)
def test_what_is_no_amount_is_refused(text, currency):
    with pytest.raises(ValueError, match=r"amount of money|decimal places"):
        Money.parse(text, currency)


@pytest.mark.parametrize(
    ("money", "amount"),
    [
        (Money(1_990, "AUD"), "19.90"),
        (Money(5, "AUD"), "0.05"),
        (Money(-5, "AUD"), "-0.05"),
        (Money(1_500, "JPY"), "1500"),
        (Money(1_500, "KWD"), "1.500"),
        (Money(0, "AUD"), "0.00"),
    ],
)
def test_an_amount_is_written_with_the_decimals_of_its_currency(money, amount):
    assert money.amount == amount
    assert str(money) == f"{amount} {money.currency}"


@pytest.mark.parametrize(
    ("minor", "rate_bp", "share"),
    [(1_000, 1_000, 100), (5, 1_000, 1), (4, 1_000, 0), (-5, 1_000, -1), (999, 0, 0)],
)
def test_half_a_unit_of_a_share_is_rounded_away_from_zero(minor, rate_bp, share):
    assert Money(minor, "AUD").share(rate_bp) == Money(share, "AUD")


def test_currencies_do_not_mix():
    with pytest.raises(ValueError, match="cannot add EUR to AUD"):
        Money(1, "AUD") + Money(1, "EUR")


def test_a_total_is_in_its_currency_even_of_nothing():
    assert Money.total([], "EUR") == Money.zero("EUR")
    assert Money.total([Money(1, "EUR"), Money(2, "EUR")], "EUR") == Money(3, "EUR")


def test_an_unknown_currency_has_two_decimals():
    assert decimals("XXX") == 2
