from portal_core.identity.permissions import (
    MSP_ONLY,
    MSP_ROLES,
    ROLES,
    SCOPES,
    SENTENCES,
    MspRole,
    Permission,
    Role,
)


def test_every_permission_has_a_sentence():
    assert SENTENCES.keys() == set(Permission)


def test_every_role_has_its_permissions():
    assert ROLES.keys() == set(Role) - {Role.CUSTOM}
    assert MSP_ROLES.keys() == set(MspRole)


def test_no_role_of_a_company_reaches_across_companies():
    for permissions in ROLES.values():
        assert permissions.isdisjoint(MSP_ONLY)


def test_roles_build_on_each_other():
    assert ROLES[Role.MEMBER] < ROLES[Role.BUYER] < ROLES[Role.ADMINISTRATOR]
    assert ROLES[Role.ADMINISTRATOR] < ROLES[Role.OWNER]
    for permissions in ROLES.values():
        assert ROLES[Role.MEMBER] <= permissions <= ROLES[Role.OWNER]


def test_a_scope_to_read_allows_no_more_than_one_to_write():
    for resource in ("products", "orders", "endpoints"):
        assert SCOPES[f"{resource}:read"] <= SCOPES[f"{resource}:write"]
