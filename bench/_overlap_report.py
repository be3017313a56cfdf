"""What became of sounds over the agent's speech, and the tables of it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import attrs

from bench._figures import summarise, wilson
from bench._overlap_cases import OverlapCase
from statechart import Event, FinalTranscript, PartialTranscript, VoiceStarted, VoiceStopped, VoiceSuspected

__all__ = ["Outcome", "listed", "report", "shown"]


@attrs.define
class Outcome:
    """What became of one overlap; milliseconds from the arrival of its first voiced sample, None: it did not happen.

    ``hold``: playback was held (or cut at once). ``decided``: resumed for good, or cut. ``paused``: how long the agent
    was held in all. ``heard``: what reached the chart: voice set in, fell silent (voiced ms), partial and final words.
    """

    case: OverlapCase
    hold: float | None = None
    decided: float | None = None
    cut: bool = False
    paused: float = 0.0
    heard: list[str] = attrs.field(factory=list)

    @property
    def right(self) -> bool:
        return self.cut == (self.case.label == "yield")


def shown(after_s: float, event: Event) -> str:
    """An event of the chart that tells of the caller's sound, with its moment (s) in ms; "" for all others."""
    at = f"{after_s * 1000:.0f}"
    match event:
        case VoiceSuspected():
            return f"{at} sound"
        case VoiceStarted():
            return f"{at} voice"
        case VoiceStopped():
            return f"{at} silent after {event.voiced_ms}"
        case PartialTranscript():
            return f"{at} {event.text}...{_likely(event.meant)}"
        case FinalTranscript():
            return f"{at} {event.text or '(no words)'}{_likely(event.meant)}"
        case _:
            return ""


def _likely(meant: float | None) -> str:
    return "" if meant is None else f" {meant:.2f}"


def report(outcomes: Sequence[Outcome]) -> str:
    """The tables of one part as text."""
    lines = []
    for label, word in (("yield", "yielded"), ("ignore", "ignored")):
        mine = [each for each in outcomes if each.case.label == label]
        lines.append(f"  {word:8} {_share(mine)}")
        kinds = dict.fromkeys(each.case.kind for each in mine)
        lines += [f"    {kind:12} {_share([each for each in mine if each.case.kind == kind])}" for kind in kinds]
    voiced = [each for each in outcomes if each.case.kind != "echo"]
    meant = [each for each in voiced if each.case.label == "yield"]
    passed = [each for each in outcomes if each.case.label == "ignore" and each.right]
    held = [each for each in passed if each.hold is not None]
    lines += [
        "  milliseconds from the first voiced sample:",
        f"    to hold, words meant        {_times(each.hold for each in meant)}",
        f"    to hold, everything noticed {_times(each.hold for each in voiced)}",
        f"    to the cut                  {_times(each.decided for each in meant if each.right)}",
        f"    to the resume               {_times(each.decided for each in held)}",
        f"  pause of ignored overlaps that held ({len(held)} of {len(passed)}), ms",
        f"                                {_times(each.paused for each in held)}",
        f"    of all ignored              {_times(each.paused for each in passed)}",
    ]
    # Of a held-out part no single failure is shown, or it would soon be tuned towards.
    wrong = [each for each in outcomes if not each.right and not each.case.part.startswith("held_out")]
    lines += [f"  wrong: {each.case.name}, heard {each.heard}" for each in wrong]
    return "\n".join(lines)


def _share(outcomes: Sequence[Outcome]) -> str:
    right = sum(each.right for each in outcomes)
    low, high = wilson(right, len(outcomes))
    share = right / len(outcomes) if outcomes else 0.0
    return f"{right:3} of {len(outcomes):3} = {share:.3f} [{low:.3f}, {high:.3f}]"


def _times(values: Iterable[float | None]) -> str:
    found = summarise([value for value in values if value is not None])
    if found is None:
        return "-"
    return f"P50 {found.p50:5.0f}  P95 {found.p95:5.0f}  max {found.high:5.0f}  n {found.n}"


def listed(outcome: Outcome) -> str:
    """One overlap in a line: right or not, its name, hold, decision and pause (ms), and what was heard of it."""
    times = (outcome.hold, outcome.decided, outcome.paused)
    told = " ".join("-" if ms is None else f"{ms:.0f}" for ms in times)
    return f"{'ok ' if outcome.right else 'BAD'} {outcome.case.name:70} {told:16} {outcome.heard}"
