"""Bringing the schema up to date, and back."""

import asyncio
import re
import sys

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import text

from adapters.sql import readiness, schema
from adapters.sql.connections import Connections
from adapters.sql.engine import create_engine
from adapters.sql.tables.everything import METADATA
from portal_core.errors import Invalid, Unavailable

UPGRADE = "import asyncio, sys; from adapters.sql import schema; "
UPGRADE += "asyncio.run(schema.upgrade(sys.argv[1]))"

COLUMNS = """
    SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,
           pg_get_expr(d.adbin, d.adrelid), l.collname
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
    LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    LEFT JOIN pg_collation l ON l.oid = a.attcollation
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND a.attnum > 0
"""
RULES = """
    SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid)
    FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND contype <> 'n'
"""
INDEXES = (
    "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'"
)
SQLITE = "SELECT tbl_name, name, sql FROM sqlite_master WHERE sql IS NOT NULL"
REVISIONS = {path.name[:4] for path in readiness.MIGRATIONS.glob("versions/0*.py")}


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.external)])
def url(request):
    """The address of a database without a schema."""
    return request.getfixturevalue(f"empty_{request.param}_url")


async def ask(url, *queries):
    engine = create_engine(url)
    async with engine.connect() as connection:
        found = [list(await connection.execute(text(query))) for query in queries]
    await engine.dispose()
    return found


def in_any_order(sql):
    """Return the columns and rules of a CREATE TABLE, whatever their order."""
    return frozenset(
        re.split(r",\s+(?=[a-z_\"]+ [A-Z]|CONSTRAINT)|[\n\t]+", sql.replace('"', ""))
    )


async def shape(url):
    """Return everything that the database says about its schema."""
    if url.startswith("sqlite"):
        [rows] = await ask(url, SQLITE)
        found = {(table, name, in_any_order(sql)) for table, name, sql in rows}
    else:
        found = {
            tuple(row) for rows in await ask(url, COLUMNS, RULES, INDEXES) for row in rows
        }
    return {row for row in found if row[0] not in {"alembic_version", "sqlite_sequence"}}


async def test_an_upgrade_makes_what_the_tables_say(url):
    await schema.upgrade(url)
    migrated = await shape(url)
    assert await schema.check(url) == []
    await schema.downgrade(url, "base")
    assert await shape(url) == set()

    engine = create_engine(url)
    async with engine.begin() as connection:
        await connection.run_sync(METADATA.create_all)
    await engine.dispose()
    made = await shape(url)
    assert migrated == made
    assert len(made) > 60


async def test_where_the_database_is(url):
    assert await readiness.current(url) is None
    assert not await readiness.is_current(url)
    [difference] = await schema.check(url)
    assert "is at nothing" in difference
    await schema.upgrade(url)
    assert await readiness.current(url)
    assert await readiness.is_current(url)


def test_the_newest_migration_is_the_one_that_is_needed():
    scripts = ScriptDirectory(str(readiness.MIGRATIONS))
    assert readiness.needed() == scripts.get_current_head()


async def test_what_differs_is_named(url):
    await schema.upgrade(url)
    engine = create_engine(url)
    async with engine.begin() as connection:
        await connection.execute(text("DROP INDEX ix_users_name_key"))
        await connection.execute(text("ALTER TABLE users ADD COLUMN shoe_size INTEGER"))
    await engine.dispose()
    differences = "\n".join(await schema.check(url))
    assert "add_index" in differences
    assert "ix_users_name_key" in differences
    assert "shoe_size" in differences


async def test_several_upgrades_at_once_do_it_once(url):
    await asyncio.gather(*(schema.upgrade(url) for _ in range(4)))
    assert await schema.check(url) == []
    [versions] = await ask(url, "SELECT version_num FROM alembic_version")
    assert len(versions) == 1


@pytest.mark.parametrize("seconds", [0.6, 0.8, 1.0])
async def test_an_upgrade_that_is_killed_leaves_nothing_in_the_way(url, seconds):
    program = await asyncio.create_subprocess_exec(sys.executable, "-c", UPGRADE, url)
    await asyncio.sleep(seconds)
    if program.returncode is None:
        program.kill()
    await program.wait()
    assert await readiness.current(url) in {None, *REVISIONS}
    await schema.upgrade(url)
    assert await schema.check(url) == []


async def test_it_does_not_matter_from_where(url, tmp_path, monkeypatch):
    (tmp_path / "alembic.ini").write_text("[alembic]\nscript_location = elsewhere\n")
    monkeypatch.chdir(tmp_path)
    await schema.upgrade(url)
    assert await readiness.is_current(url)


async def test_a_revision_that_there_is_not(url):
    await schema.upgrade(url)
    with pytest.raises(Invalid):
        await schema.downgrade(url, "nonsense")
    assert await readiness.is_current(url)


async def test_ready_is_who_answers_and_has_the_schema(url):
    engine = create_engine(url)
    probe = readiness.SqlReadiness(engine)
    with pytest.raises(Unavailable, match="this version needs"):
        await probe.check()
    await schema.upgrade(url)
    await probe.check()
    await engine.dispose()


async def test_nobody_is_ready_without_a_database(tmp_path):
    for url in ("postgresql://127.0.0.1:1/nothing", f"sqlite:///{tmp_path}/nowhere/x.db"):
        engine = create_engine(url)
        with pytest.raises(Unavailable, match="does not answer"):
            await readiness.SqlReadiness(engine).check()
        await engine.dispose()


async def test_a_migration_that_breaks_a_reference_is_undone(empty_sqlite_url):
    await schema.upgrade(empty_sqlite_url)
    engine = create_engine(f"{empty_sqlite_url}?foreign_keys=off")
    async with Connections(engine).changing() as connection:
        await connection.execute(
            text("INSERT INTO credentials VALUES (x'00', 'hash', '2026-06-01')")
        )
    await engine.dispose()
    with pytest.raises(Unavailable, match="credentials"):
        await schema.upgrade(empty_sqlite_url)
