"""A browser, and a portal that runs as its operator would run it."""

import os
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import sync_playwright

PATIENCE = 90
PASSWORD = "harbour-lights-demo"
_QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@contextmanager
def running_portal(folder, *arguments):
    """Run `portal up`; yield its address, by a name, as passkeys need one."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    portal = Path(sys.executable).with_name("portal")
    command = [portal, "up", f"--data={folder}", f"--port={port}", *arguments]
    address = f"http://localhost:{port}"
    environment = {
        "PATH": os.defpath,
        "PORTAL_PUBLIC_URL": address,
        "PORTAL_WEBHOOK_ALLOWED_NETWORKS": "127.0.0.0/8",
    }
    process = subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        _wait_until_ready(address)
        yield address
    finally:
        process.terminate()
        process.wait(30)


@contextmanager
def browser(chromium):
    """Start a headless browser."""
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium, args=_QUIET)
        yield started
        started.close()


class Person:
    """Somebody at a browser of their own. Whatever the console complains of is noted."""

    def __init__(self, browser, address, **context):
        self.address = address
        self.context = browser.new_context(**context)
        self.page = self.context.new_page()
        self.complaints = []
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    @property
    def main(self):
        """The page without what stands around it."""
        return self.page.locator("main")

    def go(self, path):
        """Open a page; return its status."""
        return self.page.goto(self.address + path).status

    def sign_in(self, email):
        """Sign in, and return oneself."""
        self.go("/login")
        self.page.get_by_label("E-mail").fill(email)
        self.press("Continue")
        self.page.locator("input[name=password]").fill(PASSWORD)
        self.page.get_by_role("button", name="Sign in").click()
        self.page.wait_for_url(lambda url: "/login" not in url)
        return self

    def press(self, name):
        """Press a button by its name."""
        self.page.get_by_role("button", name=name, exact=True).first.click()

    def sees(self, text):
        """Return when the text can be seen."""
        self.page.get_by_text(text).first.wait_for()

    def _hear(self, message):
        if message.type in {"error", "warning"}:
            self.complaints.append(message.text)


def _wait_until_ready(address):
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        try:
            if httpx.get(f"{address}/health/ready").is_success:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.2)
    pytest.fail("The portal did not get ready.")
