"""What signing in takes: who is let in, and who is told what is missing."""

import pytest

from portal_core.errors import Forbidden, Invalid
from portal_core.identity.factors import Method
from portal_core.identity.policy import Shown, SignInPolicy, Way
from portal_core.ids import ProviderId, new_id

HERE = "203.0.113.7"
THEIRS, OTHERS = ProviderId(new_id()), ProviderId(new_id())
PASSWORD = Shown((Method.PASSWORD,))
BOTH = Shown((Method.PASSWORD, Method.CODE), second_factor=True)
PASSKEY = Shown((Method.PASSKEY,), second_factor=True)
PROVIDER = Shown((Method.PROVIDER,), provider_id=THEIRS)


def let_in(policy, shown, address=HERE):
    policy.admit(shown, address, "Harbour")


@pytest.mark.parametrize("shown", [PASSWORD, BOTH, PASSKEY, PROVIDER])
def test_everything_is_enough_by_default(shown):
    let_in(SignInPolicy(), shown)


@pytest.mark.parametrize(
    ("policy", "enough", "too_little", "told"),
    [
        (SignInPolicy(second_factor=True), BOTH, PASSWORD, "asks for a second factor"),
        (SignInPolicy(second_factor=True), PASSKEY, PROVIDER, "asks for a second factor"),
        (SignInPolicy(ways=(Way.PASSKEY,)), PASSKEY, BOTH, "by a passkey only"),
        (SignInPolicy(ways=(Way.PROVIDER,)), PROVIDER, PASSKEY, "by a provider only"),
        (
            SignInPolicy(ways=(Way.PASSKEY, Way.PROVIDER)),
            PASSKEY,
            PASSWORD,
            "by a passkey or a provider only",
        ),
        (
            SignInPolicy(providers=(THEIRS,)),
            PROVIDER,
            Shown((Method.PROVIDER,), provider_id=OTHERS),
            "by another provider only",
        ),
        (
            SignInPolicy(providers=(THEIRS,)),
            PASSWORD,
            Shown((Method.PROVIDER,)),
            "by another provider only",
        ),
    ],
)
def test_who_has_shown_too_little_is_told_what_is_missing(policy, enough, too_little, told):
    let_in(policy, enough)
    with pytest.raises(Forbidden, match=told) as refusal:
        let_in(policy, too_little)
    assert refusal.value.message.startswith("Harbour ")
    assert refusal.value.code == "sign_in_policy"


@pytest.mark.parametrize("address", ["198.51.100.7", "2001:db8::1", "nonsense", ""])
def test_who_is_elsewhere_stays_out(address):
    policy = SignInPolicy(networks=("203.0.113.0/24", "2001:db8:1::/48"))
    let_in(policy, PASSWORD, "2001:db8:1::9")
    with pytest.raises(Forbidden, match="from its own networks"):
        let_in(policy, PASSWORD, address)


def test_a_policy_is_tidied():
    policy = SignInPolicy(
        ways=(Way.PROVIDER, Way.PASSKEY, Way.PROVIDER),
        networks=(" 203.0.113.0/24", "203.0.113.0/24"),
    ).checked()
    assert policy.ways == (Way.PASSKEY, Way.PROVIDER)
    assert policy.networks == ("203.0.113.0/24",)


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("trust_days", [-1, 31]),
        ("ways", [()]),
        ("idle_minutes", [4, 1_441]),
        ("absolute_hours", [0, 169]),
        ("networks", [("203.0.113.7/24",), ("here",), ("10.0.0.0/8",) * 1 + ("",)]),
    ],
)
def test_every_broken_field_is_named(field, values):
    for value in values:
        with pytest.raises(Invalid) as refusal:
            SignInPolicy(**{field: value}).checked()
        assert [one.field for one in refusal.value.problems] == [field]


def test_a_session_is_enough_for_every_company_but_ways_are_asked_for_on_entering():
    policies = [
        SignInPolicy(second_factor=True, trust_days=3, ways=(Way.PASSWORD,)),
        SignInPolicy(trust_days=9, ways=(Way.PASSKEY,), idle_minutes=60),
        SignInPolicy(absolute_hours=10, ways=(Way.PASSKEY,), networks=("10.0.0.0/8",)),
    ]
    together = SignInPolicy.of_all(policies)
    assert together == SignInPolicy(
        second_factor=True,
        trust_days=3,
        ways=(Way.PASSKEY, Way.PASSWORD),
        idle_minutes=60,
        absolute_hours=10,
    )
    assert SignInPolicy.of_all([]) == SignInPolicy()
