from hypothesis import given
from hypothesis import strategies as st

from portal_core.identity.permissions import (
    MSP_ONLY,
    MSP_ROLES,
    ROLES,
    SCOPES,
    SENTENCES,
    Permission,
)
from tests.examples import a_key
from tests.people import HARBOUR

SOME_SCOPES = st.lists(st.sampled_from(sorted(SCOPES)), min_size=1, unique=True).map(tuple)
TABLES = st.sampled_from([*ROLES.values(), *MSP_ROLES.values(), *SCOPES.values()])


@given(TABLES)
def test_no_table_grants_what_no_permission_names(granted):
    assert granted <= set(Permission)
    assert granted <= SENTENCES.keys()


@given(st.sampled_from(sorted(ROLES)))
def test_no_role_of_a_company_reaches_across_companies(role):
    assert ROLES[role].isdisjoint(MSP_ONLY)


@given(SOME_SCOPES)
def test_no_key_of_a_company_reaches_across_companies(scopes):
    assert a_key(scopes=scopes, company_id=HARBOUR).permissions.isdisjoint(MSP_ONLY)


@given(SOME_SCOPES, SOME_SCOPES)
def test_more_scopes_never_allow_less(some, others):
    few, many = a_key(scopes=some), a_key(scopes=some + others)
    assert few.permissions <= many.permissions


@given(SOME_SCOPES)
def test_a_key_allows_what_its_scopes_allow_and_nothing_else(scopes):
    allowed = set().union(*(SCOPES[scope] for scope in scopes))
    assert a_key(scopes=scopes).permissions == allowed
