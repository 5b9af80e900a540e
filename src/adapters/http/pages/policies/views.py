"""What signing in takes, as its template reads it."""

from collections.abc import Mapping
from uuid import UUID

from msgspec import Struct

from adapters.http.forms import Filled
from portal_core.identity.policy import SignInPolicy, Way
from portal_core.ids import ProviderId

_WAYS: Mapping[Way, tuple[str, str]] = {
    Way.PASSKEY: ("Passkey", "A finger, a face or a PIN: it counts for two factors."),
    Way.PROVIDER: ("Provider", "An account elsewhere that the person has linked."),
    Way.PASSWORD: ("Password", "With a second factor, if that is asked for below."),
}


class PolicyForm(Struct, frozen=True, kw_only=True):
    """What the form sends. `networks` is one on each line."""

    ways: tuple[Way, ...] = ()
    providers: tuple[UUID, ...] = ()
    second_factor: bool = False
    trust_days: int = 0
    networks: str = ""
    idle_minutes: int = 0
    absolute_hours: int = 0
    version: int = 1

    def policy(self) -> SignInPolicy:
        """Return what the form means."""
        return SignInPolicy(
            second_factor=self.second_factor,
            trust_days=self.trust_days,
            ways=self.ways,
            providers=tuple(ProviderId(one) for one in self.providers),
            networks=tuple(self.networks.replace(",", " ").split()),
            idle_minutes=self.idle_minutes,
            absolute_hours=self.absolute_hours,
        )


class ChoiceView(Struct, frozen=True):
    """A way to sign in, and whether it is ticked."""

    value: str
    label: str
    note: str
    chosen: bool


class PolicyView(Struct, frozen=True, kw_only=True):
    """What the page reads. `providers` are id, name, and whether it is ticked."""

    filled: Filled[PolicyForm]
    title: str
    lead: str
    action: str
    back: str
    ways: tuple[ChoiceView, ...]
    providers: tuple[tuple[str, str, bool], ...]


def form_of(policy: SignInPolicy, version: int) -> PolicyForm:
    """Return the form that shows a policy."""
    return PolicyForm(
        ways=policy.ways,
        providers=policy.providers,
        second_factor=policy.second_factor,
        trust_days=policy.trust_days,
        networks="\n".join(policy.networks),
        idle_minutes=policy.idle_minutes,
        absolute_hours=policy.absolute_hours,
        version=version,
    )


def choices(filled: Filled[PolicyForm]) -> tuple[ChoiceView, ...]:
    """Return the ways, the strongest first."""
    ticked = filled.values("ways")
    return tuple(
        ChoiceView(way.value, label, note, way.value in ticked)
        for way, (label, note) in _WAYS.items()
    )
