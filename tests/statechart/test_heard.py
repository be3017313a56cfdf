import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from statechart._heard import Heard, Said, WordSpan, cut_mark, estimate_words, heard
from statechart._speakable import speakable

RAWS = st.lists(
    st.sampled_from(
        [
            "Hello",
            "**Dr. Chen**",
            " ",
            ", ",
            "9:30",
            "a.m.",
            "$5",
            "&",
            "—",
            ". ",
            "!\n",
            "😊",
            "陈医生",
            "- ",
            "it's",
            "(",
            ")",
        ]
    ),
    max_size=12,
).map("".join)


@st.composite
def answers(draw):
    """Spans one after the other, with words from an engine, estimated ones, or the synthesis still under way."""
    spans, start = [], draw(st.integers(0, 50))
    for raw in draw(st.lists(RAWS, max_size=5)):
        spoken = speakable(raw)
        samples = draw(st.integers(1, 5000)) if not spoken.silent else 0
        words = estimate_words(spoken.text, samples) if draw(st.booleans()) else ()
        finished = draw(st.booleans())
        if not finished:
            words = words[: draw(st.integers(0, len(words)))]
        spans.append(Said(raw, spoken, start, samples, words, finished))
        start += samples + draw(st.integers(0, 3))
    return tuple(spans)


@given(answers(), st.lists(st.integers(0, 30_000), max_size=10))
def test_heard_and_unheard_are_the_whole_text_and_heard_only_grows(spans, played):
    raw = "".join(said.raw for said in spans)
    before = ""
    for position in sorted(played):
        outcome = heard(spans, position)
        assert outcome.text + outcome.unheard == raw
        assert outcome.text.startswith(before)
        assert outcome.complete is (outcome.unheard == "")
        before = outcome.text


@given(answers())
def test_all_played_is_all_heard_and_nothing_played_is_nothing_heard(spans):
    whole = [attrs.evolve(said, finished=True) for said in spans]
    raw = "".join(said.raw for said in spans)
    end = max((said.start + said.samples for said in spans), default=0)
    assert heard(whole, end) == Heard(raw, "", complete=True)
    if any(not said.spoken.silent for said in spans):
        assert heard(spans, 0) == Heard("", raw, complete=False)


@given(RAWS, st.integers(0, 100_000), st.booleans())
def test_estimated_words_follow_each_other_within_the_audio(text, samples, finished):
    words = estimate_words(text, samples, finished=finished)
    char = sample = 0
    for word in words:
        assert char <= word.start_char < word.end_char <= len(text)
        assert any(c.isalnum() for c in text[word.start_char : word.end_char])
        assert sample <= word.start <= word.end
        char, sample = word.end_char, word.end
    if finished:
        assert sample <= samples
    assert sum(c.isalnum() for c in text) == sum(c.isalnum() for w in words for c in text[w.start_char : w.end_char])


def said(raw, start, samples, *times, finished=True):
    """A span whose words (split at spaces, without closing punctuation) end at these samples."""
    spoken = speakable(raw)
    words, at = [], 0
    for word, end in zip(spoken.text.split(), times, strict=False):
        first = spoken.text.index(word, at)
        at = first + len(word)
        words.append(WordSpan(first, first + len(word.rstrip(".,!?")), 0, end))
    return Said(raw, spoken, start, samples, tuple(words), finished)


ANSWER = (
    said("Sure. ", 0, 1000, 800),
    said("😊 ", 1000, 0),
    said("**Dr. Chen** is free, today. ", 1000, 5000, 1000, 2000, 3000, 4000, 4900),
)


@pytest.mark.parametrize(
    ("played", "text"),
    [
        (0, ""),
        (799, ""),
        (800, "Sure. "),
        (1000, "Sure. "),
        (1999, "Sure. "),
        (2000, "Sure. 😊 **Dr"),
        (3000, "Sure. 😊 **Dr. Chen**"),
        (5899, "Sure. 😊 **Dr. Chen** is free"),
        (5900, "Sure. 😊 **Dr. Chen** is free, today. "),
        (6000, "Sure. 😊 **Dr. Chen** is free, today. "),
    ],
)
def test_heard_text_ends_at_the_last_word_whose_last_sample_was_played(played, text):
    assert heard(ANSWER, played).text == text


def test_words_are_heard_in_order():
    late = Said("a b", speakable("a b"), 0, 100, (WordSpan(0, 1, 0, 90), WordSpan(2, 3, 0, 50)))
    assert heard([late], 60).text == ""


def test_while_a_span_is_synthesised_only_words_with_known_times_are_heard():
    spans = [said("one two three", 0, 500, 200, 400, finished=False)]
    assert heard(spans, 500) == Heard("one two", " three", complete=False)


def test_while_a_span_without_times_is_synthesised_the_usual_pace_is_assumed():
    raw = "Doctor Chen is free on Tuesday."
    span = Said(raw, speakable(raw), 0, 2400, finished=False)
    assert heard([span], 2400).text == ""
    assert heard([attrs.evolve(span, samples=48_000)], 24_000).text.startswith("Doctor Chen")
    assert heard([attrs.evolve(span, samples=48_000)], 100_000).complete


def test_an_answer_without_a_word_is_heard_whole():
    assert heard([said("😊", 0, 0)], 0) == Heard("😊", "", complete=True)
    assert heard([], 0) == Heard("", "", complete=True)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", []),
        ("...", []),
        ("— well, 'tis.", ["well", "tis"]),
        ("It's 9:30 a.m., or $5 & tax (20%).", ["It's", "9:30", "a.m", "or", "$5", "tax", "20%"]),
        ("陈医生 ok", ["陈", "医", "生", "ok"]),
    ],
)
def test_estimated_words_leave_the_punctuation_around_them_out(text, words):
    assert [text[w.start_char : w.end_char] for w in estimate_words(text, 1000)] == words


def test_a_pause_is_left_to_a_comma_and_a_longer_one_to_a_full_stop():
    first, second, third, fourth = estimate_words("dab dab, dab. dab", 1000)
    assert second.start == first.end
    assert 0 < third.start - second.end < fourth.start - third.end


@pytest.mark.parametrize(("text", "marked"), [("Hello ", "Hello —"), ("Well,", "Well, —"), ("", ""), (" \n", "")])
def test_the_cut_mark(text, marked):
    assert cut_mark(text) == marked
