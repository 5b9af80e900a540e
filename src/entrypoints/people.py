"""Commands about users and API keys."""

import re
import sys
from datetime import timedelta
from uuid import UUID

import click

from entrypoints.container import Container
from entrypoints.settings import Settings
from entrypoints.terminal import (
    OPERATOR,
    as_json,
    fail,
    read_settings,
    run,
    show_json,
    show_table,
)
from portal_core.identity.model import ApiKey
from portal_core.identity.permissions import MspRole
from portal_core.ids import CompanyId, KeyId


@click.group()
def users() -> None:
    """Make people who sign in."""


@users.command("create-admin")
@click.option("--email", required=True, help="The address to sign in with.")
@click.option(
    "--name", default="", help="What to call them; else the address's first part."
)
@click.option(
    "--password-stdin", is_flag=True, help="Read the password from standard input."
)
def create_admin(email: str, name: str, *, password_stdin: bool) -> None:
    """Make an MSP administrator."""
    password = _password(from_stdin=password_stdin)

    async def act(parts: Container) -> None:
        await parts.users().create(
            OPERATOR,
            email=email,
            name=name or email.partition("@")[0],
            password=password,
            msp_role=MspRole.ADMINISTRATOR,
        )

    run(read_settings(Settings.with_secrets), act)
    click.echo(f"{email} can sign in now.")


@click.group()
def keys() -> None:
    """Issue, list and revoke API keys."""


@keys.command("create")
@click.option("--name", required=True, help="What uses the key.")
@click.option("--company", help="The slug of the one company that the key is for.")
@click.option("--all-companies", is_flag=True, help="The key is for all companies.")
@click.option(
    "--scope", "scopes", multiple=True, required=True, help="Such as orders:read."
)
@click.option("--expires", default="90d", show_default=True, help="Days, at most 365d.")
@click.option("--allow", "networks", multiple=True, help="A network it may be used from.")
def create_key(
    *,
    name: str,
    company: str | None,
    all_companies: bool,
    scopes: tuple[str, ...],
    expires: str,
    networks: tuple[str, ...],
) -> None:
    """Make a key and print it, once, alone on standard output."""
    if bool(company) == all_companies:
        raise click.UsageError("Give either --company SLUG or --all-companies.")
    lifetime = _lifetime(expires)

    async def act(parts: Container) -> str:
        company_id: CompanyId | None = None
        if company:
            company_id = (await parts.companies().get_by_slug(OPERATOR, company)).id
        _, text = await parts.api_keys().create(
            OPERATOR,
            name=name,
            scopes=scopes,
            company_id=company_id,
            lifetime=lifetime,
            networks=networks,
        )
        return text

    click.echo(run(read_settings(Settings.with_secrets), act))


@keys.command("list")
@as_json
def list_keys(*, as_json: bool) -> None:
    """List all keys, newest first; never their texts."""

    async def act(parts: Container) -> list[ApiKey]:
        return list(await parts.api_keys().list(OPERATOR))

    found = run(read_settings(Settings.with_secrets), act)
    if as_json:
        show_json([_public(key) for key in found])
        return
    header = ("ID", "NAME", "BEGINS WITH", "SCOPES", "EXPIRES", "STATE")
    show_table(header, [_row(key) for key in found])


@keys.command("revoke")
@click.argument("key_id", type=click.UUID, metavar="ID")
def revoke_key(key_id: UUID) -> None:
    """Withdraw a key at once."""

    async def act(parts: Container) -> None:
        await parts.api_keys().revoke(OPERATOR, KeyId(key_id))

    run(read_settings(Settings.with_secrets), act)
    click.echo("The key opens nothing any more.")


def _password(*, from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    if not sys.stdin.isatty():
        fail("There is no terminal to ask for the password. Use --password-stdin.")
    typed: str = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    return typed


def _lifetime(text: str) -> timedelta:
    if not (match := re.fullmatch(r"(\d{1,3})d", text)):
        raise click.UsageError("--expires takes a number of days, such as 90d.")
    return timedelta(days=int(match[1]))


def _row(key: ApiKey) -> tuple[str, ...]:
    expires = key.expires_at.date().isoformat() if key.expires_at else "never"
    state = "revoked" if key.revoked_at else "live"
    return (str(key.id), key.name, key.lookup, " ".join(key.scopes), expires, state)


def _public(key: ApiKey) -> dict[str, object]:
    return {
        field: getattr(key, field) for field in key.__struct_fields__ if field != "digest"
    }
