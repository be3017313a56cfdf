"""What a caller experiences: turns, barge-in, side effects, the end of a call."""

from __future__ import annotations

import pytest

from statechart import (
    CancelAnswer,
    CloseSegment,
    CommitFinished,
    CommitRequested,
    ConfirmAnswer,
    DrainRequested,
    EagerEndOfTurn,
    EndCall,
    EndCallRequested,
    EndOfTurn,
    FinalTranscript,
    Flush,
    HangUpRequested,
    Hold,
    LineBack,
    LineLost,
    PartialTranscript,
    Phrase,
    Play,
    RecordCaller,
    Resume,
    RunCommit,
    Say,
    Settled,
    ShowCaller,
    Stage,
    StartAnswer,
    State,
    SttFailed,
    TextTyped,
    Timer,
    Transcribe,
    TurnResumed,
    VoiceStarted,
)

HOURS = "What are your hours?"


# --- the caller's turn ---


def test_a_pause_starts_an_answer_on_trial_and_silence_confirms_it(chart):
    chart.understood(HOURS)
    assert chart.gave(StartAnswer) == [StartAnswer(1, 0, HOURS, speculative=True)]
    assert chart.armed(Timer.END_OF_TURN) == 1000  # few words
    chart.fire(Timer.END_OF_TURN)
    assert chart.effects[:4] == [
        ShowCaller(1, HOURS, final=True),
        RecordCaller(1, HOURS),
        CloseSegment(),
        ConfirmAnswer(1, 0),
    ]
    assert chart.armed(Timer.FILLER) == 400  # the wait was longer than a filler is due after


@pytest.mark.parametrize(("filler_ms", "due"), [(1300, 300), (1010, 50), (1000, 90), (700, 90)])
def test_a_filler_counts_from_the_last_voiced_sample_or_from_an_end_that_came_later(make_chart, filler_ms, due):
    chart = make_chart(filler_ms=filler_ms, late_filler_ms=90).understood(HOURS).fire(Timer.END_OF_TURN)
    assert chart.armed(Timer.FILLER) == due


def test_more_words_withdraw_the_trial(chart):
    chart.understood(HOURS).voice(segment=0)
    chart(PartialTranscript(0, HOURS + " On Sunday"))
    assert chart.gave(CancelAnswer) == [CancelAnswer(1, 0, "more words")]
    assert chart.key == (1, 1)


def test_the_same_words_again_keep_the_trial(chart):
    chart.understood(HOURS).voice(segment=0)
    chart(PartialTranscript(0, "what are your hours")).silence().words("What are your hours.")
    assert chart.key == (1, 0)


def test_without_speculation_the_answer_starts_when_the_turn_is_over(make_chart):
    chart = make_chart(speculate=False).understood(HOURS)
    assert chart.gave(StartAnswer) == []
    chart.fire(Timer.END_OF_TURN)
    assert chart.gave(StartAnswer) == [StartAnswer(1, 0, HOURS, speculative=False)]


def test_an_answer_that_failed_on_trial_is_tried_in_earnest(chart):
    chart.understood(HOURS).failed().fire(Timer.END_OF_TURN)
    assert chart.gave(StartAnswer) == [StartAnswer(1, 1, HOURS, speculative=False)]


def test_words_that_change_at_the_last_moment_are_answered_anew(chart):
    chart.idle().voice().silence()
    chart.fire(Timer.END_OF_TURN)
    chart.words(HOURS)
    assert chart.gave(StartAnswer) == [StartAnswer(1, 0, HOURS, speculative=False)]


def test_a_trial_is_replaced_when_the_final_transcript_differs_and_the_turn_is_over(chart):
    chart.understood(HOURS).voice(segment=0).silence().fire(Timer.END_OF_TURN)
    chart.words("What are your fees?")
    assert chart.gave(CancelAnswer) == [CancelAnswer(1, 0, "more words")]
    assert chart.gave(StartAnswer) == [StartAnswer(1, 1, "What are your fees?", speculative=False)]


def test_a_transcript_of_an_earlier_pause_settles_nothing(chart):
    chart.idle().voice().silence().voice(segment=0).silence()
    chart(FinalTranscript(0, 1, HOURS))
    assert chart.armed(Timer.END_OF_TURN) == 3000
    assert chart.gave(StartAnswer) == []


def test_a_partial_transcript_after_the_final_one_changes_nothing(chart):
    now = chart.understood(HOURS).now
    assert chart(PartialTranscript(0, "What are")).now == now


def test_a_stale_segment_says_nothing_new(chart):
    now = chart.processing().now
    assert chart(PartialTranscript(0, "wait wait")).now == now
    now = chart.says("and on Tuesday").voice().now
    assert chart(PartialTranscript(0, "wait wait")).now == now


def test_two_segments_make_one_utterance(chart):
    chart.idle().says("I'd like to see Doctor").says("Chen")
    assert chart.now.utterance.full == "I'd like to see Doctor Chen"


def test_silence_without_words_goes_back_to_idle(chart):
    chart.idle().says("").fire(Timer.END_OF_TURN)
    assert chart.state is State.IDLE
    assert chart.gave(Say) == []


def test_a_trial_for_words_that_were_none_after_all_is_withdrawn(chart):
    chart.understood(HOURS).voice(segment=0).silence().fire(Timer.END_OF_TURN).words("")
    assert chart.gave(CancelAnswer) == [CancelAnswer(1, 0, "nothing was said")]
    assert chart.state is State.IDLE


def test_where_speech_cannot_be_understood_the_caller_is_told(chart):
    chart.idle().voice().silence()
    chart(SttFailed(0, 1))
    assert chart.armed(Timer.END_OF_TURN) == 1500
    chart.fire(Timer.END_OF_TURN)
    assert chart.gave(Say) == [Say(1, 0, Phrase.APOLOGY)]


def test_without_a_final_transcript_the_partial_one_counts(chart):
    chart.idle().voice()
    chart(PartialTranscript(0, HOURS)).silence()
    chart.fire(Timer.END_OF_TURN).fire(Timer.TRANSCRIPT)
    assert chart.gave(RecordCaller) == [RecordCaller(1, HOURS)]


def test_a_failed_transcript_that_is_not_the_latest_does_not_matter(chart):
    now = chart.idle().voice().now
    assert chart(SttFailed(0, 0)).now == now
    now = chart.says("x").fire(Timer.END_OF_TURN).voice().now
    assert chart(SttFailed(9, 0)).now == now


def test_a_noise_that_never_ends_does_not_hold_the_floor(chart):
    chart.idle().voice()
    chart.fire(Timer.STALL)
    assert chart.state is State.IDLE
    chart(PartialTranscript(0, "what are your hours"))
    assert chart.state is State.LISTENING


def test_words_in_a_noise_that_never_ends_are_answered(chart):
    chart.idle().voice()
    chart(PartialTranscript(0, HOURS))
    chart.fire(Timer.STALL)
    assert chart.state is State.PROCESSING
    assert chart.gave(CloseSegment) == []
    now = chart.now
    chart(PartialTranscript(0, HOURS))
    assert (chart.key, chart.state) == ((1, 0), State.PROCESSING), now
    chart(PartialTranscript(0, HOURS + " And on Sunday"))
    assert chart.state is State.LISTENING
    assert chart.now.utterance.full == HOURS + " And on Sunday"


def test_typed_words_follow_spoken_ones_and_the_voice_goes_on(chart):
    chart.idle().voice()
    chart(PartialTranscript(0, "I'd like to see"), TextTyped("Doctor Chen"))
    assert chart.gave(RecordCaller) == [RecordCaller(1, "I'd like to see Doctor Chen")]
    assert chart.armed(Timer.OVERLAP) == 1500
    chart(PartialTranscript(0, "I'd like to see him tomorrow"))
    assert chart.now.utterance.full == "I'd like to see Doctor Chen him tomorrow"


# --- the agent's work ---


def test_the_answer_waits_for_what_was_heard_to_be_settled(chart):
    chart.speaking()(TextTyped("No, on Wednesday"))
    assert chart.gave(Flush) == [Flush(1)]
    assert chart.gave(StartAnswer) == []
    chart(Settled(0))
    assert chart.gave(StartAnswer) == []
    chart(Settled(1))
    assert chart.gave(StartAnswer) == [StartAnswer(2, 0, "No, on Wednesday", speculative=False)]


def test_a_trial_that_still_waits_is_confirmed_in_silence(chart):
    chart.speaking().voice()
    chart(PartialTranscript(chart.now.utterance.segment, "no, on Wednesday")).silence().words("No, on Wednesday.")
    chart.fire(Timer.END_OF_TURN)
    assert chart.gave(ConfirmAnswer) == []
    chart(Settled(1))
    assert chart.gave(StartAnswer) == [StartAnswer(2, 0, "No, on Wednesday.", speculative=False)]


def test_settled_before_the_turn_ends_is_not_waited_for(chart):
    chart.speaking().drained()
    chart(Settled(1))
    chart.finished()
    assert chart.now.unsettled is None


def test_should_it_never_be_settled_the_caller_gets_an_apology_and_the_next_turn_works(chart):
    chart.speaking()(TextTyped("No, on Wednesday")).fire(Timer.ANSWER)
    assert chart.gave(Say) == [Say(2, 1, Phrase.APOLOGY)]
    chart(TextTyped("hello?"))
    assert chart.gave(StartAnswer) == [StartAnswer(3, 0, "hello?", speculative=False)]


def test_a_filler_is_asked_for_once_and_not_where_the_answer_has_begun(chart):
    chart.processing().fire(Timer.FILLER)
    assert chart.gave(Say) == [Say(1, 0, Phrase.FILLER)]
    chart.voice().silence(60)
    assert chart.armed(Timer.FILLER) is None


def test_no_filler_once_a_sentence_is_on_its_way(chart):
    chart.processing().span().fire(Timer.FILLER)
    assert chart.effects == []


def test_after_a_heard_filler_the_work_goes_on_in_the_same_turn(chart):
    chart.processing().fire(Timer.FILLER).span("One moment.", filler=True).ready()
    assert chart.gave(Play) == [Play(1)]
    chart.drained()
    assert chart.state is State.PROCESSING
    chart.span().ready()
    assert chart.gave(Play) == [Play(1)]


def test_a_filler_finished_with_nothing_to_follow_is_followed_by_an_apology(chart):
    chart.processing().span("One moment.", filler=True).ready().finished()
    assert chart.gave(Say) == [Say(1, 0, Phrase.APOLOGY)]
    assert not chart.reply.finished


def test_an_answer_without_words_becomes_an_apology(chart):
    chart.processing().finished()
    assert chart.gave(Say) == [Say(1, 0, Phrase.APOLOGY)]


def test_a_trial_without_words_becomes_an_apology_once_confirmed(chart):
    chart.understood().finished().fire(Timer.END_OF_TURN)
    assert chart.gave(Say) == [Say(1, 0, Phrase.APOLOGY)]


def test_a_trial_that_finished_just_when_it_was_confirmed_is_still_played(chart):
    """ReplyFinished was under way when the chart confirmed; AudioReady can only come after it."""
    chart.understood().span().fire(Timer.END_OF_TURN).finished()
    assert chart.state is State.PROCESSING
    chart.ready()
    assert chart.gave(Play) == [Play(1)]
    chart.drained()
    assert chart.state is State.IDLE


def test_a_failure_in_mid_speech_is_apologised_for_behind_what_was_said(chart):
    chart.speaking().failed()
    assert chart.gave(Say) == [Say(1, 0, Phrase.APOLOGY)]
    assert chart.gave(Flush) == []


def test_when_even_the_apology_fails_the_call_goes_on_in_silence(chart):
    chart.processing().failed().failed()
    assert chart.state is State.IDLE
    assert chart.armed(Timer.IDLE) == 10_000


def test_when_the_apology_fails_in_mid_word_what_was_heard_is_settled_by_a_flush(chart):
    chart.speaking().failed().failed().drained()
    assert chart.gave(Flush) == [Flush(1)]
    assert chart.now.unsettled == 1


def test_a_deadline_cancels_and_apologises_and_a_second_one_gives_up(chart):
    chart.processing().fire(Timer.ANSWER)
    assert chart.gave(CancelAnswer) == [CancelAnswer(1, 0, "deadline")]
    assert chart.gave(Say) == [Say(1, 1, Phrase.APOLOGY)]
    chart.fire(Timer.ANSWER)
    assert chart.state is State.IDLE
    assert chart.gave(Say) == []


def test_at_the_deadline_audio_that_waits_for_a_voice_is_played(chart):
    chart.processing().voice().span().ready().fire(Timer.ANSWER)
    assert chart.gave(Play) == [Play(1)]


def test_half_a_phrase_that_waits_for_a_voice_is_still_played(chart):
    chart.idle().fire(Timer.IDLE).voice().span("Are you still").ready().failed()
    assert chart.state is State.PROCESSING
    chart.silence(60)
    assert chart.gave(Play) == [Play(1)]


def test_a_finished_answer_that_waits_for_a_voice_is_still_played(chart):
    chart.processing().voice().span().ready().finished().silence(60)
    assert chart.gave(Play) == [Play(1)]
    chart.drained()
    assert chart.state is State.IDLE


# --- the caller goes on ---


def test_who_goes_on_before_anything_was_heard_is_answered_as_a_whole(chart):
    chart.processing("I'd like to see Doctor Chen").says("and on Tuesday")
    assert chart.gave(StartAnswer)[-1] == StartAnswer(1, 1, "I'd like to see Doctor Chen and on Tuesday", True)
    chart.fire(Timer.END_OF_TURN)
    assert chart.gave(RecordCaller) == [RecordCaller(1, "I'd like to see Doctor Chen and on Tuesday")]


@pytest.mark.parametrize("what", ["filler", "commit"])
def test_once_something_was_heard_or_done_the_new_words_are_a_new_turn(chart, what):
    chart.processing("I'd like to see Doctor Chen")
    if what == "filler":
        chart.span("One moment.", filler=True).ready().drained()
    else:
        chart(CommitRequested(1, 0, "k"))
    chart.voice()(PartialTranscript(chart.now.utterance.segment, "and also on Tuesday"))
    assert (chart.key, chart.state) == ((2, 0), State.LISTENING)
    assert chart.now.utterance.full == "and also on Tuesday"
    assert chart.gave(Flush) == [Flush(1)] * (what == "filler")


def test_a_backchannel_delays_an_answer_and_does_not_withdraw_it(chart):
    chart.processing().voice().span().ready()
    assert chart.gave(Play) == []
    chart.silence().words("okay")
    assert chart.gave(Play) == [Play(1)]
    assert chart.gave(CloseSegment) == [CloseSegment()]


def test_a_voice_that_comes_and_goes_delays_an_answer_once(chart):
    chart.processing().voice()
    serial = chart.now.timer(Timer.OVERLAP).serial
    chart.silence().voice(segment=chart.now.utterance.segment)
    assert chart.now.timer(Timer.OVERLAP).serial == serial


def test_the_words_of_a_noise_still_count_when_they_come_late(chart):
    chart.processing().voice().silence(60)
    segment = chart.now.ignored_segment
    assert chart.armed(Timer.OVERLAP) is None
    chart(FinalTranscript(segment, chart.now.pause, "no, Tuesday"))
    assert chart.state is State.LISTENING
    assert chart.now.utterance.full == HOURS + " no, Tuesday"


def test_a_noise_whose_late_words_say_nothing_is_let_pass(chart):
    chart.processing().voice().silence(60)
    now = chart.now
    assert chart(FinalTranscript(now.ignored_segment, now.pause, "uh-huh")).now == now


def test_a_voice_that_outlasts_its_time_is_closed_when_it_ends(chart):
    chart.processing().voice().fire(Timer.OVERLAP).silence()
    assert chart.gave(Transcribe) != []
    assert chart.gave(CloseSegment) == [CloseSegment()]
    assert chart.state is State.PROCESSING


def test_typing_while_the_agent_works_joins_the_turn(chart):
    chart.processing("I'd like to see Doctor Chen")(TextTyped("on Tuesday"))
    assert chart.gave(StartAnswer) == [StartAnswer(1, 1, "I'd like to see Doctor Chen on Tuesday", speculative=False)]


def test_speech_before_the_greeting_was_heard_takes_the_floor(chart):
    from statechart import CallStarted

    chart(CallStarted()).span("Hello.").voice()
    chart.ready()
    assert chart.gave(Play) == []
    chart(PartialTranscript(0, HOURS))
    assert chart.gave(CancelAnswer) == [CancelAnswer(0, 0, "barge-in turn=0")]
    assert (chart.key, chart.now.utterance.full) == ((1, 0), HOURS)


def test_words_of_an_older_turn_do_not_come_back(chart):
    chart.processing().span().ready().finished().drained()
    chart(Settled(1)).fire(Timer.IDLE).voice()
    chart(PartialTranscript(chart.now.utterance.segment, "yes I am"))
    assert chart.now.utterance.full == "yes I am"


# --- barge-in ---


def test_a_voice_holds_the_agent_and_a_cough_lets_it_go_on(chart):
    chart.interrupted()
    assert chart.gave(Hold) == [Hold(1)]
    assert chart.armed(Timer.OVERLAP) == 600
    chart.silence(60)
    assert chart.gave(Resume) == [Resume(1)]
    assert chart.key == (1, 0)


def test_words_cut_and_open_the_next_turn(chart):
    chart.interrupted()(PartialTranscript(chart.now.utterance.segment, "no, on Wednesday"))
    assert chart.effects[:2] == [Flush(1), CancelAnswer(1, 0, "barge-in turn=1")]
    assert chart.gave(ShowCaller) == [ShowCaller(2, "no, on Wednesday", final=False)]
    assert (chart.key, chart.state, chart.now.last_said) == ((2, 0), State.LISTENING, "Doctor Chen is free")


def test_an_overlap_in_two_segments_is_judged_as_one(chart):
    chart.interrupted()
    chart(PartialTranscript(chart.now.utterance.segment, "Wednesday")).silence().voice()
    chart(PartialTranscript(chart.now.utterance.segment, "would suit"))
    assert chart.now.utterance.full == "Wednesday would suit"
    assert chart.state is State.LISTENING


def test_a_stale_segment_does_not_interrupt(chart):
    now = chart.interrupted().now
    assert chart(PartialTranscript(0, "stop")).now == now


def test_the_end_of_a_finished_reply_counts_as_answered(chart):
    chart.speaking().finished().voice(unheard_ms=200)
    assert chart.gave(Hold) == []
    assert chart.gave(Flush) == [Flush(1)]
    chart.silence().words("").fire(Timer.END_OF_TURN)
    assert chart.state is State.IDLE, "it was all but heard: nothing to be sorry for"


def test_who_was_cut_off_for_nothing_is_not_left_in_silence(chart):
    chart.interrupted().fire(Timer.OVERLAP)
    assert chart.state is State.LISTENING
    chart.silence().words("")
    assert chart.armed(Timer.END_OF_TURN) == 1500
    chart.fire(Timer.END_OF_TURN)
    assert chart.gave(Say) == [Say(2, 0, Phrase.APOLOGY)]


def test_the_agent_does_not_answer_its_own_echo(chart):
    chart.interrupted().fire(Timer.OVERLAP).silence().words("Doctor Chen is free")
    assert chart.gave(StartAnswer) == []
    chart.fire(Timer.END_OF_TURN)
    assert chart.gave(RecordCaller) == []


def test_a_caller_who_speaks_up_within_an_echo_is_heard(chart):
    chart.interrupted()
    chart(PartialTranscript(chart.now.utterance.segment, "Doctor Chen is free")).fire(Timer.OVERLAP)
    assert chart.state is State.SPEAKING
    chart(PartialTranscript(chart.now.utterance.segment, "stop, that is wrong"))
    assert chart.state is State.LISTENING


def test_an_echo_that_outlasts_the_agent_is_no_turn(chart):
    chart.interrupted()
    chart(PartialTranscript(chart.now.utterance.segment, "Doctor Chen is free")).fire(Timer.OVERLAP)
    chart.finished().drained().silence()
    chart.words("Doctor Chen is free", segment=chart.now.ignored_segment)
    assert chart.state is State.IDLE


def test_held_audio_that_ran_dry_goes_on_with_play(chart):
    chart.interrupted().drained().span().ready()
    assert chart.gave(Play) == []
    chart.silence(60)
    assert [effect for effect in chart.effects if isinstance(effect, Resume | Play)] == [Resume(1), Play(1)]


def test_a_reply_heard_before_it_could_be_held_is_answered(chart):
    chart.speaking().finished().voice().drained()
    assert (chart.state, chart.key) == (State.LISTENING, (2, 0))


def test_an_echo_of_a_reply_that_was_heard_to_its_end_ends_the_turn(chart):
    chart.interrupted()
    chart(PartialTranscript(chart.now.utterance.segment, "Doctor Chen is free"))
    chart.drained().finished().fire(Timer.OVERLAP)
    assert chart.state is State.IDLE


# --- side effects ---


def test_a_side_effect_runs_at_once_where_nothing_is_in_doubt(chart):
    chart.processing()(CommitRequested(1, 0, "k"))
    assert chart.gave(RunCommit) == [RunCommit("k")]


@pytest.mark.parametrize("way", ["understood", "held", "judged"])
def test_a_side_effect_waits_while_it_is_in_doubt(chart, way):
    if way == "understood":
        chart.understood()
    elif way == "held":
        chart.interrupted()
    else:
        chart.processing().voice()
    chart(CommitRequested(1, 0, "k"))
    assert chart.gave(RunCommit) == []
    if way == "understood":
        chart.fire(Timer.END_OF_TURN)
    else:
        chart.silence(60)
    assert chart.gave(RunCommit) == [RunCommit("k")]


def test_a_withdrawn_side_effect_never_runs(chart):
    chart.understood()(CommitRequested(1, 0, "k"))
    chart.voice(segment=0)(PartialTranscript(0, HOURS + " no wait"))
    assert chart.now.commits == ()


def test_a_failed_answer_does_not_run_what_it_still_wanted(chart):
    chart.interrupted()(CommitRequested(1, 0, "k")).failed().silence(60)
    assert chart.gave(RunCommit) == []
    assert chart.now.commits == ()


def outcome_of_a_cut_turn(chart):
    chart.processing()(CommitRequested(1, 0, "k")).says("never mind that")
    return chart


def test_an_outcome_is_told_by_the_next_answer_and_once_heard_by_no_other(chart):
    outcome_of_a_cut_turn(chart)(CommitFinished("k"))
    chart.fire(Timer.END_OF_TURN).span("It is booked.").ready().finished().drained()
    # The answer had begun before the outcome was known: nobody asks, so it is told now.
    chart(Settled(2))
    assert chart.gave(StartAnswer) == [StartAnswer(3, 0, "", speculative=False, announce=("k",))]
    chart.span("It is booked.").ready().finished().drained()(Settled(3, frozenset({"k"})))
    assert (chart.now.commits, chart.state) == ((), State.IDLE)


def test_trials_do_not_use_up_the_telling_of_an_outcome(chart):
    outcome_of_a_cut_turn(chart).fire(Timer.END_OF_TURN)(CommitFinished("k"))
    for text in ("one", "one two", "one two three", "one two three four"):
        chart.says(text)
        assert chart.now.commits[0].stage is Stage.DONE
    assert chart.gave(StartAnswer)[-1].announce == ("k",)


def test_an_outcome_that_could_not_be_told_alone_waits_for_the_next_turn(chart):
    outcome_of_a_cut_turn(chart).fire(Timer.END_OF_TURN)(CommitFinished("k"))
    chart.span("All right.").ready().finished().drained()(Settled(2))
    assert chart.key == (3, 0)
    chart.failed()
    assert chart.state is State.IDLE
    chart(TextTyped("hello?"))
    assert chart.gave(StartAnswer)[0].announce == ("k",)


def test_an_outcome_waits_for_a_lost_caller(chart):
    outcome_of_a_cut_turn(chart).fire(Timer.END_OF_TURN).span().ready().finished().drained()
    chart(Settled(2), LineLost(), CommitFinished("k"))
    assert chart.state is State.IDLE
    chart(LineBack())
    assert chart.gave(StartAnswer) == [StartAnswer(3, 0, "", speculative=False, announce=("k",))]


# --- what the recogniser thinks of the end of the turn ---


def test_a_likely_end_starts_an_answer_on_trial_before_our_own_ears_are_sure(chart):
    chart.listening()(EagerEndOfTurn(0, HOURS))
    assert chart.gave(StartAnswer) == [StartAnswer(1, 0, HOURS, speculative=True)]
    chart.silence()(EagerEndOfTurn(0, HOURS))
    assert chart.gave(StartAnswer) == chart.gave(CancelAnswer) == []
    chart.words(HOURS)
    assert chart.gave(CancelAnswer) == []
    chart.fire(Timer.END_OF_TURN)
    assert chart.gave(ConfirmAnswer) == [ConfirmAnswer(1, 0)]


def test_a_likely_end_with_other_words_replaces_the_trial(chart):
    chart.listening()(EagerEndOfTurn(0, "What are"), EagerEndOfTurn(0, HOURS))
    assert chart.gave(CancelAnswer) == [CancelAnswer(1, 0, "other words")]
    assert [order.text for order in chart.gave(StartAnswer)] == ["What are", HOURS]


def test_a_likely_end_behind_the_final_transcript_answers_that(chart):
    chart.understood()(EagerEndOfTurn(0, "What are"))
    assert chart.effects == []
    chart(TurnResumed(0), EagerEndOfTurn(0, "What are"))
    assert [order.text for order in chart.gave(StartAnswer)] == [HOURS]


def test_a_likely_end_alone_never_ends_the_turn(chart):
    chart.listening().silence()(EagerEndOfTurn(0, HOURS))
    assert chart.state is State.LISTENING
    assert chart.armed(Timer.END_OF_TURN) == 3000
    assert chart.gave(RecordCaller) == []


def test_a_noise_behind_a_likely_end_holds_the_floor_less_long(chart):
    chart.listening()(EagerEndOfTurn(0, HOURS))
    assert chart.armed(Timer.STALL) == 1500
    chart(TurnResumed(0))
    assert chart.armed(Timer.STALL) == 8000


def test_a_caller_who_resumes_withdraws_the_trial_and_gets_more_time(chart):
    chart.understood()(TurnResumed(chart.now.utterance.segment))
    assert chart.gave(CancelAnswer) == [CancelAnswer(1, 0, "the caller goes on")]
    assert chart.armed(Timer.END_OF_TURN) == 1500
    chart.fire(Timer.END_OF_TURN)
    assert chart.gave(StartAnswer) == [StartAnswer(1, 1, HOURS, speculative=False)]


def test_to_resume_without_a_trial_changes_nothing(chart):
    chart.listening().silence()
    before = chart.now
    assert chart(TurnResumed(chart.now.utterance.segment)).now == before
    assert chart(TurnResumed(chart.now.utterance.segment - 1)).now == before


def test_a_certain_end_confirms_the_trial_at_once(chart):
    chart.listening()(EagerEndOfTurn(0, HOURS)).silence()(EndOfTurn(0, HOURS, 250))
    assert chart.gave(ConfirmAnswer) == [ConfirmAnswer(1, 0)]
    assert chart.gave(RecordCaller) == [RecordCaller(1, HOURS)]
    assert chart.armed(Timer.FILLER) == 450
    chart.words(HOURS, segment=0)  # what was asked for at the pause comes after all
    assert chart.effects == []


def test_a_certain_end_needs_no_trial(chart):
    chart.listening().silence()(EndOfTurn(0, HOURS))
    assert chart.gave(StartAnswer) == [StartAnswer(1, 0, HOURS, speculative=False)]
    assert chart.state is State.PROCESSING


def test_a_voice_outweighs_a_certain_end(chart):
    chart.listening()(EndOfTurn(0, HOURS))
    assert chart.state is State.LISTENING
    assert chart.gave(StartAnswer) == [StartAnswer(1, 0, HOURS, speculative=True)]


@pytest.mark.parametrize("signal", [EagerEndOfTurn, EndOfTurn])
def test_an_end_without_words_or_of_a_segment_dealt_with_changes_nothing(chart, signal):
    chart.listening().silence()
    before = chart.now
    assert chart(signal(0, " ")).now == before
    assert chart(signal(-1, HOURS)).now == before


@pytest.mark.parametrize("way", ["idle", "processing", "speaking", "interrupted"])
def test_whoever_has_no_floor_has_no_end_of_turn(chart, way):
    before = getattr(chart, way)().now
    segment = before.utterance.segment
    assert chart(EagerEndOfTurn(segment, "no"), EndOfTurn(segment, "no"), TurnResumed(segment)).now == before


# --- when nothing works ---


def failing_turn(chart):
    chart(TextTyped(HOURS)).failed()
    said = [say.phrase for say in chart.gave(Say)]
    chart.span("Sorry.").ready().finished().drained()
    return said


def test_after_several_failed_turns_the_call_ends_politely(chart):
    chart.idle()
    assert failing_turn(chart) == [Phrase.APOLOGY]
    chart(Settled(1))
    assert failing_turn(chart) == [Phrase.APOLOGY]
    chart(Settled(2))
    assert failing_turn(chart) == [Phrase.BREAKDOWN]
    assert chart.gave(EndCall) == [EndCall("failing")]


def test_an_answer_between_failures_starts_the_count_anew(make_chart):
    chart = make_chart(failed_turns=2).idle()
    failing_turn(chart)
    chart(Settled(1), TextTyped(HOURS)).span().ready().finished().drained()(Settled(2))
    assert chart.now.failures == 0
    assert failing_turn(chart) == [Phrase.APOLOGY]


def test_an_answer_that_was_heard_and_cut_counts_as_one(make_chart):
    chart = make_chart(failed_turns=2).idle()
    failing_turn(chart)
    chart(Settled(1), TextTyped(HOURS)).span().ready()(TextTyped("never mind"))
    assert chart.now.failures == 0


def test_a_filler_is_no_answer(make_chart):
    chart = make_chart(failed_turns=2).idle()
    failing_turn(chart)
    chart(Settled(1), TextTyped(HOURS)).span("One moment.", filler=True).ready()(TextTyped("never mind"))
    assert chart.now.failures == 1


def test_a_trial_that_was_ready_starts_the_count_anew(make_chart):
    chart = make_chart(failed_turns=2).idle()
    failing_turn(chart)
    chart(Settled(1)).says(HOURS).span().finished().fire(Timer.END_OF_TURN)
    assert chart.now.failures == 0


def test_speech_that_could_not_be_understood_counts_as_failed(make_chart):
    chart = make_chart(failed_turns=1).listening().silence()
    chart(SttFailed(chart.now.utterance.segment, chart.now.pause)).fire(Timer.END_OF_TURN)
    assert chart.gave(Say) == [Say(1, 0, Phrase.BREAKDOWN)]
    chart.span("Sorry, goodbye.").ready().finished().drained()
    assert chart.gave(EndCall) == [EndCall("failing")]


def test_the_call_ends_even_where_the_last_words_cannot_be_spoken(make_chart):
    chart = make_chart(failed_turns=1).processing().failed().failed()
    assert chart.gave(EndCall) == [EndCall("failing")]


def test_who_speaks_over_the_last_words_gets_another_try(make_chart):
    chart = make_chart(failed_turns=1).processing().failed().span("Sorry, goodbye.").ready()
    assert chart(TextTyped("wait")).now.failures == 1
    chart(Settled(1)).span().ready().finished().drained()
    assert not chart.now.ended
    assert chart.now.failures == 0


# --- silence, the end ---


def test_two_idle_prompts_then_goodbye_and_the_end_once_it_was_heard(chart):
    chart.idle()
    for turn in (1, 2):
        chart.fire(Timer.IDLE)
        assert chart.gave(Say) == [Say(turn, 0, Phrase.IDLE_PROMPT)]
        chart.span("Are you still there?").ready().finished().drained()(Settled(turn))
    chart.fire(Timer.IDLE)
    assert chart.gave(Say) == [Say(3, 0, Phrase.GOODBYE)]
    chart.span("Goodbye.").ready().finished()
    assert chart.gave(EndCall) == []
    chart.drained()
    assert chart.effects == [EndCall("idle")]


def test_a_turn_of_the_caller_starts_the_count_of_prompts_anew(chart):
    chart.idle().fire(Timer.IDLE).span("Hello?").ready().finished().drained()(Settled(1))
    assert chart.now.idle_prompts == 1
    chart(TextTyped("yes"))
    assert chart.now.idle_prompts == 0


def test_a_farewell_ends_the_call_once_the_answer_was_heard(chart):
    chart.processing("Thank you, goodbye!").span("Goodbye.").ready().finished().drained()
    assert chart.gave(EndCall) == [EndCall("farewell")]


def test_speech_over_the_goodbye_cancels_the_end(chart):
    chart.processing("Thank you, goodbye!").span("Goodbye.").ready().voice().silence().words("wait, one more thing")
    chart.fire(Timer.END_OF_TURN)(Settled(1)).span().ready().finished().drained()
    assert chart.state is State.IDLE
    assert not chart.now.ended


def test_a_cough_over_the_goodbye_does_not(chart):
    chart.processing("Thank you, goodbye!").span("Goodbye.").ready().finished().voice().silence(60).drained()
    assert chart.now.ended


def test_the_agent_may_hang_up_but_not_in_a_withdrawn_attempt(chart):
    chart.understood()(EndCallRequested(1, 0)).voice(segment=0)
    chart(PartialTranscript(0, HOURS + " no wait"))
    chart.silence().words(HOURS + " no wait").fire(Timer.END_OF_TURN).span().ready().finished().drained()
    assert not chart.now.ended
    chart(Settled(1), TextTyped("go away"), EndCallRequested(2, 0)).span("Bye.").ready().finished().drained()
    assert chart.gave(EndCall) == [EndCall("agent")]


def test_a_goodbye_serves_as_apology_where_the_call_was_to_end(chart):
    chart.processing("Goodbye!").failed()
    assert chart.gave(Say) == [Say(1, 0, Phrase.GOODBYE)]


def test_the_end_waits_for_the_outcome_of_a_side_effect(chart):
    outcome_of_a_cut_turn(chart).fire(Timer.END_OF_TURN).span().ready()
    chart(TextTyped("goodbye"), Settled(2)).span("Goodbye.").ready().finished().drained()
    assert chart.state is State.IDLE
    assert not chart.now.ended
    chart(CommitFinished("k"))
    chart(Settled(chart.now.turn))
    assert chart.gave(StartAnswer) != []
    chart.span("It is booked.").ready().finished().drained()(Settled(chart.now.turn, frozenset({"k"})))
    assert chart.now.ended


def test_but_not_for_ever(chart):
    outcome_of_a_cut_turn(chart).fire(Timer.END_OF_TURN).span().ready()
    chart(TextTyped("goodbye"), Settled(2)).span("Goodbye.").ready().finished().drained().fire(Timer.IDLE)
    assert chart.effects == [EndCall("farewell")]


def test_draining_ends_the_call_after_the_turn(chart):
    chart.speaking()(DrainRequested()).finished()
    assert not chart.now.ended
    chart.drained()
    assert chart.gave(EndCall) == [EndCall("drain")]


def test_draining_ends_a_resting_call_at_once(chart):
    assert chart.idle()(DrainRequested()).gave(EndCall) == [EndCall("drain")]


def test_a_hang_up_settles_what_was_heard(chart):
    chart.speaking()(HangUpRequested())
    assert chart.effects == [Flush(1), CancelAnswer(1, 0, "caller"), EndCall("caller")]


def test_a_hang_up_before_the_start_ends_the_call(chart):
    assert chart(LineLost(), LineBack(), HangUpRequested()).effects[-1] == EndCall("caller")


def test_a_caller_who_does_not_come_back_is_given_up(chart):
    chart.speaking()(LineLost())
    assert chart.armed(Timer.RECONNECT) == 30_000
    chart.fire(Timer.RECONNECT)
    assert chart.gave(EndCall) == [EndCall("lost")]


def test_nobody_is_asked_whether_he_is_there_while_the_line_is_lost(chart):
    chart.idle()(LineLost())
    assert chart.armed(Timer.IDLE) is None
    serial = chart.now.timer(Timer.RECONNECT).serial
    assert chart(LineLost()).now.timer(Timer.RECONNECT).serial == serial
    chart(LineBack())
    assert (chart.armed(Timer.IDLE), chart.armed(Timer.RECONNECT)) == (10_000, None)
    now = chart.now
    assert chart(LineBack()).now == now


def test_a_turn_that_ends_while_the_line_is_lost_rests_without_prompts(chart):
    chart.speaking()(LineLost()).finished().drained()
    assert (chart.state, chart.armed(Timer.IDLE)) == (State.IDLE, None)


def test_a_voice_during_a_failing_phrase_keeps_the_floor(chart):
    chart.idle().fire(Timer.IDLE).voice().silence().failed()
    assert chart.state is State.LISTENING
    assert chart.armed(Timer.END_OF_TURN) == 3000
    chart.words("I'm here")
    assert chart.now.utterance.full == "I'm here"


def test_more_speech_in_one_segment_is_a_voice_again(chart):
    chart.idle().voice().silence()
    chart(VoiceStarted(0))
    assert chart.armed(Timer.END_OF_TURN) is None
    assert chart.armed(Timer.STALL) == 8000
