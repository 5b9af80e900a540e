"""The programs that make up a portal, on one machine."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

from entrypoints.container import Container, closing
from entrypoints.settings import Settings
from portal_core.automation.model import EndpointDetails
from portal_core.commerce.model import ProductDetails
from portal_core.companies.model import CompanyDetails
from portal_core.identity.actor import Actor
from portal_core.identity.permissions import Role
from portal_core.money import Money

COMPANY = "faults"
PASSWORD = "nobody-types-this-one"
SKUS = ("MOUSE-1", "00042", "1e5")
STOCK = 1_000_000
SYSTEM = Actor.system("faults")


class Town:
    """The processes of one portal: web and worker, or both in one."""

    def __init__(self, folder, database_url, queue_url="", programs=("web", "worker")):
        port = free_port()
        self.programs = programs
        self.database_url = database_url
        self.address = f"http://127.0.0.1:{port}"
        self._environment = {
            "PATH": os.defpath,
            "PORTAL_DATA_DIR": str(folder),
            "PORTAL_DATABASE_URL": database_url,
            "PORTAL_QUEUE_URL": queue_url,
            "PORTAL_SECRET_KEYS": "k" * 40,
            "PORTAL_PUBLIC_URL": self.address,
            "PORTAL_WEBHOOK_ALLOWED_NETWORKS": "127.0.0.0/8",
            "PORTAL_LOG_FORMAT": "json",
        }
        self._options = {program: [f"--port={port}"] for program in ("up", "web")}
        self._processes = {}
        self.log = Path(folder) / "portal.log"
        self.mails = Path(folder) / "mail"

    def __enter__(self):
        for program in self.programs:
            self._start(program)
        return self

    def __exit__(self, *_):
        for process in self._processes.values():
            process.kill()
            process.wait()

    def kill(self, program):
        """End a program without a word, and start it again."""
        process = self._processes[program]
        died_before = process.poll()
        assert died_before is None, f"{program} ended by itself: see {self.log}"
        process.send_signal(signal.SIGKILL)
        process.wait()
        self._start(program)

    async def furnish(self, hook, buyers):
        """Add products, an endpoint, and a company with so many buyers; return these."""
        settings = Settings.read(self._environment)
        async with closing(Container(settings=settings)) as parts:
            company = await parts.companies().create(SYSTEM, _DETAILS)
            for sku in SKUS:
                wares = ProductDetails(
                    sku=sku, name=f"Mouse {sku}", price=Money(100, "AUD")
                )
                await parts.catalogue().create(SYSTEM, wares, stock=STOCK)
            details = EndpointDetails(url=hook, events=("order.placed",))
            await parts.endpoints().create(SYSTEM, details)
            emails = [f"buyer-{number}@faults.example" for number in range(buyers)]
            for email in emails:
                user = await parts.users().create(
                    SYSTEM, email=email, name=email, password=PASSWORD
                )
                await parts.memberships().grant(SYSTEM, company.id, user.id, Role.BUYER)
        return emails

    def _start(self, program):
        portal = Path(sys.executable).with_name("portal")
        with self.log.open("ab") as log:
            self._processes[program] = subprocess.Popen(
                [portal, program, *self._options.get(program, [])],
                env=self._environment,
                stdout=log,
                stderr=log,
            )


def free_port():
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


_DETAILS = CompanyDetails(name="Faults", slug=COMPANY, currency="AUD", time_zone="UTC")
