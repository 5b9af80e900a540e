"""What somebody may do in a company, and why."""

from datetime import timedelta

import pytest

from portal_core.companies.model import Assignment
from portal_core.companies.standing import Standing
from portal_core.identity.permissions import (
    IN_COMPANY,
    READING,
    ROLES,
    TECHNICIAN,
    MspRole,
    Permission,
    Role,
    StaffScope,
)
from tests.examples import a_company, a_grant, a_user
from tests.people import NOON

BUYER = Assignment(role=Role.BUYER)
GRANT = a_grant(a_company(), a_user())


@pytest.mark.parametrize(
    ("standing", "permission", "allowed", "why"),
    [
        (Standing(), Permission.SHOP, False, "do not belong"),
        (Standing(assignment=BUYER), Permission.SHOP, True, "Their role, Buyer, allows"),
        (Standing(assignment=BUYER), Permission.SEE_STAFF, False, "Buyer, does not"),
        (Standing(assignment=BUYER), Permission.MANAGE_USERS, False, "the MSP’s own"),
        (
            Standing(assignment=BUYER, closed=(Permission.SHOP,)),
            Permission.SHOP,
            False,
            "keeps this from everybody",
        ),
        (
            Standing(assignment=Assignment(role=Role.BUYER, withheld=(Permission.SHOP,))),
            Permission.SHOP,
            False,
            "withheld from them; their role is Buyer",
        ),
        (
            Standing(
                assignment=Assignment(role=Role.MEMBER, given=(Permission.SEE_ASSETS,))
            ),
            Permission.SEE_ASSETS,
            True,
            "besides their role, Member",
        ),
        (
            Standing(
                assignment=Assignment(role=Role.CUSTOM),
                custom_name="Reception",
                custom_permissions=(Permission.SEE_COMPANY, Permission.SEE_STAFF),
            ),
            Permission.SEE_STAFF,
            True,
            "Their role, Reception,",
        ),
        (
            Standing(msp_role=MspRole.ADMINISTRATOR, closed=(Permission.SHOP,)),
            Permission.SHOP,
            True,
            "The MSP’s administrators",
        ),
        (
            Standing(msp_role=MspRole.TECHNICIAN),
            Permission.SEE_COMPANY,
            False,
            "do not belong",
        ),
        (
            Standing(msp_role=MspRole.TECHNICIAN, grant=GRANT),
            Permission.SEE_ASSETS,
            True,
            "Mia Provider lets them help here until 2026-06-08: Ticket 4711",
        ),
        (
            Standing(msp_role=MspRole.TECHNICIAN, grant=GRANT),
            Permission.PLACE_ORDERS,
            False,
            "Technicians never may",
        ),
        (
            Standing(msp_role=MspRole.TECHNICIAN, grant=GRANT, assignment=BUYER),
            Permission.PLACE_ORDERS,
            True,
            "Their role, Buyer,",
        ),
        (Standing(grant=GRANT), Permission.SEE_ASSETS, False, "do not belong"),
    ],
)
def test_every_decision_says_why(standing, permission, allowed, why):
    decision = standing.decide(permission)
    assert (decision.allowed, decision.permission) == (allowed, permission)
    assert why in decision.why


def test_all_that_is_allowed_is_what_each_decision_says():
    for role, permissions in ROLES.items():
        assert Standing(assignment=Assignment(role=role)).permissions == permissions
    helping = Standing(msp_role=MspRole.TECHNICIAN, grant=GRANT)
    assert helping.permissions == TECHNICIAN
    assert Standing(msp_role=MspRole.ADMINISTRATOR).permissions == frozenset(Permission)
    assert Standing().permissions == frozenset()


def test_everything_that_a_role_can_hold_is_explained():
    decisions = Standing(assignment=BUYER).explain()
    assert {decision.permission for decision in decisions} == IN_COMPANY


@pytest.mark.parametrize(
    ("standing", "belongs"),
    [
        (Standing(), False),
        (Standing(assignment=BUYER), True),
        (Standing(msp_role=MspRole.ADMINISTRATOR), True),
        (Standing(msp_role=MspRole.TECHNICIAN), False),
        (Standing(msp_role=MspRole.TECHNICIAN, grant=GRANT), True),
        (Standing(grant=GRANT), False),
    ],
)
def test_who_belongs_to_a_company(standing, belongs):
    assert standing.belongs is belongs


def test_a_grant_ends_by_itself():
    standing = Standing(msp_role=MspRole.TECHNICIAN, grant=GRANT)
    assert standing.at(NOON + timedelta(days=6)) == standing
    assert not standing.at(NOON + timedelta(days=7)).belongs


def test_rights_on_staff_are_about_some_of_them():
    manager = Assignment(role=Role.STAFF_MANAGER, staff_scope=StaffScope.OWN_AND_UNASSIGNED)
    assert Standing(assignment=manager).staff_scope is StaffScope.OWN_AND_UNASSIGNED
    everywhere = Standing(assignment=manager, msp_role=MspRole.ADMINISTRATOR)
    assert everywhere.staff_scope is StaffScope.COMPANY


def test_in_an_archived_company_the_msp_reads_and_nobody_else_comes_in():
    member = Standing(assignment=BUYER, archived=True)
    helper = Standing(msp_role=MspRole.TECHNICIAN, grant=GRANT, archived=True)
    assert not member.belongs
    assert not helper.belongs
    msp = Standing(msp_role=MspRole.ADMINISTRATOR, archived=True)
    assert msp.belongs
    assert msp.permissions & IN_COMPANY == READING
    assert "archived" in msp.decide(Permission.PLACE_ORDERS).why
