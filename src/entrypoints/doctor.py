"""The command `portal doctor`: what is wrong, and how to mend it."""

import asyncio
import os
import shutil
from collections.abc import Awaitable, Callable
from datetime import timedelta
from enum import StrEnum
from urllib.parse import urlsplit

import aiosmtplib
import click
from msgspec import Struct

from adapters.jobs.saq import SaqQueue
from adapters.sql import readiness
from entrypoints.container import Container, closing
from entrypoints.settings import Settings, SettingsError
from entrypoints.terminal import OPERATOR, as_json, show_json
from portal_core.errors import PortalError

_DRIFT = timedelta(seconds=5)
_PATIENCE = 5.0
_ENOUGH_BYTES = 1_000_000_000


class Verdict(StrEnum):
    """How a check went."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"


class Finding(Struct, frozen=True):
    """What a check found; anything but ok says how to mend it."""

    check: str
    verdict: Verdict
    detail: str
    fix: str = ""


Check = Callable[[Container], Awaitable[Finding]]


@click.command()
@as_json
@click.pass_context
def doctor(context: click.Context, *, as_json: bool) -> None:
    """Check everything the portal stands on; exit 1 if something failed."""
    findings = asyncio.run(_findings())
    if as_json:
        show_json(findings)
    else:
        for finding in findings:
            click.echo(_line(finding))
    if any(finding.verdict is Verdict.FAILED for finding in findings):
        context.exit(1)


async def _findings() -> list[Finding]:
    try:
        settings = Settings.read(os.environ).with_secrets()
    except SettingsError as error:
        return [Finding("configuration", Verdict.FAILED, str(error), "See docs/how-to.")]
    found = [Finding("configuration", Verdict.OK, "every PORTAL_ name makes sense")]
    async with closing(Container(settings=settings)) as parts:
        for name, check in _CHECKS.items():
            found.append(await _checked(name, check, parts))
    return found


async def _checked(name: str, check: Check, parts: Container) -> Finding:
    try:
        async with asyncio.timeout(_PATIENCE):
            return await check(parts)
    except TimeoutError:
        detail = f"no answer within {_PATIENCE:.0f} seconds"
        return Finding(name, Verdict.FAILED, detail, "Is it running, and reachable?")
    except PortalError as error:
        return Finding(name, Verdict.FAILED, error.message, "See the message.")
    except Exception as error:  # noqa: BLE001 - a doctor reports whatever it meets
        detail = f"{type(error).__name__}: {error}"
        return Finding(name, Verdict.FAILED, detail, "Is it running, and reachable?")


async def _data_folder(parts: Container) -> Finding:
    folder = parts.settings().data_dir
    if not folder.exists():
        fix = f"Create {folder}, owned by the portal's user."
        return Finding("data folder", Verdict.WARNING, f"{folder} is not there", fix)
    free = shutil.disk_usage(folder).free
    if not os.access(folder, os.W_OK) or free < _ENOUGH_BYTES:
        detail = f"{folder}: {free // 10**6} MB free"
        return Finding("data folder", Verdict.FAILED, detail, "Make room, and writable.")
    return Finding("data folder", Verdict.OK, f"{folder}, {free // 10**9} GB free")


async def _database(parts: Container) -> Finding:
    settings = parts.settings()
    kind = settings.database_url.partition(":")[0]
    revision = await readiness.current(settings.database_url)
    if not await readiness.is_current(settings.database_url):
        detail = f"{kind}, schema at {revision or 'nothing'}"
        return Finding("database", Verdict.FAILED, detail, "Run `portal db upgrade`.")
    return Finding("database", Verdict.OK, f"{kind}, schema at {revision}")


async def _clock(parts: Container) -> Finding:
    there = await readiness.time_of(parts.engine())
    drift = abs(parts.clock()() - there)
    detail = f"{drift.total_seconds():.1f} seconds from the database's"
    if drift > _DRIFT:
        return Finding("clock", Verdict.FAILED, detail, "Synchronise both by NTP.")
    return Finding("clock", Verdict.OK, detail)


async def _queue(parts: Container) -> Finding:
    queue = parts.queue()
    if not isinstance(queue, SaqQueue):
        return Finding("queue", Verdict.OK, "in process")
    await queue.ping()
    return Finding("queue", Verdict.OK, urlsplit(queue.url).scheme)


async def _outbox(parts: Container) -> Finding:
    status = await parts.deliveries().status(OPERATOR)
    detail = f"{status.pending} waiting, {status.failed} failed"
    if status.failed:
        fix = "See `portal outbox status`."
        return Finding("outbox", Verdict.WARNING, detail, fix)
    return Finding("outbox", Verdict.OK, detail)


async def _mail(parts: Container) -> Finding:
    settings = parts.settings()
    if not settings.smtp_url:
        fix = "Set PORTAL_SMTP_URL and PORTAL_MAIL_FROM."
        detail = "no mail server: mail is kept in the data folder"
        return Finding("mail", Verdict.WARNING, detail, fix)
    parts_of_url = urlsplit(settings.smtp_url)
    client = aiosmtplib.SMTP(
        hostname=parts_of_url.hostname,
        port=parts_of_url.port,
        use_tls=parts_of_url.scheme == "smtps",
    )
    await client.connect()
    await client.quit()
    if not settings.mail_from:
        fix = "Set PORTAL_MAIL_FROM."
        return Finding("mail", Verdict.WARNING, "mail has no sender of its own", fix)
    return Finding("mail", Verdict.OK, f"{parts_of_url.hostname} answers")


async def _public_address(parts: Container) -> Finding:
    settings = parts.settings()
    if not settings.public_url:
        fix = "Set PORTAL_PUBLIC_URL, such as https://portal.example.com."
        return Finding("public address", Verdict.WARNING, "not set", fix)
    if not settings.public_url.startswith("https://"):
        fix = "Put a proxy with TLS in front."
        detail = f"{settings.public_url} is not https"
        return Finding("public address", Verdict.WARNING, detail, fix)
    return Finding("public address", Verdict.OK, settings.public_url)


async def _integrations(parts: Container) -> Finding:
    settings = await parts.portal_settings().get(OPERATOR)
    told = {"Discord": settings.discord_webhook_url, "mail": settings.notify_email}
    ways = [name for name, address in told.items() if address]
    if not ways:
        fix = "Choose on the settings page how the MSP hears of orders."
        return Finding("integrations", Verdict.WARNING, "nobody is told of orders", fix)
    return Finding("integrations", Verdict.OK, f"orders are told by {' and '.join(ways)}")


_CHECKS: dict[str, Check] = {
    "data folder": _data_folder,
    "database": _database,
    "clock": _clock,
    "queue": _queue,
    "outbox": _outbox,
    "mail": _mail,
    "public address": _public_address,
    "integrations": _integrations,
}


def _line(finding: Finding) -> str:
    fix = f" {finding.fix}" if finding.fix else ""
    detail = finding.detail.rstrip(".")
    return f"{finding.verdict.value:<8} {finding.check}: {detail}.{fix}"
