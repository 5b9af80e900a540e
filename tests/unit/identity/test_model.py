from datetime import timedelta

import pytest

from portal_core.errors import Invalid
from portal_core.identity.model import User, normal_email
from portal_core.identity.permissions import MSP_ONLY, Permission
from tests.examples import a_key, a_session, a_user
from tests.people import HARBOUR, NOON


@pytest.mark.parametrize("email", ["ann@example.com", " Ann@Example.COM ", "a.b+c@d.co.uk"])
def test_an_address_is_compared_in_lower_case(email):
    assert normal_email(email) == email.strip().lower()


@pytest.mark.parametrize(
    "email",
    ["", "ann", "ann@", "@b.com", "ann@b", "a b@c.de", "a@b..de", "x" * 250 + "@b.de"],
)
def test_what_is_no_address_is_refused(email):
    with pytest.raises(Invalid) as refusal:
        normal_email(email)
    assert refusal.value.problems[0].field == "email"


def test_a_name_is_tidied():
    assert a_user("  Bea \n Buyer ", email="b@example.com").name == "Bea Buyer"
    assert a_user().renamed(" B.  B. ").name == "B. B."


@pytest.mark.parametrize(("name", "code"), [(" ", "required"), ("x" * 121, "too_long")])
def test_a_broken_name_is_refused(name, code):
    with pytest.raises(Invalid) as refusal:
        User.create(email="b@example.com", name=name, at=NOON)
    assert refusal.value.code == code


def test_an_unused_session_dies():
    session = a_session(a_user(), ends_at=NOON + timedelta(days=1), idle_minutes=60)
    assert session.alive(NOON + timedelta(minutes=60) - timedelta(seconds=1))
    assert not session.alive(NOON + timedelta(minutes=60))


def test_a_session_dies_at_its_end_however_it_is_used():
    session = a_session(a_user(), ends_at=NOON + timedelta(minutes=1))
    assert not session.alive(NOON + timedelta(minutes=1))


def test_a_key_is_usable_until_it_expires():
    key = a_key(expires_at=NOON)
    assert key.usable(NOON - timedelta(seconds=1), "203.0.113.7")
    assert not key.usable(NOON, "203.0.113.7")
    assert a_key(expires_at=None).usable(NOON, "203.0.113.7")


def test_a_revoked_key_is_not_usable():
    assert not a_key(revoked_at=NOON).usable(NOON, "203.0.113.7")


@pytest.mark.parametrize(
    ("address", "usable"),
    [
        ("203.0.113.7", True),
        ("203.0.114.7", False),
        ("2001:db8::1", True),
        ("2001:db9::1", False),
        ("nonsense", False),
    ],
)
def test_a_key_may_be_bound_to_networks(address, usable):
    key = a_key(networks=("203.0.113.0/24", "2001:db8::/32"))
    assert key.usable(NOON, address) is usable


def test_scopes_add_up():
    key = a_key(scopes=("orders:read", "products:read"))
    assert key.permissions == {Permission.SEE_ORDERS, Permission.SHOP}


def test_a_key_of_a_company_never_gets_the_msps_rights():
    scopes = ("orders:admin", "products:write", "companies:write", "endpoints:write")
    assert a_key(scopes=scopes, company_id=HARBOUR).permissions.isdisjoint(MSP_ONLY)
    assert Permission.FULFIL_ORDERS in a_key(scopes=scopes).permissions
