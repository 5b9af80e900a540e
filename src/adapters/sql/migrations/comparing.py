"""How Alembic compares tables with a database, and writes down what differs."""

from typing import Any, Literal

from adapters.sql.columns import DOCUMENT, ID, MOMENT, TEXT
from adapters.sql.readiness import VERSIONS

_NAMES = {
    type(ID): "ID",
    type(MOMENT): "MOMENT",
    type(TEXT): "TEXT",
    type(DOCUMENT): "DOCUMENT",
}


def _named(kind: str, item: object, _context: object) -> str | Literal[False]:
    """Return how a migration writes our own kinds of columns."""
    known = kind == "type" and type(item) in _NAMES
    return _NAMES[type(item)] if known else False


def _ours(name: str | None, kind: str, _parents: object) -> bool:
    """Return whether a table is ours to look after; SAQ makes its own."""
    return kind != "table" or not (name or "").startswith("saq_")


OPTIONS: dict[str, Any] = {
    "include_name": _ours,
    "version_table": VERSIONS,
    "compare_type": True,
    "render_as_batch": True,  # SQLite changes a table by making it anew
    "render_item": _named,
    "transactional_ddl": True,  # on SQLite, too: we begin transactions ourselves
}
