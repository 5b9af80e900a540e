"""Being told to stop: requests under way are finished, and nothing hangs."""

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

PATIENCE = 60
BODY = b"email=somebody%40example.com&password=x"
HEAD = (
    b"POST /login HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
    b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n\r\n"
)


def free_port():
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def portal_up(folder):
    """Run the embedded portal; yield its process and its port."""
    port = free_port()
    portal = Path(sys.executable).with_name("portal")
    arguments = [portal, "up", f"--data={folder}", f"--port={port}"]
    environment = {"PATH": os.defpath}
    process = subprocess.Popen(
        arguments, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        wait_until_ready(port)
        yield process, port
    finally:
        process.kill()
        process.wait()


def wait_until_ready(port):
    """Return when the portal says that it can serve."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        try:
            if httpx.get(f"http://127.0.0.1:{port}/health/ready").is_success:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    pytest.fail("The portal did not get ready.")


def half_asked(port):
    """Return a connection on which half of a request was sent."""
    connection = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
    connection.sendall(HEAD % len(BODY) + BODY[:5])
    time.sleep(0.5)
    return connection


def test_a_request_under_way_is_answered(tmp_path):
    with portal_up(tmp_path) as (process, port), half_asked(port) as connection:
        process.send_signal(signal.SIGTERM)
        time.sleep(0.5)
        with pytest.raises(OSError, match="refused"):
            socket.create_connection(("127.0.0.1", port), timeout=1)
        connection.sendall(BODY[5:])
        assert connection.recv(100).startswith(b"HTTP/1.1 403")
        assert process.wait(PATIENCE) == 0


@pytest.mark.slow
def test_a_request_that_never_ends_is_left(tmp_path):
    with portal_up(tmp_path) as (process, port), half_asked(port):
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 0
        assert time.monotonic() - began < 15
