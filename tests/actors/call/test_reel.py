from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from actors.call._reel import Reel
from actors.ports import WordTiming
from statechart import ToolCall, render, speakable


def pcm(samples, value=1):
    return np.full(samples, value, np.int16).tobytes()


def speak(reel, text, samples, **kinds):
    span = reel.write(text, speakable(text), **kinds)
    reel.begin(span)
    reel.add(span, pcm(samples), ())
    span.finished = True
    return span


@given(st.lists(st.integers(0, 5000), max_size=20), st.lists(st.integers(1, 960), max_size=200))
def test_audio_comes_out_as_it_went_in(chunks, takes):
    reel, sent, source = Reel(1, 0), b"", b""
    span = reel.write("words", speakable("words"))
    reel.begin(span)
    for i, samples in enumerate(chunks):
        source += pcm(samples, i)
        reel.add(span, pcm(samples, i), ())
    for i, samples in enumerate(takes):
        audio = reel.take(min(samples, reel.unsent))
        sent += audio
        reel.cursor.on_sent(len(audio) // 2, float(i))
        reel.cursor.on_report(reel.cursor.sent // 2, float(i))
    assert sent == source[: len(sent)]
    assert len(sent) == min(len(source), sum(takes) * 2)


def test_words_not_yet_spoken_are_unheard():
    reel = Reel(1, 0)
    speak(reel, "One. ", 100)
    reel.write("Two.", speakable("Two."))
    assert reel.heard(100).text == "One. "
    assert reel.heard(10**9).unheard == "Two."


def test_word_times_decide():
    reel = Reel(1, 0)
    span = reel.write("one two", speakable("one two"))
    reel.begin(span)
    reel.add(span, pcm(200), (WordTiming(0, 3, 0, 90), WordTiming(4, 7, 100, 200)))
    assert reel.heard(99).text == "one"


def test_new_attempt_after_speech_keeps_what_was_sent():
    reel = Reel(1, 0)
    speak(reel, "Sent words. ", 1000)
    speak(reel, "Unsent.", 1000)
    reel.cursor.on_sent(1000, 0.0)
    reel.next_attempt(1)
    assert (reel.total, reel.unsent, reel.text) == (1000, 0, "Sent words.")


def test_new_attempt_before_speech_starts_empty():
    reel = Reel(1, 0)
    speak(reel, "Unsent.", 1000)
    reel.called([ToolCall("a", "f", "{}")])
    reel.next_attempt(1)
    assert (reel.total, reel.entries()) == (0, [])


def test_outcome_is_announced_when_a_later_word_was_heard():
    reel = Reel(1, 0)
    speak(reel, "Let me see. ", 100)
    reel.outcome("k")
    speak(reel, "Um. ", 50, filler=True)
    speak(reel, "It is booked.", 100)
    assert reel.announced(150) == frozenset()
    assert reel.announced(250) == {"k"}


def test_renders_calls_with_their_results():
    reel = Reel(1, 0)
    reel.called([ToolCall("a", "f", "{}")])
    speak(reel, "One moment. ", 10, filler=True)
    reel.returned("a", "1")
    speak(reel, "Done.", 10)
    first, second, third = render(reel.entries(), 20)
    assert (first.content, first.tool_calls[0].id) == ("One moment.", "a")
    assert (second.role, second.content) == ("tool", "1")
    assert third.content == "Done."


class Effect:
    started = True


def test_turn_whose_side_effect_has_started_keeps_its_calls():
    """Found by simulation: a turn cut before its first sound took the booking out of the history."""
    reel = Reel(1, 0)
    reel.called([ToolCall("a", "book", "{}")])
    reel.asked(Effect())
    reel.returned("a", '{"status":"in progress"}')
    speak(reel, "Unsent.", 1000)
    reel.next_attempt(0)
    assert reel.to_keep
    assert [m.role for m in render(reel.entries(), 0, finished=False)] == ["assistant", "tool"]


def test_late_result_takes_the_place_of_the_first():
    """Found by simulation: words between them kept "in progress" in the history for good."""
    reel = Reel(1, 0)
    reel.called([ToolCall("a", "book", "{}")])
    reel.returned("a", '{"status":"in progress"}')
    speak(reel, "I am sorry.", 100)
    reel.returned("a", '{"status":"booked"}')
    assert [m.content for m in render(reel.entries(), 100) if m.role == "tool"] == ['{"status":"booked"}']


def test_broken_off_sentence_does_not_hide_what_follows_it():
    """Found by simulation: the apology after a failed voice was heard and not in the history."""
    reel = Reel(1, 0)
    spoken = speakable("I found nine and ten.")
    span = reel.write("I found nine and ten.", spoken)
    reel.begin(span)
    reel.add(span, bytes(2 * 200), [WordTiming(0, 1, 0, 100), WordTiming(2, 7, 100, 200)])
    reel.drop_unspoken()
    speak(reel, "I am sorry.", 100)
    assert reel.heard(300).text == "I found I am sorry."


def test_words_before_and_behind_a_call_are_two_sentences():
    """Found by simulation: "Sadly not.I found" stood on the page."""
    reel = Reel(1, 0)
    speak(reel, "Let me see.", 100)
    reel.called([ToolCall("a", "look", "{}")])
    speak(reel, "I found nine.", 100)
    assert reel.text == "Let me see. I found nine."
    assert reel.heard(200).text == "Let me see. I found nine."


def test_words_that_tell_of_several_outcomes_must_all_be_heard():
    """Found by simulation: of two bookings, the second was never told of when the first one's sentence was cut."""
    reel = Reel(1, 0)
    reel.outcome("k1")
    reel.returned("b", "2")
    reel.outcome("k2")
    speak(reel, "One is booked. ", 100)
    speak(reel, "Two is booked, too.", 100)
    assert reel.announced(150) == frozenset()
    assert reel.announced(200) == {"k1", "k2"}


def test_fixed_words_tell_of_no_outcome():
    reel = Reel(1, 0)
    reel.outcome("k")
    span = reel.write("I am sorry.", speakable("I am sorry."), tells=False)
    reel.begin(span)
    reel.add(span, bytes(2 * 100), ())
    span.finished = True
    assert reel.announced(100) == frozenset()


def test_filler_stands_before_the_answer_that_waited_for_it():
    """Found by simulation: the model had written its first words before the filler took the mouth."""
    reel = Reel(1, 0)
    answer = reel.write("It is done.", speakable("It is done."))
    speak(reel, "One moment. ", 100, filler=True)
    reel.begin(answer)
    reel.add(answer, pcm(100), ())
    answer.finished = True
    assert reel.heard(200).text == "One moment. It is done."


def test_outcome_told_after_another_result_must_be_heard_out():
    """Found by simulation: the words heard were about the other function that the model had called."""
    reel = Reel(1, 0)
    reel.called([ToolCall("a", "look", "{}"), ToolCall("b", "book", "{}")])
    reel.returned("a", "1")
    reel.returned("b", "2")
    reel.outcome("k")
    speak(reel, "Nine is free. ", 100)
    speak(reel, "And it is booked.", 100)
    assert reel.announced(150) == frozenset()
    assert reel.announced(200) == {"k"}


def test_words_about_a_later_outcome_need_not_be_heard_for_the_earlier_ones():
    reel = Reel(1, 0)
    reel.called([ToolCall("a", "book", "{}"), ToolCall("b", "move", "{}")])
    for call, key in (("a", "k1"), ("b", "k2")):
        reel.returned(call, "1")
        reel.outcome(key)
    speak(reel, "Both are done.", 100)
    reel.finished = True
    reel.reopen()
    assert not reel.finished
    assert not reel.tells_of("k3")
    reel.outcome("k3")
    assert reel.tells_of("k3")
    speak(reel, "By the way, that is ordered, too.", 100)
    assert reel.heard(200).text.strip() == "Both are done. By the way, that is ordered, too."
    assert reel.announced(100) == {"k1", "k2"}
    assert reel.announced(200) == {"k1", "k2", "k3"}


def test_outcomes_keep_their_place_when_words_are_dropped():
    """Found by simulation."""
    reel = Reel(1, 0)
    reel.called([ToolCall("a", "book", "{}")])
    reel.write("Never said.", speakable("Never said."))
    reel.returned("a", "1")
    reel.outcome("k")
    reel.drop_unspoken()
    speak(reel, "It is booked.", 100)
    assert reel.announced(100) == {"k"}
