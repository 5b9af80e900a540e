"""How long to wait after failed tries: longer each time, and never for a bystander.

A try is counted before the password is looked at, so that parallel guesses cannot slip
through, and given back when the password fits. The figures are those of the owner's
baseline: per account the delay doubles from the fourth failure to at most 15 minutes; per
network 50 failures in 15 minutes. The account's own count is kept per network, so a
stranger's guesses never delay the owner. Guesses at one account, or at all of them, from
everywhere at once meet short delays more; who comes from where they have signed in before
is spared these, as otherwise a crowd of strangers could keep them out.
"""

from datetime import UTC, datetime, timedelta
from ipaddress import ip_address, ip_network

from msgspec import Struct
from msgspec.structs import replace

_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


class Attempts(Struct, frozen=True):
    """Failed tries of one bucket, and when the last one was."""

    failures: int = 0
    last_at: datetime = _LONG_AGO


class Delay(Struct, frozen=True, kw_only=True):
    """From how many failures on a bucket has to wait, and for how long."""

    free: int
    first: timedelta
    longest: timedelta
    forgotten_after: timedelta

    def wait(self, attempts: Attempts, now: datetime) -> timedelta:
        """Return how much longer the bucket has to wait; zero if it need not."""
        over = self.current(attempts, now).failures - self.free
        if over < 0:
            return timedelta()
        pause = min(self.first * (1 << min(over, 20)), self.longest)
        return max(attempts.last_at + pause - now, timedelta())

    def current(self, attempts: Attempts, now: datetime) -> Attempts:
        """Return the count, or a fresh one if the last failure is long ago."""
        stale = attempts.last_at + self.forgotten_after <= now
        return Attempts() if stale else attempts

    def charge(self, attempts: Attempts, now: datetime) -> Attempts:
        """Return the count with one more failure."""
        return Attempts(self.current(attempts, now).failures + 1, now)

    def refund(self, attempts: Attempts) -> Attempts:
        """Return the count with the last failure taken back."""
        return replace(attempts, failures=max(0, attempts.failures - 1))


ACCOUNT_FROM_NETWORK = Delay(
    free=3,
    first=timedelta(seconds=2),
    longest=timedelta(minutes=15),
    forgotten_after=timedelta(hours=24),
)
NETWORK = Delay(
    free=50,
    first=timedelta(minutes=1),
    longest=timedelta(minutes=15),
    forgotten_after=timedelta(minutes=15),
)
ACCOUNT_FROM_ANYWHERE = Delay(
    free=100,
    first=timedelta(seconds=1),
    longest=timedelta(seconds=4),
    forgotten_after=timedelta(hours=1),
)
OVERALL = Delay(
    free=1_000,
    first=timedelta(milliseconds=250),
    longest=timedelta(seconds=1),
    forgotten_after=timedelta(minutes=5),
)
NOTICE_AFTER = 5
"""After so many failures in a row, from one network, the owner of the account is told."""


def network_of(address: str) -> str:
    """Return the network that is counted as one visitor: an IPv4 /24 or an IPv6 /64."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return "unknown"
    size = 24 if parsed.version == 4 else 64  # noqa: PLR2004 - the version of IP
    return str(ip_network(f"{parsed}/{size}", strict=False))


def buckets(
    email: str, network: str, *, familiar: bool = False, what: str = ""
) -> tuple[tuple[str, Delay], ...]:
    """Return the buckets that a try counts in, always in the same order, its own first.

    `familiar` is whether the account's owner has come from there before; `what` tells
    tries at something else than the password apart.
    """
    own = (f"{what}account:{email}@{network}", ACCOUNT_FROM_NETWORK)
    here = (f"{what}network:{network}", NETWORK)
    if familiar:
        return own, here
    everywhere = (f"{what}everywhere:{email}", ACCOUNT_FROM_ANYWHERE)
    return own, everywhere, here, (f"{what}overall", OVERALL)
