"""The records of simulated calls, as a database would keep them: one transaction at a time, outcomes by key."""

from __future__ import annotations

__all__ = ["Diary", "SlotTaken"]


class SlotTaken(Exception):
    """Somebody else has it."""


class Diary:
    """``scarce``: there is one of each thing, for whoever is first; else there is enough for all.

    What happened is known by a number of its own. Every method is one transaction: it is over before another begins.
    """

    def __init__(self, *, scarce: bool = False) -> None:
        self._scarce = scarce
        self._numbers: dict[str, str] = {}  # key -> number, for what happened
        self._holders: dict[tuple[str, str], str] = {}  # what there is one of -> key
        self._dropped: set[str] = set()  # keys that never may happen any more

    def enter(self, name: str, subject: str, key: str) -> str:
        """Make it happen: the number; empty where ``key`` was given up. Raises :class:`SlotTaken`."""
        if key in self._dropped:
            return ""
        if self._scarce and self._holders.setdefault((name, subject), key) != key:
            raise SlotTaken
        number = self._numbers[key] = f"Zulu{len(self._numbers) + 1}{name}"
        return number

    def outcome(self, key: str) -> str | None:
        """The number of what happened. None: it has not, and from now on never will."""
        if key not in self._numbers:
            self._dropped.add(key)
        return self._numbers.get(key)
