from hypothesis import assume, given
from hypothesis import strategies as st

from portal_core.commerce.order import MOST_UNITS, Line, Totals, order_number
from portal_core.ids import ProductId, new_id
from portal_core.money import Money

SEQUENCES = st.integers(1, 10**11)
PRICES = st.builds(Money, st.integers(0, 10**9), st.just("AUD"))


@st.composite
def lines(draw):
    """Return a line whose tax was rounded as an order does it."""
    price, rate = draw(PRICES), draw(st.integers(0, 3_000))
    quantity = draw(st.integers(1, MOST_UNITS))
    return Line(
        product_id=ProductId(new_id()),
        sku="SKU",
        name="A product",
        quantity=quantity,
        unit_price=price,
        cost=None,
        tax_rate_bp=rate,
        tax=(price * quantity).share(rate),
    )


@given(st.lists(lines(), min_size=1, max_size=20), st.randoms())
def test_totals_do_not_depend_on_the_order_of_the_lines(some, random):
    totals = Totals.of(some)
    random.shuffle(some)
    assert Totals.of(some) == totals


@given(st.lists(lines(), min_size=1, max_size=20))
def test_gross_is_the_sum_of_all_parts(some):
    totals = Totals.of(some)
    assert totals.gross == totals.net + totals.freight + totals.tax
    assert totals.net.minor == sum(x.unit_price.minor * x.quantity for x in some)


@given(SEQUENCES, SEQUENCES)
def test_different_orders_have_different_numbers(one, other):
    assume(one != other)
    assert order_number(one) != order_number(other)


def luhn(number):
    """Return whether the digits of a number pass ISO/IEC 7812-1, annex B."""
    digits = [int(digit) for digit in reversed(number.removeprefix("ORD"))]
    doubled = [digit * 2 - 9 if digit > 4 else digit * 2 for digit in digits[1::2]]
    return (sum(digits[::2]) + sum(doubled)) % 10 == 0


@given(SEQUENCES)
def test_every_number_has_a_valid_check_digit(sequence):
    assert luhn(order_number(sequence))


@given(SEQUENCES, st.data())
def test_one_wrong_digit_is_noticed(sequence, data):
    number = order_number(sequence)
    position = data.draw(st.integers(3, len(number) - 1))
    wrong = data.draw(st.sampled_from("0123456789").filter(lambda d: d != number[position]))
    assert not luhn(number[:position] + wrong + number[position + 1 :])
