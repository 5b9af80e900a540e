"""What the documents say is so: links arrive, places exist, commands are understood."""

import ast
import doctest
import re
import shlex

import click
import pytest

from entrypoints.cli import main
from entrypoints.settings import NAMES
from tests.architecture.documents import (
    DOCUMENTS,
    LINK,
    PLACE,
    ROOT,
    anchors_of,
    portal_commands,
    prose_of,
    sessions_named,
    text_of,
)

SETTINGS = ROOT / "docs/reference/settings.md"
QUOTED = re.compile(r"From `([^`]+)`:\n\n```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PLACEHOLDER = re.compile(r"^[A-Z][A-Z_]*$|…|^\[|\]$|^\.\.\.$")


def named(document):
    return document.relative_to(ROOT).as_posix()


def sessions():
    """Return the names of the sessions in the noxfile."""
    tree = ast.parse((ROOT / "noxfile.py").read_text(encoding="utf-8"))
    return {
        node.name
        for node in tree.body
        if isinstance(node, ast.FunctionDef)
        and any("nox.session" in ast.unparse(d) for d in node.decorator_list)
    }


def understand(command, words):
    """Follow the words through the command line's tree; an unknown one fails."""
    for word in words:
        if isinstance(command, click.Group) and not word.startswith("-"):
            found = command.get_command(click.Context(command), word)
            assert found, f"portal has no command “{word}” here"
            command = found
        elif word.startswith("-"):
            known = {opt for p in command.params for opt in (*p.opts, *p.secondary_opts)}
            assert word.split("=")[0] in known | {"--help"}, f"{command.name} has no {word}"


@pytest.mark.parametrize("document", DOCUMENTS, ids=named)
def test_links_arrive(document):
    for link in LINK.findall(prose_of(document)):
        place, _, anchor = link.partition("#")
        if place.startswith(("http://", "https://", "mailto:")):
            continue
        target = (document.parent / place).resolve() if place else document
        assert target.exists(), link
        assert not anchor or anchor in anchors_of(target), link


@pytest.mark.parametrize("document", DOCUMENTS, ids=named)
def test_places_exist(document):
    for place in PLACE.findall(prose_of(document)):
        assert (ROOT / place).exists(), place


@pytest.mark.parametrize("document", DOCUMENTS, ids=named)
def test_sessions_exist(document):
    assert sessions_named(document) <= {
        *sessions(),
        *(f"{name}-3.{n}" for name in ("architecture", "tests") for n in (11, 12, 13)),
    }


@pytest.mark.parametrize("document", DOCUMENTS, ids=named)
def test_commands_are_understood(document):
    for command in portal_commands(document):
        understand(main, [w for w in shlex.split(command) if not PLACEHOLDER.search(w)])


@pytest.mark.parametrize("document", DOCUMENTS, ids=named)
def test_what_is_quoted_stands_there(document):
    for place, code in QUOTED.findall(text_of(document)):
        assert code in (ROOT / place).read_text(encoding="utf-8"), place


def test_every_setting_is_explained():
    rows = re.findall(r"^\| `PORTAL_(\w+)` \|", text_of(SETTINGS), re.MULTILINE)
    assert sorted(rows) == sorted(NAMES)


@pytest.mark.parametrize("document", DOCUMENTS, ids=named)
def test_examples_come_out_as_shown(document):
    failed, _ = doctest.testfile(str(document), module_relative=False)
    assert not failed


@pytest.mark.parametrize("document", DOCUMENTS, ids=named)
def test_nothing_is_left_to_do(document):
    assert not re.search(r"\b(TODO|FIXME|TBD|XXX)\b", text_of(document))
