"""Opening the database that an address names."""

from typing import Any

import msgspec
from sqlalchemy import URL, event, make_url
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import StaticPool

from adapters.sql.sqlite import InlineSqlite

_ON_SERVER = {
    "application_name": "atrium",
    "jit": "off",  # our queries are short; compiling them takes longer than running them
    "lock_timeout": "15s",
    "idle_in_transaction_session_timeout": "60s",
}


def create_engine(url: str | URL) -> AsyncEngine:
    """Return an engine for `postgresql://…` or `sqlite:///path`, whatever its driver.

    Nothing is opened yet. Documents are read and written by msgspec.
    """
    address = make_url(url)
    if address.get_backend_name() == "sqlite":
        return _sqlite(address)
    return _postgres(address)


def _sqlite(address: URL) -> AsyncEngine:
    address = address.set(drivername=f"sqlite+{InlineSqlite.driver}")
    if InlineSqlite.get_pool_class(address) is StaticPool:
        return _engine(address)
    # Statements do not wait, so few connections serve everybody, the warmest one most.
    return _engine(address, pool_size=5, max_overflow=20, pool_use_lifo=True)


def _postgres(address: URL) -> AsyncEngine:
    query = dict(address.query)
    if "sslmode" in query:  # libpq's name, which everybody writes; asyncpg calls it ssl
        query["ssl"] = query.pop("sslmode")
    engine = _engine(
        address.set(drivername="postgresql+asyncpg", query=query),
        pool_size=10,
        max_overflow=10,
        pool_timeout=10,
        pool_recycle=1_800,
        pool_use_lifo=True,
        connect_args={
            "timeout": 10,
            "server_settings": _ON_SERVER,
            "prepared_statement_cache_size": 500,
        },
    )
    event.listen(engine.sync_engine, "checkout", _leave_closed)
    return engine


def _engine(address: URL, **options: Any) -> AsyncEngine:
    return create_async_engine(
        address,
        json_serializer=_to_json,
        json_deserializer=msgspec.json.decode,
        **options,
    )


def _leave_closed(connection: Any, _record: object, _fairy: object) -> None:
    """Leave a connection that the server has closed, so that the pool opens another."""
    if connection.driver_connection.is_closed():
        raise DisconnectionError("the server closed this connection")


def _to_json(value: object) -> str:
    return msgspec.json.encode(value).decode()
