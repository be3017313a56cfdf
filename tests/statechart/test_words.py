import pytest
from hypothesis import given
from hypothesis import strategies as st

from statechart._words import made_of, phrases, same_words, words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ()),
        (" ... ", ()),
        ("I'd like Doctor Chen’s e-mail.", ("i'd", "like", "doctor", "chen's", "e", "mail")),  # noqa: RUF001
        ("[BLANK_AUDIO] (laughs) Okay! *coughs*", ("okay",)),
        ("(555) 123-4567", ("555", "123", "4567")),
        ("At 4:30 p.m. ¿Qué?", ("at", "4", "30", "p", "m", "qué")),
    ],
)
def test_words(text, expected):
    assert words(text) == expected


@given(st.text(max_size=40))
def test_words_do_not_depend_on_capitals_or_the_space_around(text):
    assert words(f"  {text}\n") == words(text)
    assert all(word == word.lower() for word in words(text))


def test_same_words_looks_through_punctuation_and_capitals():
    assert same_words("Next Tuesday, please.", "next tuesday please")
    assert not same_words("Next Tuesday", "next Thursday")


def test_a_long_row_of_ambiguous_phrases_is_judged_at_once():
    pattern = phrases("yes", "yes yes", "yes yes yes")
    assert not made_of(["yes"] * 2000 + ["wait"], pattern)
    assert made_of(["yes"] * 2000, pattern)


@given(st.lists(st.sampled_from(["uh huh", "uh", "okay", "i see"]), min_size=1, max_size=6))
def test_any_run_of_phrases_is_made_of_them(parts):
    pattern = phrases("uh huh", "uh", "okay", "i see")
    spoken = " ".join(parts).split()
    assert made_of(spoken, pattern)
    assert not made_of([*spoken, "wait"], pattern)
    assert not made_of([], pattern)
