"""Amounts of money: whole minor units of one currency."""

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal

from msgspec import Struct

# ISO 4217 gives most currencies two decimal places; these are the others in use.
_DECIMALS = {
    **dict.fromkeys(
        ("CLP", "ISK", "JPY", "KRW", "PYG", "UGX", "VND", "XAF", "XOF", "XPF"), 0
    ),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
}
_LARGEST = 10**13  # minor units; keeps every sum of a portal inside 64 bits


class Money(Struct, frozen=True, order=True):
    """An exact amount in one currency: `minor` is in its smallest unit (cents)."""

    minor: int
    currency: str

    @classmethod
    def parse(cls, text: str, currency: str) -> "Money":
        """Return the amount that a person or a feed wrote, such as `1,234.50`.

        Raises ValueError if it is not a plain amount, or too fine or too large.
        """
        cleaned = text.strip().replace(",", "").removeprefix("$")
        try:
            scaled = Decimal(cleaned) * 10 ** decimals(currency)
        except ArithmeticError as error:
            raise ValueError(f"“{text[:40]}” is not an amount of money") from error
        if not scaled.is_finite() or abs(scaled) > _LARGEST:
            raise ValueError(f"“{text[:40]}” is not an amount of money")
        if scaled != scaled.to_integral_value():
            raise ValueError(
                f"“{text[:40]}” has more than {decimals(currency)} decimal places"
            )
        return cls(int(scaled), currency)

    @classmethod
    def zero(cls, currency: str) -> "Money":
        """Return nothing at all, in the currency."""
        return cls(0, currency)

    @classmethod
    def total(cls, amounts: Iterable["Money"], currency: str) -> "Money":
        """Return the sum of the amounts; all of them must be in the currency."""
        return sum(amounts, cls.zero(currency))

    @property
    def amount(self) -> str:
        """The amount as a plain decimal, such as `19.90`."""
        places = decimals(self.currency)
        return f"{Decimal(self.minor).scaleb(-places):.{places}f}"

    def share(self, rate_bp: int) -> "Money":
        """Return so many basis points of the amount, half a unit rounded away from zero."""
        exact = Decimal(self.minor) * rate_bp / 10_000
        return Money(int(exact.quantize(Decimal(1), ROUND_HALF_UP)), self.currency)

    def __add__(self, other: "Money") -> "Money":
        if other.currency != self.currency:
            raise ValueError(f"cannot add {other.currency} to {self.currency}")
        return Money(self.minor + other.minor, self.currency)

    def __mul__(self, quantity: int) -> "Money":
        return Money(self.minor * quantity, self.currency)

    def __str__(self) -> str:
        return f"{self.amount} {self.currency}"


def decimals(currency: str) -> int:
    """Return how many decimal places the currency has (ISO 4217)."""
    return _DECIMALS.get(currency, 2)
