"""Character times become word timings: exactly, however the service cuts its pieces."""

from __future__ import annotations

from itertools import accumulate, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.cloud._elevenlabs_alignment import CharacterClock, CharacterTimes, character_times, rest_after
from actors.cloud._elevenlabs_sentence import Sentence
from actors.cloud._elevenlabs_wire import Piece
from actors.ports import WordTiming

MS = 24

texts = st.lists(st.text("abcÄß4:.,!'-", min_size=1, max_size=8), min_size=1, max_size=8).map(" ".join)


@st.composite
def spoken(draw: st.DrawFn) -> tuple[str, list[tuple[int, int]], list[int]]:
    """A text, when each character sounds (ms), and where the pieces are cut (characters)."""
    text = draw(texts)
    lasts = draw(st.lists(st.integers(0, 200), min_size=len(text), max_size=len(text)))
    cuts = sorted(draw(st.sets(st.integers(1, len(text)), max_size=6)) | {len(text)})
    return text, list(pairwise([0, *accumulate(lasts)])), cuts


def sayable(text: str) -> list[str]:
    return [word for word in text.split() if any(char.isalnum() for char in word)]


def expected(text: str, times: list[tuple[int, int]]) -> tuple[WordTiming, ...]:
    words, at = [], 0
    for word in text.split():
        start = text.index(word, at)
        at = start + len(word)
        if any(char.isalnum() for char in word):
            words.append(WordTiming(start, at, times[start][0] * MS, times[at - 1][1] * MS))
    return tuple(words)


def relative(text: str, times: list[tuple[int, int]], first: int, behind: int) -> tuple[int, CharacterTimes]:
    """A piece as the service sends it: the milliseconds before it, and its times from its own beginning."""
    begin = times[first][0]
    part = times[first:behind]
    found = character_times(
        list(text[first:behind]), [s - begin for s, _ in part], [e - begin for _, e in part], per_second=1000
    )
    assert found is not None
    return begin, found


@given(spoken())
def test_words_are_exact_however_the_pieces_are_cut(case: tuple[str, list[tuple[int, int]], list[int]]) -> None:
    text, times, cuts = case
    clock, words = CharacterClock(text), []
    for first, behind in pairwise([0, *cuts]):
        begin, piece = relative(text, times, first, behind)
        clock.align(piece, begin * MS)
        end = times[behind - 1][1] * MS
        ready = clock.take(end)
        assert all(word.end <= end for word in ready)
        words += ready
    total = times[-1][1] * MS
    assert clock.is_complete(total)
    words += clock.finish(total)
    assert tuple(words) == expected(text, times)


@given(spoken())
def test_times_that_run_ahead_of_their_audio_are_exact_too(
    case: tuple[str, list[tuple[int, int]], list[int]],
) -> None:
    """All times come with the first, short piece of audio; words wait for theirs."""
    text, times, _ = case
    _, piece = relative(text, times, 0, len(text))
    clock = CharacterClock(text)
    clock.align(piece, 0)
    total = times[-1][1] * MS
    words: list[WordTiming] = []
    for samples in range(0, total + 2400, 2400):
        ready = clock.take(samples)
        assert all(word.end <= samples for word in ready)
        words += ready
    assert tuple(words) == expected(text, times)
    assert clock.finish(total) == ()


@given(
    texts, st.lists(st.tuples(st.text("abc4:. ß", max_size=6), st.integers(0, 500), st.integers(0, 500)), max_size=5)
)
def test_whatever_comes_every_word_is_given_once_and_in_order(text: str, pieces: list[tuple[str, int, int]]) -> None:
    clock, words, samples = CharacterClock(text), [], 0
    for chars, start, last in pieces:
        piece = character_times([chars], [start], [start + last], per_second=1000)
        assert piece is not None
        clock.align(piece, samples)
        samples += 2400
        words += clock.take(samples)
    words += clock.finish(samples)
    if clock.any:
        assert [text[word.start_char : word.end_char] for word in words] == sayable(text)
    assert all(a.end <= b.start for a, b in pairwise(words))
    assert all(0 <= word.start <= word.end <= samples for word in words)


def test_what_was_rewritten_shares_the_time_between() -> None:
    text = "Come at 4:30 sharp."
    said = "Come at four thirty sharp. "
    clock = CharacterClock(text)
    piece = character_times(list(said), [i * 10 for i in range(27)], [i * 10 + 10 for i in range(27)], per_second=1000)
    assert piece is not None
    clock.align(piece, 0)
    words = [(text[w.start_char : w.end_char], w.start // MS, w.end // MS) for w in clock.take(270 * MS)]
    assert words == [("Come", 0, 40), ("at", 50, 70), ("4:30", 70, 200), ("sharp.", 200, 260)]


@pytest.mark.parametrize(
    ("chars", "starts", "ends"),
    [
        (None, [0], [1]),
        (["a"], [0], [1, 2]),
        (["a"], ["0"], [1]),
        ([1], [0], [1]),
        (["a"], [-1], [1]),
        (["a"], [5], [1]),
        (["a"], [float("nan")], [1]),
        (["a"], [0], [float("inf")]),
        (["a"], [True], [1]),
    ],
)
def test_times_without_sense_are_no_times(chars: object, starts: object, ends: object) -> None:
    assert character_times(chars, starts, ends, per_second=1000) is None


def test_a_dash_is_no_word() -> None:
    text = "Well — yes."
    piece = character_times(list(text), [i * 10 for i in range(11)], [i * 10 + 10 for i in range(11)], per_second=1000)
    assert piece is not None
    clock = CharacterClock(text)
    clock.align(piece, 0)
    assert clock.take(110 * MS) == (WordTiming(0, 4, 0, 40 * MS), WordTiming(7, 11, 70 * MS, 110 * MS))


def test_entries_of_several_characters_are_divided_evenly() -> None:
    found = character_times(["ab", "", "c"], [0, 10, 10], [10, 10, 12], per_second=1000)
    assert found == CharacterTimes(("a", "b", "c"), ((0, 120), (120, 240), (240, 288)))


@given(spoken(), st.integers(1, 7))
def test_a_sentence_gives_out_every_byte_and_every_word_wherever_bytes_are_cut(
    case: tuple[str, list[tuple[int, int]], list[int]], step: int
) -> None:
    """Pieces cut in the middle of a sample, times with the first piece."""
    text, times, _ = case
    total = times[-1][1] * MS
    pcm = bytes(i % 251 for i in range(total * 2))
    _, piece = relative(text, times, 0, len(text))
    sentence, out, words = Sentence(text), b"", []
    size = max(1, len(pcm) // step | 1)
    for at in range(0, max(1, len(pcm)), size):
        chunk = sentence.add(Piece(None, pcm[at : at + size], piece if at == 0 else None))
        if chunk is not None:
            assert len(chunk.pcm) % 2 == 0
            out += chunk.pcm
            words += chunk.words
            assert all(word.end <= len(out) // 2 for word in chunk.words)
    last = sentence.finish()
    words += last.words if last else ()
    assert out == pcm
    assert tuple(words) == expected(text, times)


def test_what_was_not_given_out_goes_on_as_a_part_of_the_whole() -> None:
    sentence = Sentence("One two three.")
    times = character_times(list("One two th"), [0] * 10, [10] * 10, per_second=1000)
    assert sentence.add(Piece(None, bytes(480 * 2), times)) is not None
    rest = sentence.rest()
    assert rest.text == "three."
    whole = character_times(
        list("three."), [0.0, 0.1, 0.2, 0.3, 0.4, 0.5], [0.1, 0.2, 0.3, 0.4, 0.5, 0.6], per_second=1
    )
    chunk = rest.add(Piece(None, bytes(14_400 * 2), whole), absolute=True)
    assert chunk is not None
    assert chunk.words == (WordTiming(8, 14, 480, 480 + 14_400),)


def test_audio_behind_a_sentence_is_counted_before_the_next() -> None:
    sentence = Sentence("Yes.")
    sentence.precede(Piece(None, bytes(100 * 2)))
    times = character_times(list("Yes. "), [0, 10, 20, 30, 40], [10, 20, 30, 40, 50], per_second=1000)
    chunk = sentence.add(Piece(None, bytes(50 * MS * 2), times))
    assert chunk is not None
    assert len(chunk.pcm) == (100 + 50 * MS) * 2
    assert chunk.words == (WordTiming(0, 4, 100, 100 + 40 * MS),)
    assert sentence.complete


def test_where_the_rest_begins() -> None:
    assert rest_after("One two three", []) == 0
    assert rest_after("One two three", [WordTiming(0, 3, 0, 1)]) == 4
    assert rest_after("One", [WordTiming(0, 3, 0, 1)]) == 3
