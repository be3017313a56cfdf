"""Fixed words: spoken once, without the silence behind them, with their timings as they were."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.call import Phrasebook
from actors.call._phrases import without_silence_behind
from actors.errors import EngineUnavailable
from actors.ports import AGENT_RATE, SpeechChunk, WordTiming
from actors.testing import FakeTts, run_virtual


def chunk(level, seconds, *words):
    return SpeechChunk(np.full(int(seconds * AGENT_RATE), level, np.int16).tobytes(), words)


def joined(chunks):
    return b"".join(each.pcm for each in chunks)


def test_a_tenth_of_a_second_is_kept():
    speech = [chunk(8000, 0.5, WordTiming(0, 3, 0, 6000)), chunk(10, 0.4, WordTiming(4, 7, 6000, 20_000))]
    kept = without_silence_behind(speech)
    end = int(0.6 * AGENT_RATE)
    assert joined(kept) == joined(speech)[: end * 2]
    assert [word for each in kept for word in each.words] == [WordTiming(0, 3, 0, 6000), WordTiming(4, 7, 6000, end)]


@pytest.mark.parametrize("speech", [[], [chunk(0, 1)], [chunk(8000, 1)], [chunk(8000, 1), chunk(0, 0.1)]])
def test_what_has_no_more_silence_than_that_stays(speech):
    assert without_silence_behind(speech) == tuple(speech)


@given(st.lists(st.tuples(st.sampled_from([0, 5, 300, 20_000]), st.integers(1, 4000)), max_size=8))
def test_no_sound_is_lost_and_nothing_is_added(pieces):
    speech = [SpeechChunk(np.full(samples, level, np.int16).tobytes()) for level, samples in pieces]
    before, after = joined(speech), joined(without_silence_behind(speech))
    assert before.startswith(after)
    gone = np.frombuffer(before[len(after) :], np.int16)
    assert not len(gone) or gone.max() <= max(level for level, _ in pieces) / 100


def test_the_book_is_spoken_once_and_what_fails_is_left_out():
    async def main():
        tts = FakeTts()
        book = await Phrasebook.synthesise(tts, ["One moment.", "One moment.", "Goodbye."])
        tts.error = EngineUnavailable("fake", "away")
        other = await Phrasebook.synthesise(tts, ["One moment."])
        return book.get("One moment."), book.get("Goodbye."), book.get("Hello."), other.get("One moment.")

    moment, goodbye, unknown, failed = run_virtual(main)
    assert moment
    assert goodbye
    assert unknown is None
    assert failed is None
