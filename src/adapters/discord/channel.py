"""A Discord channel, by its webhook."""

import re
from datetime import timedelta

import msgspec

from portal_core.automation.ports import WebhookClient
from portal_core.delivery import GiveUp, TryLater
from portal_core.errors import Forbidden, Unavailable

LONGEST = 2_000
"""Discord's limit, in UTF-16 code units to be on the safe side."""

_NO_PREVIEWS = 4
_SPECIAL = re.compile(r"([*_`~<>@\\|\[\]()#])")
_LINK = re.compile(r"https?://[\w.:/?&=%+-]+")
_ESCAPE = "\\"
_GONE = {401, 403, 404, 410}
_THROTTLED = 429


class DiscordChannel:
    """Posts plain text; whatever it contains is shown as it is and calls nobody."""

    def __init__(self, client: WebhookClient) -> None:
        self._client = client

    async def post(self, url: str, text: str) -> str:
        body = msgspec.json.encode(
            {
                "content": cut(escaped(text)),
                "allowed_mentions": {"parse": []},
                "flags": _NO_PREVIEWS,
            }
        )
        try:
            sent = await self._client.post(url, body, {"content-type": "application/json"})
        except Forbidden as refusal:
            raise GiveUp(refusal.message) from refusal
        if sent.status == _THROTTLED:
            wait = timedelta(seconds=sent.retry_after or 1)
            raise TryLater("Discord asks to slow down.", after=wait)
        if sent.status in _GONE:
            raise GiveUp(f"Discord does not know this webhook any more ({sent.status}).")
        if not 200 <= sent.status < 300:  # noqa: PLR2004 - success, in HTTP
            raise Unavailable(f"Discord did not accept the message ({sent.status}).")
        return str(sent.status)


def cut(text: str) -> str:
    """Return as much of the text as Discord takes; an ellipsis tells what is missing."""
    units = text.encode("utf-16-le")
    if len(units) <= 2 * LONGEST:
        return text
    kept = units[: 2 * (LONGEST - 1)].decode("utf-16-le", errors="ignore")
    return f"{kept.rstrip(_ESCAPE)}…"


def escaped(text: str) -> str:
    """Return the text so that Discord shows it as it is; links stay links."""
    parts: list[str] = []
    end = 0
    for link in _LINK.finditer(text):
        parts += [_SPECIAL.sub(r"\\\1", text[end : link.start()]), link[0]]
        end = link.end()
    return "".join((*parts, _SPECIAL.sub(r"\\\1", text[end:])))
