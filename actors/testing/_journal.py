"""The journal that a simulated call would have left."""

from __future__ import annotations

from actors.journal import MemoryJournal
from actors.testing._trace import Stepped, Trace

__all__ = ["journal_of"]


def journal_of(trace: Trace, *, masked: bool = True) -> bytes:
    """What the chart of this call took and gave, as a journal. ``masked``: with stand-ins, always the same ones."""
    journal = MemoryJournal(masked=masked, key=b"the same each time")
    call = journal.begin("simulated", "office", trace.steps[0].before.settings)
    at = 0.0
    for at, entry in trace.log:
        if isinstance(entry, Stepped):
            call.step(round(at, 4), entry.before, entry.event, entry.step)
    call.close(at, trace.reason or "")
    return journal.calls["simulated"]
