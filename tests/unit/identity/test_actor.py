import pytest

from portal_core.errors import Forbidden, NotFound
from portal_core.events import ActorKind, ActorRef
from portal_core.identity.actor import Actor
from portal_core.identity.permissions import Permission
from portal_core.ids import KeyId, new_id
from tests.people import BUYER, BUYER_ID, HARBOUR, MSP, NOBODY, NOON, ORCHARD, SYSTEM

KEY = Actor(
    kind=ActorKind.KEY,
    id=KeyId(new_id()),
    name="Warehouse",
    permissions=frozenset({Permission.SEE_ORDERS}),
)


def test_who_holds_a_permission_may():
    BUYER.require(Permission.PLACE_ORDERS)
    assert BUYER.may(Permission.PLACE_ORDERS)


def test_who_does_not_is_told_what_they_may_not():
    with pytest.raises(Forbidden, match="You may not add and change companies"):
        BUYER.require(Permission.MANAGE_COMPANIES)
    assert not BUYER.may(Permission.MANAGE_COMPANIES)


def test_in_the_msps_rooms_there_is_no_company():
    assert BUYER.company == HARBOUR
    with pytest.raises(NotFound):
        _ = MSP.company


def test_an_actor_can_go_to_another_companys_rooms():
    assert MSP.within(ORCHARD).company == ORCHARD


def test_only_a_person_is_a_user():
    assert BUYER.user_id == BUYER_ID
    for other in (KEY, SYSTEM):
        with pytest.raises(Forbidden):
            _ = other.user_id


def test_the_portal_itself_may_do_everything():
    assert SYSTEM.permissions == frozenset(Permission)
    SYSTEM.require_system()


def test_nobody_else_passes_as_the_portal():
    with pytest.raises(Forbidden):
        MSP.require_system()


def test_who_holds_a_right_across_companies_is_of_the_msp():
    assert MSP.is_msp
    assert not BUYER.is_msp
    assert not NOBODY.is_msp


def test_a_stamp_says_who_and_where():
    stamp = BUYER.stamp(NOON)
    assert stamp.actor == ActorRef(ActorKind.USER, BUYER_ID, "Bea Buyer")
    assert (stamp.at, stamp.company_id) == (NOON, HARBOUR)


def test_a_stamp_may_name_the_company_that_is_concerned():
    assert MSP.stamp(NOON, ORCHARD).company_id == ORCHARD
    assert MSP.stamp(NOON).company_id is None
