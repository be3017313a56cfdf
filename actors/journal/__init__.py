"""The journal of a call: everything that entered its chart and came out of it, kept beside the call, and read again.

    with JournalFiles(Path("journals"), made_by="my server 1.0") as journal:
        setup = CallSetup(..., journal=journal)  # every call over this setup now keeps one

    found = replay(read(Path("journals/20261122-101500-c1.jsonl")))
    assert found.difference is None

Map: ``_port`` (what a call tells) · ``_items``, ``_writer`` (to a thread, to files), ``_memory`` · ``_pages`` (items to
lines and sound) of ``_scribe`` (events, effects, masking), ``_standins`` and ``_texts`` (what is said, and what takes
its place), ``_sound`` and ``_wav`` (levels, the recording) · ``_lines`` and ``_codec`` (what stands in a line, and as
JSON) · ``_read``, ``_replay`` (back, and through the chart), ``_as_test`` (as a test) · ``_course`` (what happened
when), ``_figure``, ``_svg``, ``_png`` (drawn)
"""

from __future__ import annotations

from actors.journal._as_test import as_test
from actors.journal._codec import JournalError, decode, encode
from actors.journal._course import Course, course
from actors.journal._figure import Figure, figure
from actors.journal._lines import VERSION, Head, Refused, Took
from actors.journal._memory import MemoryJournal
from actors.journal._plain import plain
from actors.journal._png import write_png
from actors.journal._port import CallJournal, Journal, NoJournal
from actors.journal._read import Journalled, parse, read
from actors.journal._replay import Difference, Replay, replay
from actors.journal._svg import svg as svg_text
from actors.journal._writer import JournalFiles

__all__ = [
    "VERSION",
    "CallJournal",
    "Course",
    "Difference",
    "Figure",
    "Head",
    "Journal",
    "JournalError",
    "JournalFiles",
    "Journalled",
    "MemoryJournal",
    "NoJournal",
    "Refused",
    "Replay",
    "Took",
    "as_test",
    "course",
    "decode",
    "encode",
    "figure",
    "parse",
    "plain",
    "read",
    "replay",
    "svg_text",
    "write_png",
]
