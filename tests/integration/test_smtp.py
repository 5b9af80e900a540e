"""Mail, against a real SMTP server on loopback."""

import email
import socket
import stat
from email.policy import default

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

from adapters.smtp.mailer import FolderMailer, SmtpMailer
from portal_core.delivery import GiveUp
from portal_core.errors import Unavailable
from portal_core.ids import DeliveryId, new_id
from portal_core.notifications.ports import Message
from tests.listening import listening
from tests.people import NOON

MESSAGE = Message(
    id=DeliveryId(new_id()),
    to="bea@example.com",
    subject="ORD1 placed: 55.00 AUD — Café",
    text="Thank you. Ünïcode.",
    html="<p>Thank you.</p>",
)
SENDER = "Atrium <portal@msp.example>"


class Postbox:
    """Keeps what arrives; answers RCPT with what it is told."""

    def __init__(self):
        self.mails = []
        self.recipient_answer = None

    async def handle_RCPT(self, _server, _session, envelope, address, _options):  # noqa: N802 - the server's name for it
        if self.recipient_answer:
            return self.recipient_answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server, session, envelope):  # noqa: N802 - as above
        mail = email.message_from_bytes(envelope.content, policy=default)
        self.mails.append((session, envelope, mail))
        return "250 queued as 1"


@pytest.fixture
def postbox():
    return Postbox()


@pytest.fixture
def server(postbox):
    controller = Controller(postbox, hostname="127.0.0.1", port=free_port())
    controller.start()
    yield controller
    controller.stop()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def mailer(server, scheme="smtp", login=""):
    url = f"{scheme}://{login}127.0.0.1:{server.port}"
    return SmtpMailer(url, sender=SENDER, clock=lambda: NOON)


async def test_mail_arrives_as_text_and_html(server, postbox):
    assert "queued" in await mailer(server).send(MESSAGE)
    [(_, envelope, mail)] = postbox.mails
    assert envelope.mail_from == "portal@msp.example"
    assert envelope.rcpt_tos == ["bea@example.com"]
    assert mail["Subject"] == MESSAGE.subject
    assert mail["Message-ID"] == f"<{MESSAGE.id}@msp.example>"
    assert mail.get_body(("plain",)).get_content().strip() == MESSAGE.text
    assert mail.get_body(("html",)).get_content().strip() == MESSAGE.html


async def test_a_recipient_who_is_unknown_is_given_up(server, postbox):
    postbox.recipient_answer = "550 no such user"
    with pytest.raises(GiveUp, match="550 no such user"):
        await mailer(server).send(MESSAGE)


async def test_a_server_that_is_busy_is_asked_again(server, postbox):
    postbox.recipient_answer = "451 greylisted"
    with pytest.raises(Unavailable, match="451"):
        await mailer(server).send(MESSAGE)


async def test_a_server_that_is_away_is_asked_again():
    gone = SmtpMailer(f"smtp://127.0.0.1:{free_port()}", sender=SENDER, clock=lambda: NOON)
    with pytest.raises(Unavailable):
        await gone.send(MESSAGE)


async def test_a_server_without_tls_is_not_told_anything(server, postbox):
    with pytest.raises(Unavailable):
        await mailer(server, "smtp+starttls").send(MESSAGE)
    assert postbox.mails == []


async def test_a_server_that_goes_silent_is_asked_again():
    async def say_nothing(reader, _writer):
        await reader.read()  # until the other side hangs up

    async with listening(say_nothing) as port:
        silent = SmtpMailer(
            f"smtp://127.0.0.1:{port}", sender=SENDER, clock=lambda: NOON, seconds=0.1
        )
        with pytest.raises(Unavailable):
            await silent.send(MESSAGE)


@pytest.mark.filterwarnings("ignore")  # the server warns of its own test set-up
async def test_it_signs_in(postbox):
    def let_in(_server, _session, _envelope, _mechanism, data):
        fits = isinstance(data, LoginPassword) and data.password == b"p@ss"
        return AuthResult(success=fits, handled=fits)

    controller = Controller(
        postbox,
        hostname="127.0.0.1",
        port=free_port(),
        authenticator=let_in,
        auth_require_tls=False,
        auth_required=True,
    )
    controller.start()
    try:
        await mailer(controller, login="user:p%40ss@").send(MESSAGE)
        with pytest.raises(Unavailable, match="535"):  # an operator can mend this
            await mailer(controller, login="user:wrong@").send(MESSAGE)
    finally:
        controller.stop()
    assert len(postbox.mails) == 1


async def test_a_subject_can_not_smuggle_headers(server, postbox):
    evil = Message(
        id=MESSAGE.id, to="bea@example.com", subject="a\r\nBcc: x@y.z", text="", html=""
    )
    with pytest.raises(ValueError, match="linefeed"):
        await mailer(server).send(evil)
    assert postbox.mails == []


async def test_without_a_server_mail_is_kept_for_nobody_elses_eyes(tmp_path):
    keeper = FolderMailer(tmp_path / "mail", sender=SENDER, clock=lambda: NOON)
    assert "PORTAL_SMTP_URL" in await keeper.send(MESSAGE)
    path = tmp_path / "mail" / f"{MESSAGE.id}.eml"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    mail = email.message_from_bytes(path.read_bytes(), policy=default)
    assert mail["To"] == "bea@example.com"


async def test_a_folder_that_is_no_folder_is_told(tmp_path):
    (tmp_path / "mail").write_text("in the way")
    keeper = FolderMailer(tmp_path / "mail", sender=SENDER, clock=lambda: NOON)
    with pytest.raises(Unavailable):
        await keeper.send(MESSAGE)
