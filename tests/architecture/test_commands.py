"""The command `portal` says what it can do without importing it."""

import subprocess
import sys

import click
import pytest

from entrypoints.cli import COMMANDS, main

HEAVY = {"adapters", "litestar", "sqlalchemy", "alembic"}
LIST = "import sys, entrypoints.cli; print(*{name.split('.')[0] for name in sys.modules})"


def test_help_imports_no_command():
    done = subprocess.run(
        [sys.executable, "-c", LIST], capture_output=True, text=True, check=True
    )
    imported = set(done.stdout.split())
    assert "entrypoints" in imported
    assert not HEAVY & imported


@pytest.mark.parametrize("name", COMMANDS)
def test_help_says_of_a_command_what_it_says_itself(name):
    command = main.get_command(click.Context(main), name)
    assert command.name == name
    _, purpose = COMMANDS[name]
    assert command.help.startswith(purpose.removesuffix("."))


def test_an_unknown_command_is_wrong_usage(portal, empty_sqlite_url):
    done = portal(empty_sqlite_url, "fly")
    assert done.returncode == 2
    assert "No such command 'fly'" in done.stderr
