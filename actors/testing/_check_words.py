"""Invariant I2: of the agent's words the history has those that were heard."""

from __future__ import annotations

from collections.abc import Iterator

from actors.line import Flush, Hold, Resume, TranscriptUpdate
from actors.ports import AGENT_RATE
from actors.testing._heard import Sound, Sounds
from actors.testing._trace import Faulted, Sent, Stepped, Trace
from actors.testing._violation import Violation
from statechart import Settled

__all__ = ["check_heard"]

_MARK = "—"
_GUESSED_WORDS = 4  # how far off the heard text may be where the voice tells no word times


def check_heard(trace: Trace, sounds: Sounds) -> Iterator[Violation]:
    """What the history says of each turn that is settled, against the ear."""
    settled: dict[int, float] = {}
    for at, entry in trace.log:
        if isinstance(entry, Stepped) and isinstance(entry.event, Settled):
            if entry.event.turn in settled:
                yield Violation("I2", at, f"turn {entry.event.turn} was settled twice")
            settled[entry.event.turn] = at
    written = dict(trace.history.agent)
    shown = {
        entry.message.turn: entry.message
        for _, entry in trace.log
        if isinstance(entry, Sent) and isinstance(entry.message, TranscriptUpdate)
        if entry.message.role == "agent" and entry.message.final
    }
    doubt = _Doubt(trace)
    for turn, at in settled.items():
        contents = [m.content for m in written.get(turn, ()) if m.role == "assistant" and m.content]
        words = " ".join(content.removesuffix(_MARK) for content in contents).split()
        heard, sent = sounds.heard.get(turn, _NOTHING), sounds.sent.get(turn, _NOTHING)
        low, high = doubt.range(turn, heard, sent)
        sequence = heard.all_words if turn in doubt.resent else sent.all_words
        exact = trace.script.pace.timings and not (doubt.resent and trace.script.network.reports != "on time")
        if exact and not _begins(sequence, words):
            yield Violation("I2", at, f"turn {turn}: the history has {_brief(words)}, the voice {_brief(sequence)}")
        elif not low <= len(words) <= high:
            yield Violation(
                "I2", at, f"turn {turn}: {_brief(words)} is in the history, heard was {_brief(heard.words)}"
            )
        if turn in shown and shown[turn].text.split() != words:
            yield Violation("I2", at, f"turn {turn}: {shown[turn].text!r} is shown, {_brief(words)} in the history")
        marked = any(content.endswith(_MARK) for content in contents)
        if words and not marked and low == high and heard.bits and heard.stops_short:
            yield Violation("I2", at, f"turn {turn}: {heard.bits[-1].said.text!r} was cut, and nothing marks it")
        if marked and turn not in doubt.flushed:
            yield Violation("I2", at, f"turn {turn} was heard to its end and is marked as cut")


def _begins(sequence: list[str], words: list[str]) -> bool:
    """Whether ``sequence`` begins with ``words``, the last of which may lack its punctuation."""
    *first, last = words or [""]
    return sequence[: len(first)] == first and [*sequence, ""][len(first)].startswith(last)


_NOTHING = Sound((), 0, 0)


def _brief(words: list[str]) -> str:
    return repr(" ".join(words if len(words) < 12 else ["...", *words[-10:]]))


class _Doubt:
    """How exactly the call can know the position: to the sample if a hold came before and the client reports in time,
    else to what is in the network."""

    def __init__(self, trace: Trace) -> None:
        self._script = trace.script
        self.flushed: dict[int, float] = {}
        self._held: dict[int, float] = {}
        self._lost = self._lied = False
        self.resent: set[int] = set()
        turn = -1
        for at, entry in trace.log:
            match entry:
                case Sent(Hold(turn)):
                    self._held[turn] = at
                case Sent(Resume(turn)):
                    self._held.pop(turn, None)
                case Sent(Flush(turn)):
                    self.flushed[turn] = at
                case Faulted("line", _):
                    self._lost = True
                    self.resent.update(range(turn, turn + 100))
                case Faulted("client", _):
                    self._lied = True
                case _:
                    pass

    def range(self, turn: int, heard: Sound, sent: Sound) -> tuple[int, int]:
        """The least and the most words that the history may have."""
        exact = heard.words_until(heard.total)
        if self._lied:
            return 0, len(sent.all_words)
        low = high = exact
        samples = self._samples(turn)
        if samples and turn not in self.resent:
            low, high = sent.words_until(heard.total - samples), sent.words_until(heard.total + samples)
        elif samples:
            low, high = heard.words_until(heard.total - samples), len(heard.all_words)
        if not self._script.pace.timings:  # guessed, and cautiously so while a sentence is not all there
            low, high = 0, high + _GUESSED_WORDS
        return low, high

    def _samples(self, turn: int) -> int:
        network = self._script.network
        on_time = network.reports == "on time" and not self._script.crashes and not self._script.longest_stall_ms
        if turn not in self.flushed:
            # Played to its end: without reports that is believed a little early, and the next turn may cut it off.
            return 0 if on_time and not self._lost else AGENT_RATE
        held = self.flushed[turn] - self._held.get(turn, 1e9)
        if on_time and not self._lost and held >= 3 * (network.delay_ms + network.jitter_ms) / 1000:
            return 0
        if on_time and not self._lost and not network.delay_ms:
            return 0
        late_ms = 400 if network.reports == "late" else 0  # a report that is late tells of an earlier moment
        doubt_ms = 100 + late_ms + 2 * network.delay_ms + 3 * network.jitter_ms + self._script.longest_stall_ms
        return int((doubt_ms / 1000 + (0.5 if self._lost or self._script.crashes else 0)) * AGENT_RATE)
