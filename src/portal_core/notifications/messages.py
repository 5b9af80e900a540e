"""Mails: one layout, as text and as its HTML twin."""

from collections.abc import Sequence
from html import escape

from msgspec import Struct

from portal_core.ids import DeliveryId
from portal_core.notifications.ports import Message


class Letter(Struct, frozen=True, kw_only=True):
    """What a mail says: a subject, paragraphs, lines of a table, one thing to do.

    `rows` are pairs of a name and an amount. `reason` says why the reader gets the mail.
    """

    subject: str
    paragraphs: tuple[str, ...]
    rows: tuple[tuple[str, str], ...] = ()
    action: str
    link: str
    reason: str


def write(letter: Letter, *, id_: DeliveryId, to: str, portal: str) -> Message:
    """Return the letter as a mail to somebody, in the name of the portal."""
    return Message(
        id=id_,
        to=to,
        subject=" ".join(letter.subject.split()),
        text=_text(letter, portal),
        html=_html(letter, portal),
    )


def _text(letter: Letter, portal: str) -> str:
    width = max((len(name) for name, _ in letter.rows), default=0)
    rows = [f"{name.ljust(width)}  {amount}" for name, amount in letter.rows]
    parts = [*letter.paragraphs, "\n".join(rows), f"{letter.action}: {letter.link}"]
    body = "\n\n".join(part for part in parts if part)
    return f"{body}\n\n-- \n{portal}\n{letter.reason}\n"


def _html(letter: Letter, portal: str) -> str:
    """Mail programs want tables and styles in place; this is the least of both."""
    font = "font:16px/1.5 -apple-system,'Segoe UI',Roboto,sans-serif"
    return "".join(
        (
            '<!doctype html><html lang="en"><head><meta charset="utf-8">',
            '<meta name="color-scheme" content="light dark">',
            f"<title>{escape(letter.subject)}</title></head>",
            f'<body style="margin:0;padding:24px;{font}">',
            '<table role="presentation" width="100%"><tr><td align="center">',
            '<table role="presentation" width="600" style="max-width:100%"><tr><td>',
            *(f"<p>{escape(text)}</p>" for text in letter.paragraphs),
            _table(letter.rows),
            _button(letter.action, letter.link),
            f'<p style="font-size:13px;opacity:.75">{escape(portal)}<br>',
            f"{escape(letter.reason)}</p>",
            "</td></tr></table></td></tr></table></body></html>",
        )
    )


def _table(rows: Sequence[tuple[str, str]]) -> str:
    if not rows:
        return ""
    cells = "".join(
        f'<tr><td style="padding:6px 0">{escape(name)}</td>'
        f'<td align="right" style="padding:6px 0">{escape(amount)}</td></tr>'
        for name, amount in rows
    )
    return f'<table width="100%" style="border-collapse:collapse">{cells}</table>'


def _button(label: str, link: str) -> str:
    style = (
        "display:inline-block;padding:10px 18px;border-radius:8px;"
        "background:#0f5f63;color:#ffffff;text-decoration:none"
    )
    return f'<p><a href="{escape(link)}" style="{style}">{escape(label)}</a></p>'
