"""A queue that nobody works on, until a test does."""

from portal_core.jobs import Chore


class MemoryJobQueue:
    """Keeps in `waiting` what was asked for and has not begun."""

    def __init__(self) -> None:
        self.waiting: list[Chore] = []

    async def ask(self, chore: Chore) -> None:
        if chore not in self.waiting:
            self.waiting.append(chore)

    def begin(self) -> Chore | None:
        """Take the chore that was asked for first, if there is one."""
        return self.waiting.pop(0) if self.waiting else None
