"""Mail by SMTP, or into a folder where there is no mail server."""

import asyncio
import os
from collections.abc import Callable
from datetime import datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from pathlib import Path
from urllib.parse import unquote, urlsplit

import aiosmtplib

from portal_core.delivery import GiveUp
from portal_core.errors import Unavailable
from portal_core.ids import DeliveryId
from portal_core.notifications.ports import Message

_SECONDS = 20.0
_PERMANENT = range(500, 600)
_PORTS = {"smtp": 25, "smtps": 465, "smtp+starttls": 587}

Clock = Callable[[], datetime]


class SmtpMailer:
    """Hands mail to a server: `smtp://`, `smtps://` or `smtp+starttls://`."""

    def __init__(
        self, url: str, *, sender: str, clock: Clock, seconds: float = _SECONDS
    ) -> None:
        parts = urlsplit(url)
        self._host = parts.hostname or "localhost"
        self._port = parts.port or _PORTS[parts.scheme]
        self._tls = parts.scheme == "smtps"
        self._start_tls = parts.scheme == "smtp+starttls"
        self._user = unquote(parts.username) if parts.username else None
        self._password = unquote(parts.password) if parts.password else None
        self._sender = sender
        self._clock = clock
        self._seconds = seconds

    async def send(self, message: Message) -> str:
        mail = composed(message, sender=self._sender, at=self._clock())
        try:
            async with asyncio.timeout(self._seconds):
                return await self._hand_over(mail, message.to)
        except aiosmtplib.SMTPRecipientsRefused as error:
            raise _refusal(error.recipients[0].code, error.recipients[0].message) from error
        except aiosmtplib.SMTPDataError as error:
            raise _refusal(error.code, error.message) from error
        except aiosmtplib.SMTPResponseException as error:  # what an operator can mend
            raise Unavailable(_answer(error.code, error.message)) from error
        except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
            raise Unavailable(f"The mail server: {type(error).__name__}.") from error

    async def _hand_over(self, mail: EmailMessage, to: str) -> str:
        _, answer = await aiosmtplib.send(
            mail,
            sender=parseaddr(self._sender)[1],
            recipients=[to],
            hostname=self._host,
            port=self._port,
            username=self._user,
            password=self._password,
            use_tls=self._tls,
            start_tls=self._start_tls,
            timeout=self._seconds,
        )
        return answer[:300]

    async def find(self, _: DeliveryId) -> str | None:
        return None


class FolderMailer:
    """Keeps mail as files that only the portal's user can read."""

    def __init__(self, folder: Path, *, sender: str, clock: Clock) -> None:
        self._folder = folder
        self._sender = sender
        self._clock = clock

    async def send(self, message: Message) -> str:
        mail = composed(message, sender=self._sender, at=self._clock())
        path = self._folder / f"{message.id}.eml"
        try:
            await asyncio.to_thread(_write, path, mail.as_bytes(policy=SMTP))
        except OSError as error:
            raise Unavailable(f"The mail could not be kept: {error.strerror}.") from error
        return f"Kept in {path.name}: no mail server is set (PORTAL_SMTP_URL)."

    async def find(self, delivery_id: DeliveryId) -> str | None:
        path = self._folder / f"{delivery_id}.eml"
        try:
            return as_read(await asyncio.to_thread(path.read_bytes))
        except FileNotFoundError:
            return None


def as_read(mail: bytes) -> str:
    """Return what the reader of a mail sees: whom it is to, its subject, its text."""
    message = message_from_bytes(mail, policy=SMTP)
    body = message.get_body(("plain",))
    text = body.get_content().replace("\r\n", "\n") if body else ""
    return f"To: {message['To']}\nSubject: {message['Subject']}\n\n{text}"


def composed(message: Message, *, sender: str, at: datetime) -> EmailMessage:
    """Return the mail with its text and its HTML twin.

    Its Message-ID is that of the delivery, so a repeat can be told from another mail.
    """
    mail = EmailMessage(policy=SMTP)
    domain = parseaddr(sender)[1].partition("@")[2] or "localhost"
    mail["Message-ID"] = f"<{message.id}@{domain}>"
    mail["Date"] = format_datetime(at)
    mail["From"] = sender
    mail["To"] = message.to
    mail["Subject"] = message.subject
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(message.text)
    mail.add_alternative(message.html, subtype="html")
    return mail


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = path.with_suffix(".part")
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
    fresh.replace(path)


def _refusal(code: int, text: str) -> Exception:
    answer = _answer(code, text)
    return GiveUp(answer) if code in _PERMANENT else Unavailable(answer)


def _answer(code: int, text: str) -> str:
    return f"{code} {' '.join(text.split())[:250]}"
