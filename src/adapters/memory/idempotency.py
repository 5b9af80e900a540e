"""Answers in a dictionary."""

from adapters.memory.tables import Tables
from portal_core.idempotency import Answer, Once


class MemoryAnswers:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def claim(self, once: Once) -> Answer | None:
        return self._tables.answers.get((once.scope, once.key))

    async def keep(self, once: Once, body: bytes) -> None:
        self._tables.answers[once.scope, once.key] = Answer(once.fingerprint, body)
