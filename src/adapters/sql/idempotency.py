"""Answers to requests that carry an idempotency key, in SQL."""

from sqlalchemy import ColumnElement, and_, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.sql.tables.commerce import answers
from portal_core.idempotency import Answer, Once


class SqlAnswers:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def claim(self, once: Once) -> Answer | None:
        row = {"scope": once.scope, "key": once.key, "fingerprint": once.fingerprint}
        claimed = (
            upsert(answers).values(row).on_conflict_do_nothing().returning(answers.c.key)
        )
        # PostgreSQL waits here while another transaction holds the key.
        if (await self._connection.execute(claimed)).first() is not None:
            return None
        query = select(answers.c.fingerprint, answers.c.body).where(_this(once))
        fingerprint, body = (await self._connection.execute(query)).one()
        return Answer(fingerprint, body or b"")

    async def keep(self, once: Once, body: bytes) -> None:
        await self._connection.execute(update(answers).where(_this(once)).values(body=body))


def _this(once: Once) -> ColumnElement[bool]:
    return and_(answers.c.scope == once.scope, answers.c.key == once.key)
