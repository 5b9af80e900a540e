"""The migrations make what the tables say, and can be taken back."""

import pytest


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.external)])
def empty_url(request):
    """The address of a database without a schema."""
    return request.getfixturevalue(f"empty_{request.param}_url")


def test_migrations_match_the_tables_and_go_up_down_and_up(portal, empty_url):
    for words in ("upgrade", "check", "downgrade base", "upgrade", "check"):
        done = portal(empty_url, "db", *words.split())
        assert done.returncode == 0, f"portal db {words}: {done.stderr}"


def test_an_empty_database_does_not_match_the_tables(portal, empty_url):
    assert portal(empty_url, "db", "check").returncode == 1
