"""Stitching: whatever is cut when, each word comes out once."""

from __future__ import annotations

from collections.abc import Sequence

import attrs
from hypothesis import example, given
from hypothesis import strategies as st

from actors.cloud._deepgram_words import Spoken, Stitcher, Timeline, Word
from actors.ports import CALLER_RATE

RATE = CALLER_RATE


@attrs.frozen
class Step:
    """What a connection lives through: so much audio is sent, then there is a result up to ``lag`` before its end."""

    samples: int
    lag: int
    final: bool
    lost: bool


steps = st.builds(
    Step,
    samples=st.integers(1, RATE),
    lag=st.integers(0, RATE // 4),
    final=st.booleans(),
    lost=st.booleans(),
)


@st.composite
def utterances(draw: st.DrawFn) -> list[Word]:
    """Words of 80 to 600 ms with any gaps."""
    words, at = [], 0
    for number in range(draw(st.integers(1, 20))):
        start = at + draw(st.integers(0, RATE // 2))
        at = start + draw(st.integers(RATE * 8 // 100, RATE * 6 // 10))
        words.append(Word(f"w{number}", start, at))
    return words


def heard(words: Sequence[Word], start: int, after: int, until: int, jitter: int) -> list[Spoken]:
    """What a connection whose audio begins at ``start`` makes of it from ``after`` up to ``until``: words of which more
    than half lies in between, with times that are off by ``jitter`` but never outside of what was sent."""
    out = []
    for word in words:
        if max(start, after) < word.middle < until:
            a = max(0, word.start - start + jitter) / RATE
            b = max(a, min(word.end - start + jitter, until - start) / RATE)
            out.append(Spoken(word.text, a, b))
    return out


@given(
    utterances(),
    st.lists(steps, min_size=1, max_size=30),
    st.integers(0, RATE // 4),
    st.integers(-RATE // 51, RATE // 51),
)
@example([Word("w0", 0, 8000)], [Step(6000, 0, True, True)], 3200, 0)
@example([Word("w0", 0, 1280)], [Step(1, 0, False, True), Step(1280, 0, True, True)], 641, -214)
def test_each_word_comes_out_once_wherever_connections_are_lost(
    words: list[Word], plan: list[Step], lead: int, jitter: int
) -> None:
    """Final results end between words, as the service's do; connections are lost anywhere."""
    end = words[-1].end + RATE
    stitcher = Stitcher()
    begin = position = reported = 0  # the connection's begin, what it was sent, what it has settled
    timeline = Timeline(begin)
    wobble = 0  # how far off this connection's times are
    for step in [*plan, Step(end, 0, True, False)]:
        sent = min(step.samples, end - position)
        timeline.add(position, sent)
        position += sent
        until = max(begin, position - step.lag)
        if step.final:
            until = max((b for b in between(words, end) if b <= until), default=begin)
        mine = [timeline.word(spoken) for spoken in heard(words, begin, reported, until, wobble)]
        if not step.final:
            stitcher.interim(mine, until)
        elif until > reported:
            stitcher.settle(mine, until)
            reported = until
        shown = stitcher.text.split()
        assert len(shown) == len(set(shown))
        if step.lost:
            stitcher.lose()
            assert stitcher.text.split() == shown  # nothing vanishes from the screen
            begin = position = reported = stitcher.replay_from(lead)
            timeline = Timeline(begin)
            wobble = jitter if wobble != jitter else -jitter
    assert stitcher.text == " ".join(word.text for word in words)


def between(words: Sequence[Word], end: int) -> list[int]:
    """Moments at which nobody is in the middle of a word."""
    return [0, *(word.end for word in words), end]


@given(utterances(), st.integers(0, 30 * RATE))
def test_only_words_of_the_open_segment_are_shown(words: list[Word], begin: int) -> None:
    stitcher = Stitcher()
    stitcher.interim(words, words[-1].end)
    stitcher.begin(begin)
    assert stitcher.text == ""
    stitcher.settle(words, words[-1].end)
    assert stitcher.text.split() == [word.text for word in words if word.middle >= begin]
    assert stitcher.settled_until >= begin


def test_a_guess_stays_visible_until_the_next_connection_has_come_as_far() -> None:
    stitcher = Stitcher()
    stitcher.settle([Word("one", 0, 1000)], 1500)
    stitcher.interim([Word("two", 2000, 3000), Word("tree", 4000, 5000)], 5000)
    stitcher.lose()
    assert stitcher.text == "one two tree"
    assert stitcher.covered_until == stitcher.settled_until == 1500
    stitcher.interim([Word("two", 2010, 3010)], 3500)
    assert stitcher.text == "one two tree"
    stitcher.interim([Word("two", 2010, 3010), Word("three", 4010, 5010)], 5200)
    assert stitcher.text == "one two three"


@given(
    st.lists(st.tuples(st.sampled_from(["next", "skip", "silence"]), st.integers(1, 20_000)), min_size=1, max_size=40)
)
def test_times_of_a_connection_lie_where_their_samples_do(plan: list[tuple[str, int]]) -> None:
    position = begin = 777
    timeline = Timeline(begin)
    expected: list[int] = []  # the position of each sample sent, looked at one in 500
    for kind, length in plan:
        if kind == "silence":
            timeline.add(None, length)
            expected += [position] * length
            continue
        position += 5000 if kind == "skip" else 0
        timeline.add(position, length)
        expected += range(position, position + length)
        position += length
    assert timeline.samples == len(expected)
    for sample in range(0, len(expected), 499):
        seconds = sample / RATE
        told = timeline.position(seconds)
        assert told == expected[sample] or (sample and told == expected[sample - 1] + 1)
    assert timeline.position(-1.0, ending=True) in (begin, expected[0])
    assert timeline.position(1e6, ending=True) == position
    first = expected[len(expected) // 2]
    kept = [sample for sample in range(0, len(expected), 499) if expected[sample] >= first]
    before = [timeline.position(sample / RATE) for sample in kept]
    timeline.forget_before(first)
    assert [timeline.position(sample / RATE) for sample in kept] == before


def test_a_border_belongs_to_both_sides() -> None:
    timeline = Timeline(0)
    timeline.add(0, RATE)
    timeline.add(5 * RATE, RATE)
    assert timeline.position(1.0, ending=True) == RATE
    assert timeline.position(1.0) == 5 * RATE
