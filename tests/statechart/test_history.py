"""What the model is shown: the caller's words, and of the agent exactly what was heard."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from statechart import (
    INTERRUPTED_RESULT,
    Called,
    History,
    Message,
    Returned,
    Said,
    Spoke,
    ToolCall,
    WordSpan,
    render,
    speakable,
)

SECOND = 24_000
BOOK = ToolCall("call-1", "book", '{"day":"Tuesday"}')
FIND = ToolCall("call-2", "find", "{}")


def spoke(text, start=0):
    """A span whose words last a quarter of a second each."""
    spoken = speakable(text)
    words, at, quarter = [], 0, SECOND // 4
    for number, word in enumerate(spoken.text.split()):
        first = spoken.text.index(word, at)
        at = first + len(word)
        words.append(WordSpan(first, at, number * quarter, (number + 1) * quarter))
    return Spoke(Said(text, spoken, start, len(words) * quarter, tuple(words)))


def test_a_turn_under_way_is_shown_in_full():
    assert render([spoke("We open at nine. "), spoke("Is that fine?", SECOND)]) == (
        Message("assistant", "We open at nine. Is that fine?"),
    )


def test_a_cut_turn_ends_at_the_last_word_heard_and_is_marked():
    assert render([spoke("We open at nine.")], SECOND // 2, finished=False) == (Message("assistant", "We open —"),)


def test_a_turn_heard_to_its_end_is_not_marked():
    assert render([spoke("We open at nine.")], SECOND) == (Message("assistant", "We open at nine."),)


def test_a_turn_heard_fully_but_cut_before_all_was_said_is_marked():
    assert render([spoke("We open at nine.")], SECOND, finished=False) == (Message("assistant", "We open at nine. —"),)


def test_a_turn_of_which_nothing_was_heard_leaves_nothing():
    assert render([spoke("We open at nine.")], 0, finished=False) == ()


def test_a_filler_is_the_content_of_the_message_that_calls():
    entries = [Called((BOOK,)), spoke("One moment. "), Returned("call-1", '{"ok":true}'), spoke("Booked.", SECOND // 2)]
    assert render(entries, SECOND) == (
        Message("assistant", "One moment.", (BOOK,)),
        Message("tool", '{"ok":true}', tool_call_id="call-1"),
        Message("assistant", "Booked."),
    )


def test_calls_of_several_rounds_are_messages_of_their_own():
    entries = [
        Called((FIND,)),
        Returned("call-2", "[]"),
        Called((BOOK,)),
        Returned("call-1", "{}"),
    ]
    assert [message.role for message in render(entries)] == ["assistant", "tool", "assistant", "tool"]


def test_a_call_that_a_cut_ended_gets_a_result():
    assert render([Called((BOOK, FIND)), Returned("call-2", "[]")], 0, finished=False) == (
        Message("assistant", "", (BOOK, FIND)),
        Message("tool", INTERRUPTED_RESULT, tool_call_id="call-1"),
        Message("tool", "[]", tool_call_id="call-2"),
    )


def test_a_call_under_way_has_no_result_yet():
    assert render([Called((BOOK,))]) == (Message("assistant", "", (BOOK,)),)


def test_words_before_a_call_are_cut_like_others():
    entries = [spoke("Let me book that for you."), Called((BOOK,)), Returned("call-1", "{}")]
    messages = render(entries, SECOND // 2, finished=False)
    assert messages[0] == Message("assistant", "Let me —", (BOOK,))


@given(
    played=st.integers(0, 4 * SECOND),
    kinds=st.lists(st.sampled_from(["speech", "call", "result"]), max_size=8),
)
def test_every_call_has_exactly_one_result_and_what_is_heard_only_grows(played, kinds):
    entries, calls, start = [], [], 0
    for number, kind in enumerate(kinds):
        if kind == "speech":
            entries.append(spoke(f"word{number} more. ", start))
            start += SECOND // 2
        elif kind == "call":
            calls.append(f"id-{number}")
            entries.append(Called((ToolCall(calls[-1], "find", "{}"),)))
        elif calls:
            entries.append(Returned(calls[-1], "{}"))
    messages = render(entries, played, finished=False)
    asked = [call.id for message in messages for call in message.tool_calls]
    assert asked == calls
    assert sorted(m.tool_call_id for m in messages if m.role == "tool") == sorted(calls)

    def heard(upto):
        text = " ".join(m.content for m in render(entries, upto, finished=False) if m.role == "assistant")
        return text.replace(" —", "").split()

    assert heard(played + SECOND)[: len(heard(played))] == heard(played)


# --- the conversation ---


def test_turns_come_in_order_and_later_words_of_a_turn_replace_earlier_ones():
    history = History().with_caller(1, "I'd like").with_agent(1, (Message("assistant", "Yes?"),)).with_caller(1, "I do")
    history = history.with_agent(0, (Message("assistant", "Hello."),)).with_agent(1, (Message("assistant", "Good."),))
    assert [message.content for message in history.messages()] == ["Hello.", "I do", "Good."]


def test_a_turn_in_which_the_caller_said_nothing_has_no_words_of_the_caller():
    history = History().with_caller(1, "").with_agent(1, (Message("assistant", "Are you there?"),))
    assert [message.role for message in history.messages()] == ["assistant"]


@pytest.mark.parametrize(("most", "kept"), [(None, 3), (1000, 3), (12, 2), (1, 1), (0, 1)])
def test_the_oldest_turns_go_first_and_the_latest_stays(most, kept):
    history = History().with_caller(1, "one--").with_caller(2, "two--").with_caller(3, "three--")
    assert [message.content for message in history.messages(most)] == ["one--", "two--", "three--"][-kept:]


def test_a_turn_goes_with_its_calls_and_results():
    calls = (Message("assistant", "", (BOOK,)), Message("tool", "{}", tool_call_id="call-1"))
    history = History().with_agent(1, calls).with_caller(2, "thanks")
    assert history.messages(len("thanks") + 5) == (Message("user", "thanks"),)
