"""The contract of Mailer and of KeptMails."""

import email
import socket
from email.policy import default

import pytest
from aiosmtpd.controller import Controller

from adapters.memory.channels import MemoryMailer
from adapters.smtp.mailer import FolderMailer, SmtpMailer
from portal_core.errors import Unavailable
from portal_core.ids import DeliveryId, new_id
from portal_core.notifications.ports import Message
from tests.people import NOON

SENDER = {"sender": "Atrium <portal@msp.example>", "clock": lambda: NOON}


def a_mail():
    return Message(
        id=DeliveryId(new_id()),
        to="bea@example.com",
        subject="ORD0000000018 placed — Café",
        text="Two mice, 55.00 AUD.",
        html="<p>Two mice, <b>55.00 AUD</b>.</p>",
    )


class MemoryPost:
    def __init__(self, _folder):
        self.mailer = MemoryMailer()

    def arrived(self):
        return [(m.to, m.subject, m.text, m.html) for m in self.mailer.sent]

    def break_down(self):
        self.mailer.failure = Unavailable("The mail server is away.")

    def close(self):
        """Leave nothing behind."""


class SmtpPost:
    def __init__(self, _folder):
        self._mails = []
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self._server = Controller(self, hostname="127.0.0.1", port=port)
        self._server.start()
        self.mailer = SmtpMailer(f"smtp://127.0.0.1:{port}", **SENDER)

    async def handle_DATA(self, _server, _session, envelope):  # noqa: N802 - the server's name for it
        self._mails.append(envelope.content)
        return "250 queued"

    def arrived(self):
        return [as_read(content) for content in self._mails]

    def break_down(self):
        self.close()

    def close(self):
        if self._server.server is not None:
            self._server.stop()


class FolderPost:
    def __init__(self, folder):
        self._folder = folder / "mail"
        self.mailer = FolderMailer(self._folder, **SENDER)

    def arrived(self):
        return [as_read(path.read_bytes()) for path in self._folder.glob("*.eml")]

    def break_down(self):
        self._folder.write_text("a file is in the way")

    def close(self):
        """Leave nothing behind: the folder is the test's."""


def as_read(content):
    """Return what the reader of a mail sees."""
    mail = email.message_from_bytes(content, policy=default)
    bodies = [mail.get_body((kind,)).get_content().strip() for kind in ("plain", "html")]
    return mail["To"], mail["Subject"], *bodies


@pytest.fixture(params=[MemoryPost, SmtpPost, FolderPost], ids=["memory", "smtp", "folder"])
def post(request, tmp_path):
    post = request.param(tmp_path)
    yield post
    post.close()


async def test_a_mail_arrives_as_it_was_written(post):
    mail = a_mail()
    assert await post.mailer.send(mail)
    assert post.arrived() == [(mail.to, mail.subject, mail.text, mail.html)]


async def test_a_mail_that_was_kept_is_found(post):
    mail = a_mail()
    await post.mailer.send(mail)
    kept = await post.mailer.find(mail.id)
    if isinstance(post, SmtpPost):
        assert kept is None
    else:
        assert kept == f"To: {mail.to}\nSubject: {mail.subject}\n\n{mail.text}\n"
    assert await post.mailer.find(DeliveryId(new_id())) is None


async def test_what_may_work_later_is_said_to(post):
    post.break_down()
    with pytest.raises(Unavailable):
        await post.mailer.send(a_mail())
