"""The figures of a barge-in, from notes made up for the purpose."""

from hypothesis import given
from hypothesis import strategies as st

from actors.line import AgentSpeaking, Flush, Hold, TranscriptUpdate
from actors.ports import SpeechChunk, WordTiming
from bench._caller import Came
from bench._interruption import Scene, last_word_heard, read_interruption
from bench._probe import Work


def chunk(words: int, level: int) -> SpeechChunk:
    """``words`` words of 2400 samples (100 ms) each."""
    timings = tuple(WordTiming(3 * i, 3 * i + 2, 2400 * i, 2400 * (i + 1)) for i in range(words))
    return SpeechChunk(bytes([level, 0]) * (2400 * words), timings)


FIRST, SECOND = (chunk(3, 1),), (chunk(2, 2), chunk(0, 3))
WHOLE = b"".join(c.pcm for c in (*FIRST, *SECOND))


@given(st.integers(0, 5 * 2400))
def test_a_word_counts_when_its_last_sample_was_played(played: int) -> None:
    assert last_word_heard(WHOLE, [SECOND, FIRST], played) == played // 2400


def test_audio_of_unknown_origin_is_not_judged() -> None:
    assert last_word_heard(bytes([9, 0]) * 100, [FIRST, SECOND], 50) is None


def scene(*came: Came, played: int = 0, work: tuple[Work, ...] = ()) -> Scene:
    return Scene(turn=1, began=10.0, ended=10.5, came=came, played=played, work=work)


def test_the_times_of_a_cut() -> None:
    found = read_interruption(
        scene(
            Came(9.0, AgentSpeaking(1)),
            Came(9.0, None, 1, FIRST[0].pcm),
            Came(10.08, Hold(1)),
            Came(10.4, Flush(1)),
            Came(10.41, TranscriptUpdate(1, "agent", "aa bb —", True, "cc")),
            Came(11.5, None, 2, SECOND[0].pcm),
            played=5000,
            work=(Work("tts", 9.0, speech=list(FIRST), spoken_at=[9.0]),),
        )
    )
    assert round(found.hold_ms or 0) == round(found.stop_ms or 0) == 80
    assert round(found.cut_ms or 0) == 400
    assert round(found.answer_ms or 0) == 1000
    assert found.stale_bytes == 0
    assert found.heard_error == 0


def test_what_comes_too_late_is_counted() -> None:
    writing = Work("llm", 9.0, what="Hello there", written=[(9.5, 5), (10.6, 11)])
    speaking = Work("tts", 9.1, speech=list(FIRST), spoken_at=[10.9])
    found = read_interruption(
        scene(
            Came(9.0, None, 1, b"\1\0" * 10),
            Came(10.4, Flush(1)),
            Came(10.5, None, 1, b"\1\0" * 7),
            work=(writing, speaking),
        )
    )
    assert found.stale_bytes == 14
    assert found.late_characters == 6
    assert found.late_audio_ms == 300
    assert found.heard_error is None
    assert found.hold_ms is None
