"""The page that says who may do what is the table that decides it."""

from pathlib import Path

from adapters.http.pages.rights.views import GROUPS, columns
from portal_core.identity.permissions import (
    IN_COMPANY,
    MSP_ONLY,
    ROLES,
    SENTENCES,
    TECHNICIAN,
)

PAGE = Path("docs/reference/permissions.md").read_text(encoding="utf-8")
ROWS = [line for line in PAGE.splitlines() if line.startswith("| `")]


def test_every_permission_of_a_company_is_in_one_group():
    assert sorted(columns()) == sorted(IN_COMPANY)
    assert len(columns()) == sum(map(len, GROUPS.values()))


def test_the_page_has_every_permission_with_who_holds_it():
    for permission in columns():
        held = [permission in allowed for allowed in (*ROLES.values(), TECHNICIAN)]
        cells = " | ".join("yes" if one else "" for one in held)
        assert f"| `{permission}`: {SENTENCES[permission]} | {cells} |" in ROWS


def test_the_page_has_what_only_the_msp_may():
    for permission in MSP_ONLY:
        assert f"| `{permission}` | {SENTENCES[permission]} |" in ROWS
