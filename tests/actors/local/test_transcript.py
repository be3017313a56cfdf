import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.local._transcript import cleaned


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("", ""),
        ("You", ""),
        ("you.", ""),
        ("You I'd like to see Dr. Chen.", "I'd like to see Dr. Chen."),
        ("You can book it.", "You can book it."),
        ("1 I'd like that.", "I'd like that."),
        ("1 Main Street", "Main Street"),
        (" to-morrow  at\n4, To-day ", "tomorrow at 4, Today"),
        ("Yes, yes, yes.", "Yes, yes, yes."),
        ("the the the the the the doctor", "the doctor"),
        ("I see. I see. I see. I see. I see.", "I see."),
        ("five five five five one two", "five five five five one two"),
        ("5, 5, 5, 5, 5, 1", "5, 5, 5, 5, 5, 1"),
    ],
)
def test_what_was_made_up_goes(raw, text):
    assert cleaned(raw) == text


@given(st.text())
def test_cleaning_twice_changes_nothing_more_than_it_adds(raw):
    """Any text is survived, in one line, and nothing is added."""
    text = cleaned(raw)
    assert "\n" not in text
    assert len(text) <= len(raw)
