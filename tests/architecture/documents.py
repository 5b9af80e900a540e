"""The documents of the project, taken apart: links, places, commands."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCUMENTS = [ROOT / "README.md", *sorted(ROOT.glob("docs/**/*.md"))]
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)\s]+)\)")
PLACE = re.compile(
    r"`((?:src|tests|docs|requirements)/[\w./-]+|noxfile\.py|pyproject\.toml)`"
)
SESSION = re.compile(r"(?:nox|noxfile\.py) (?:-s|--session) ((?:[a-z]+[-\w.]* ?)+)")


def text_of(document):
    """Return the whole text of a document."""
    return document.read_text(encoding="utf-8")


def prose_of(document):
    """Return the text without its code blocks."""
    return FENCE.sub("", text_of(document))


def anchors_of(document):
    """Return the anchors of the document's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", prose_of(document), re.MULTILINE)
    plain = [re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings]
    return {heading.replace(" ", "-") for heading in plain}


def shell_lines(document):
    """Yield the commands in the document's shell blocks, without prompts and comments."""
    for language, block in FENCE.findall(text_of(document)):
        if language in {"console", "sh", "shell", "bash"}:
            joined = block.replace("\\\n", " ")
            for line in joined.splitlines():
                command = line.removeprefix("$ ").split(" #")[0].strip()
                if command and not command.startswith("#"):
                    yield command


def portal_commands(document):
    """Yield what the document tells people to type after `portal`."""
    quoted = re.findall(r"`portal ([^`]+)`", prose_of(document))
    typed = [
        c.removeprefix("portal ") for c in shell_lines(document) if c.startswith("portal ")
    ]
    yield from quoted + typed


def sessions_named(document):
    """Return the nox sessions that the document names."""
    return {name for names in SESSION.findall(text_of(document)) for name in names.split()}
