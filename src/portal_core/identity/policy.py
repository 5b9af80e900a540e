"""What a company, or the MSP for its own people, asks of those who sign in."""

from collections.abc import Collection, Mapping, Sequence
from enum import StrEnum
from ipaddress import ip_address, ip_network

from msgspec import Struct
from msgspec.structs import replace

from portal_core.errors import Forbidden, Invalid, Problem
from portal_core.identity.factors import Method
from portal_core.ids import ProviderId

LONGEST_TRUST_DAYS = 30
IDLE_MINUTES = range(5, 24 * 60 + 1)
ABSOLUTE_HOURS = range(1, 7 * 24 + 1)
_MOST_NETWORKS = 50


class Way(StrEnum):
    """How somebody begins to sign in."""

    PASSWORD = "password"  # noqa: S105 - its name
    PASSKEY = "passkey"
    PROVIDER = "provider"


WAYS: Mapping[Way, str] = {
    Way.PASSWORD: "a password",
    Way.PASSKEY: "a passkey",
    Way.PROVIDER: "a provider",
}
"""Each way in the words of a sentence."""

_WAY_OF: Mapping[Method, Way] = {
    Method.PASSKEY: Way.PASSKEY,
    Method.PROVIDER: Way.PROVIDER,
}


class Shown(Struct, frozen=True):
    """What somebody has shown in signing in.

    `second_factor` is whether that was two things, or one that stands for two, and
    `provider_id` who vouched for them.
    """

    methods: tuple[Method, ...]
    second_factor: bool = False
    provider_id: ProviderId | None = None

    @property
    def way(self) -> Way:
        """How they began."""
        return _WAY_OF.get(self.methods[0], Way.PASSWORD)


class SignInPolicy(Struct, frozen=True, kw_only=True):
    """What signing in takes.

    `trust_days` is for how long a browser may be trusted with the password alone; 0 is
    never. Whoever enters must have come by one of the `ways`; by a provider, by one of
    `providers`, where some are named; and from one of the `networks`, where some are. A
    session ends after so many minutes without use, and so many hours at all.
    """

    second_factor: bool = False
    trust_days: int = 14
    ways: tuple[Way, ...] = tuple(sorted(Way))
    providers: tuple[ProviderId, ...] = ()
    networks: tuple[str, ...] = ()
    idle_minutes: int = 8 * 60
    absolute_hours: int = 24

    def checked(self) -> "SignInPolicy":
        """Return the policy, tidied. Raises Invalid that names every broken field."""
        networks = tuple(dict.fromkeys(text.strip() for text in self.networks))
        problems = [
            Problem(field, message)
            for field, good, message in (
                (
                    "trust_days",
                    0 <= self.trust_days <= LONGEST_TRUST_DAYS,
                    f"Enter 0 to {LONGEST_TRUST_DAYS} days.",
                ),
                ("ways", bool(self.ways), "Leave people at least one way to sign in."),
                (
                    "idle_minutes",
                    self.idle_minutes in IDLE_MINUTES,
                    f"Enter {IDLE_MINUTES.start} to {IDLE_MINUTES.stop - 1} minutes.",
                ),
                (
                    "absolute_hours",
                    self.absolute_hours in ABSOLUTE_HOURS,
                    f"Enter {ABSOLUTE_HOURS.start} to {ABSOLUTE_HOURS.stop - 1} hours.",
                ),
                (
                    "networks",
                    len(networks) <= _MOST_NETWORKS,
                    f"Enter at most {_MOST_NETWORKS} networks.",
                ),
            )
            if not good
        ]
        wrong = [text for text in networks if not _is_network(text)]
        message = "“{}” is not a network such as 203.0.113.0/24."
        problems += [Problem("networks", message.format(text)) for text in wrong]
        if problems:
            raise Invalid.of(problems)
        return replace(self, networks=networks, ways=tuple(sorted(set(self.ways))))

    def admit(self, shown: Shown, address: str, whose: str) -> None:
        """Let in who has shown enough. Raises Forbidden that says what is missing.

        `address` is where they are now, and `whose` who asks, as a sentence begins.
        """
        refusal = self._refusal(shown, address)
        if refusal:
            raise Forbidden(f"{whose} {refusal}", code="sign_in_policy")

    def _refusal(self, shown: Shown, address: str) -> str:
        if shown.way not in self.ways:
            ways = " or ".join(WAYS[way] for way in self.ways)
            return f"lets people in by {ways} only. Sign out, and sign in that way."
        if (
            shown.way is Way.PROVIDER
            and self.providers
            and shown.provider_id not in self.providers
        ):
            return "lets people in by another provider only. Sign out, and choose that."
        if self.second_factor and not shown.second_factor:
            return "asks for a second factor. Sign out, and sign in again with yours."
        if self.networks and not _inside(address, self.networks):
            return f"can only be entered from its own networks, not from {address}."
        return ""

    @classmethod
    def of_all(cls, policies: Sequence["SignInPolicy"]) -> "SignInPolicy":
        """Return what a session has to be that is enough for every policy.

        Ways are the exception: one that a single policy allows is a way to sign in. What
        another policy asks is asked on entering there.
        """
        if not policies:
            return cls()
        return cls(
            second_factor=any(one.second_factor for one in policies),
            trust_days=min(one.trust_days for one in policies),
            ways=tuple(sorted({way for one in policies for way in one.ways})),
            idle_minutes=min(one.idle_minutes for one in policies),
            absolute_hours=min(one.absolute_hours for one in policies),
        )


MSP_POLICY = SignInPolicy(
    second_factor=True, trust_days=7, idle_minutes=60, absolute_hours=12
)
"""What the MSP asks of its own people, unless it says otherwise."""


def _is_network(text: str) -> bool:
    try:
        return bool(ip_network(text))
    except ValueError:
        return False


def _inside(address: str, networks: Collection[str]) -> bool:
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    return any(parsed in ip_network(network) for network in networks)
