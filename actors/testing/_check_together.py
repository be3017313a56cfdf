"""I3 between calls that share their records: whatever there is one of has one holder, and nobody else is told it."""

from __future__ import annotations

from collections.abc import Sequence

from actors.testing._check import check
from actors.testing._heard import Sounds
from actors.testing._trace import ToolEnded, Trace
from actors.testing._violation import Violation

__all__ = ["check_together"]


def check_together(traces: Sequence[Trace]) -> list[Violation]:
    """All that is wrong with calls of :func:`simulate_together` with ``one_diary``, each by itself and between them."""
    found = [violation for trace in traces for violation in check(trace)]
    ended = [
        (at, call, entry)
        for call, trace in enumerate(traces)
        for at, entry in trace.log
        if isinstance(entry, ToolEnded)
    ]
    holders: dict[tuple[str, str], tuple[float, int]] = {}
    owners: dict[str, int] = {}
    for at, call, entry in sorted(ended, key=lambda item: item[0]):
        if not entry.number:
            continue
        thing = entry.name, entry.subject
        if thing in holders:
            text = f"{entry.name} {entry.subject!r} happened in call {holders[thing][1]}, and again in call {call}"
            found.append(Violation("I3", at, text))
        holders.setdefault(thing, (at, call))
        owners[entry.number] = call
    for at, call, entry in ended:
        held = holders.get((entry.name, entry.subject))
        if entry.refused and (held is None or held[0] > at or held[1] == call):
            found.append(Violation("I3", at, f"call {call}: {entry.name} {entry.subject!r} was refused, and was free"))
    for call, trace in enumerate(traces):
        heard = [word for sound in Sounds(trace).heard.values() for word in sound.words]
        wrong = [word for word in heard if owners.get(word, call) != call]
        found += [
            Violation("I3", trace.log[-1][0], f"call {call} was told {word}, which is another's") for word in wrong
        ]
    return sorted(found, key=lambda violation: violation.at)
