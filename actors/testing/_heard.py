"""What the simulated caller really heard, from the loudspeaker's samples and the voice's own record. For checking.

Nothing here comes from the code under test: a word was heard when each of its samples was played, no more and no less.
"""

from __future__ import annotations

import attrs
import numpy as np

from actors.ports import Pcm
from actors.testing._engines import Said
from actors.testing._speech import runs
from actors.testing._trace import Began, Played, SentAudio, Trace

__all__ = ["Bit", "Sound", "Sounds"]


@attrs.frozen
class Bit:
    """A stretch of one word: ``index`` in ``said``, ``samples`` of it; ``end``: where it ends in the turn."""

    said: Said
    index: int
    samples: int
    end: int

    @property
    def whole(self) -> bool:
        return self.samples == self.said.words[self.index].samples

    @property
    def text(self) -> str:
        return self.said.words[self.index].text


@attrs.frozen
class Sound:
    """A turn's audio, word by word. ``strange``: samples that belong to no word."""

    bits: tuple[Bit, ...]
    total: int
    strange: int

    def words_until(self, samples: int) -> int:
        """How many words are over after so many samples."""
        return sum(bit.whole and bit.end <= samples for bit in self.bits)

    @property
    def all_words(self) -> list[str]:
        """The words, and those that would have followed in the last sentence."""
        last = self.bits[-1] if self.bits else None
        rest = [] if last is None else [word.text for word in last.said.words[last.index + 1 :]]
        return [*(bit.text for bit in self.bits), *rest]

    @property
    def stops_short(self) -> bool:
        """Whether the last sentence is not all there, but at least one word of it."""
        said = self.bits[-1].said
        whole = sum(bit.whole for bit in self.bits if bit.said is said)
        return 0 < whole < len(said.words)

    @property
    def words(self) -> list[str]:
        """The words of which every sample is there."""
        return [bit.text for bit in self.bits if bit.whole]


class Sounds:
    """All of a trace's sounds: ``heard`` and ``sent`` by turn, and ``begun``: where in the log each sentence began."""

    def __init__(self, trace: Trace) -> None:
        self._words: dict[int, tuple[Said, int]] = {}
        self.begun: dict[Said, int] = dict.fromkeys(trace.phrases, -1)
        self.says: list[Said] = []
        heard: dict[int, list[Pcm]] = {}
        sent: dict[int, list[Pcm]] = {}
        for place, (_, entry) in enumerate(trace.log):
            if isinstance(entry, Began):
                self.begun[entry.said] = place
                self.says.append(entry.said)
            elif isinstance(entry, Played):
                heard.setdefault(entry.turn, []).append(entry.samples)
            elif isinstance(entry, SentAudio):
                sent.setdefault(entry.turn, []).append(np.frombuffer(entry.pcm, np.int16))
        for said in self.begun:
            for index, word in enumerate(said.words):
                self._words[word.value] = (said, index)
        self.heard = {turn: self._sound(np.concatenate(pieces)) for turn, pieces in heard.items()}
        self.sent = {turn: self._sound(np.concatenate(pieces)) for turn, pieces in sent.items()}

    def said_in(self, samples: Pcm) -> list[Said]:
        """The sentences that these samples are of."""
        found = [self._words[value][0] for value, _ in runs(samples) if value in self._words]
        return list(dict.fromkeys(found))

    def _sound(self, samples: Pcm) -> Sound:
        bits = []
        at = strange = 0
        for value, length in runs(samples):
            at += length
            if value in self._words:
                said, index = self._words[value]
                bits.append(Bit(said, index, length, at))
            else:
                strange += length
        strange += int(np.count_nonzero(samples == 0))
        return Sound(tuple(bits), len(samples), strange)
