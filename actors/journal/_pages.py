"""One call's journal in the making: items in, lines and sound out. Knows no file; :mod:`._writer` has the files."""

from __future__ import annotations

from typing import assert_never, get_args

from actors.journal._items import (
    CallerItem,
    CloseItem,
    Item,
    LostItem,
    NoteItem,
    SentItem,
    SettledItem,
    StepItem,
)
from actors.journal._lines import Ended, Line, Lost, Note, SettledAt
from actors.journal._scribe import Scribe
from actors.journal._sound import Ticks
from actors.journal._standins import StandIns
from actors.journal._wav import Tracks
from statechart import Settings

__all__ = ["Pages"]

_NOTES = get_args(Note)


class Pages:
    """``tracks``: None where the sound is not kept."""

    def __init__(self, settings: Settings, stand_ins: StandIns | None, tracks: Tracks | None = None) -> None:
        self._scribe, self._ticks, self._tracks = Scribe(settings, stand_ins), Ticks(), tracks
        self.lines_lost = self.audio_lost_ms = 0

    def write(self, item: Item) -> tuple[list[Line], bytes]:
        """The lines, and the stereo sound (24 kHz), that this adds."""
        match item:
            case StepItem():
                return self._scribe.step(item.at, item.before, item.event, item.step), b""
            case NoteItem():
                return self._scribe.note(item.at, item.message) if isinstance(item.message, _NOTES) else [], b""
            case SentItem():
                if self._tracks is not None:
                    self._tracks.sent(item.turn, item.start, item.pcm)
                return [*self._ticks.sent(item.at, item.turn, item.start + len(item.pcm) // 2)], b""
            case CallerItem():
                sound = b""
                if self._tracks is not None:
                    sound = self._tracks.caller(item.at, item.pcm, item.turn, item.heard)
                return [*self._ticks.caller(item.at, item.pcm, item.turn, item.heard)], sound
            case SettledItem():
                return [SettledAt(item.at, item.turn, item.heard, item.cut)], b""
            case LostItem():
                self.lose(item.lines, item.audio_ms)
                return [Lost(item.at, item.lines)] if item.lines else [], b""
            case CloseItem():
                ended = Ended(item.at, item.reason, self.lines_lost, self.audio_lost_ms)
                return [*self._ticks.rest(), ended], b""
            case _:
                assert_never(item)

    def lose(self, lines: int, audio_ms: int) -> None:
        """So many lines, and so much sound, given out before this are lost."""
        self.lines_lost += lines
        self.audio_lost_ms += audio_ms
        if lines:
            self._scribe.lost()
