"""Being the other side: a server on loopback that leaves nothing behind."""

import asyncio
import contextlib
import ssl
import time
from datetime import UTC, datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import NameOID


@contextlib.asynccontextmanager
async def listening(answer, **options):
    """Call `answer(reader, writer)` for whoever connects; yield the port.

    At the end, those who are still connected are cut off and waited for: what a closed
    loop leaves open would be blamed on whichever test runs then.
    """
    talks = set()

    async def talk(reader, writer):
        talks.add(asyncio.current_task())
        try:
            await answer(reader, writer)
        finally:
            writer.close()
            try:
                with contextlib.suppress(OSError):
                    await writer.wait_closed()
            except asyncio.CancelledError:  # the other side does not say goodbye in TLS
                writer.transport.abort()
                raise

    server = await asyncio.start_server(talk, "127.0.0.1", 0, **options)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await asyncio.sleep(0)  # those who connected just now begin
        for task in talks:
            task.cancel()
        await asyncio.gather(*talks, return_exceptions=True)
        await server.wait_closed()


def certificate_for(name, folder):
    """Return what a server of that name shows, and what its callers may trust."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    certificate = (
        x509.CertificateBuilder(subject, subject, key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime.fromtimestamp(time.time() - 60, UTC))
        .not_valid_after(datetime.fromtimestamp(time.time() + 600, UTC))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = certificate.public_bytes(Encoding.PEM)
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path = folder / "certificate.pem"
    path.write_bytes(pem + secret)
    shown = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    shown.load_cert_chain(path)
    return shown, ssl.create_default_context(cadata=pem.decode())
