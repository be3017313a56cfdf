"""Journals in memory, for tests and for whoever keeps them elsewhere."""

from __future__ import annotations

import secrets

from actors.journal._items import Item, ItemJournal
from actors.journal._lines import Head, encode_line
from actors.journal._pages import Pages
from actors.journal._port import CallJournal
from actors.journal._standins import StandIns
from statechart import Settings

__all__ = ["MemoryJournal"]


class MemoryJournal:
    """A :class:`~actors.journal.Journal` without files, threads or sound. Writes down at once, in the call's own time.

    ``calls``: the bytes of each call's journal so far, by the call's name. ``key``: see :class:`StandIns`; random
    where it is not given.
    """

    def __init__(self, *, masked: bool = True, key: bytes | None = None) -> None:
        self._masked, self._key = masked, key
        self.calls: dict[str, bytes] = {}

    def begin(self, call: str, agent: str, settings: Settings) -> CallJournal:
        """See :class:`actors.journal.Journal`."""
        head = Head(bargein="", call=call, agent=agent, began="", masked=self._masked, settings=settings)
        self.calls[call] = encode_line(head)
        pages = Pages(settings, StandIns(self._key or secrets.token_bytes(32)) if self._masked else None)

        def put(item: Item) -> None:
            self.calls[call] += b"".join(map(encode_line, pages.write(item)[0]))

        return ItemJournal(put)
