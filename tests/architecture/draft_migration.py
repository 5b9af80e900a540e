"""Drafts a migration: what the tables have, and the newest migration has not.

nox -s migration -- "Give companies a telephone"
"""

import asyncio
import sys
import tempfile

from adapters.sql import schema


async def draft(message):
    """Write the draft beside the other migrations."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/draft.db"
        await schema.upgrade(url)
        await schema.draft(url, message)


if __name__ == "__main__":
    if not sys.argv[1:]:
        sys.exit('Say what the migration does: nox -s migration -- "Give …"')
    asyncio.run(draft(" ".join(sys.argv[1:])))
