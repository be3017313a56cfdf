"""Every edge that the table declares is taken by one short way, and the ways take no other."""

from __future__ import annotations

import pytest

from statechart import (
    TABLE,
    AudioReady,
    CallStarted,
    CommitFinished,
    CommitRequested,
    DrainRequested,
    EagerEndOfTurn,
    EndCallRequested,
    EndOfTurn,
    FinalTranscript,
    HangUpRequested,
    LineBack,
    LineLost,
    PartialTranscript,
    PlayoutDrained,
    ReplyFailed,
    ReplyFinished,
    Settled,
    SpanQueued,
    State,
    SttFailed,
    TextTyped,
    Timer,
    TimerFired,
    TurnResumed,
    VoiceStarted,
    VoiceStopped,
    VoiceSuspected,
)

I, L, P, S, X = State  # noqa: E741
HOURS = "What are your hours?"


# --- ways to a situation ---


def idle_with_voice(c):
    """The agent's own echo, which went on to the end."""
    return echoed(c).finished().drained()


def echoed(c):
    """SPEAKING, while a voice goes on that was taken for the agent's own."""
    c.interrupted()
    c(PartialTranscript(c.now.utterance.segment, "doctor chen is free"))
    return c.fire(Timer.OVERLAP)


def coughed(c):
    """SPEAKING again, after a noise whose transcript is not there yet."""
    return c.interrupted().silence(60)


def committing(c):
    return c.processing()(CommitRequested(1, 0, "k"))


def outcome_due(c):
    """IDLE, settled but for the turn just heard; the side effect of an apologised turn has ended."""
    committing(c).fire(Timer.ANSWER)
    c.span("Sorry.").ready().finished()
    return c(CommitFinished("k")).drained()


def judged(c):
    """PROCESSING with a voice."""
    return c.processing().voice()


def judged_ready(c):
    return judged(c).span().ready()


def held_done(c):
    """INTERRUPTED, and there is nothing left to resume: it was all heard before it was held, and then it finished."""
    return c.interrupted().drained().finished()


def held_dry(c):
    """INTERRUPTED, and what was queued was all heard, but more is to come."""
    return c.interrupted().drained()


def filler_only(c):
    """PROCESSING, nothing of the answer was queued."""
    return c.processing()


def answered_in_part(c):
    """LISTENING, the words so far dealt with while the voice went on, which has now fallen silent."""
    c.listening()
    c(PartialTranscript(c.now.utterance.segment, HOURS)).fire(Timer.STALL)
    return c.failed().failed().silence()


def phrase(c):
    """PROCESSING the first idle prompt."""
    return c.idle().fire(Timer.IDLE)


def partial(text, meant=None):
    return lambda c: PartialTranscript(c.now.utterance.segment, text, meant=meant)


def final(text):
    return lambda c: FinalTranscript(c.now.utterance.segment, c.now.pause, text)


def ignored_final(text):
    return lambda c: FinalTranscript(c.now.ignored_segment, c.now.pause, text)


def stops(voiced_ms=500):
    return lambda c: VoiceStopped(c.now.utterance.segment, c.now.pause + 1, voiced_ms)


def starts_again(c):
    return VoiceStarted(c.now.utterance.segment)


def fires(timer):
    return lambda c: TimerFired(timer, c.now.timer(timer).serial)


def about(kind, *rest):
    """An event of the current attempt."""
    return lambda c: kind(*c.key, *rest)


def drained(c):
    return PlayoutDrained(c.now.turn)


def settled(c):
    return Settled(c.now.turn)


def fresh(c):
    return c


def idle(c):
    return c.idle()


def listening(c):
    return c.listening()


def paused(c):
    return c.listening().silence()


def understood(c):
    return c.understood()


def processing(c):
    return c.processing()


def speaking(c):
    return c.speaking()


def interrupted(c):
    return c.interrupted()


def held_silent(c):
    return interrupted(c).silence()


def then(way, *steps):
    """More of the same: each step is an event, or makes one of the chart."""

    def go(c):
        way(c)
        for step in steps:
            c(step(c) if callable(step) else step)
        return c

    return go


LOST_AND_RUNNING = then(committing, fires(Timer.ANSWER), about(SpanQueued, "Sorry."), about(AudioReady))

EDGES = [
    # IDLE
    (fresh, CallStarted(), P),
    (idle, VoiceStarted(5), L),
    (idle_with_voice, stops(), I),
    (idle_with_voice, partial("doctor chen is free on"), I),
    (idle_with_voice, partial("wait a moment please"), L),
    (then(coughed, about(ReplyFinished), drained), ignored_final("uh-huh"), I),
    (then(coughed, about(ReplyFinished), drained), ignored_final("no, on Wednesday"), L),
    (idle, TextTyped("..."), I),
    (idle, TextTyped("hello there"), P),
    (idle, fires(Timer.IDLE), P),
    (then(idle, LineLost()), fires(Timer.RECONNECT), I),
    (then(speaking, about(ReplyFinished), drained), settled, I),
    (outcome_due, settled, P),
    (then(LOST_AND_RUNNING, about(ReplyFinished), drained, settled), CommitFinished("k"), P),
    (then(LOST_AND_RUNNING, about(ReplyFinished), drained), CommitFinished("k"), I),
    (idle, DrainRequested(), I),
    (idle, LineLost(), I),
    (then(idle, LineLost()), LineBack(), I),
    (then(LOST_AND_RUNNING, about(ReplyFinished), drained, settled, LineLost(), CommitFinished("k")), LineBack(), P),
    (idle, HangUpRequested(), I),
    # LISTENING
    (paused, lambda c: VoiceStarted(c.now.utterance.segment), L),
    (listening, stops(), L),
    (listening, partial("I'd like"), L),
    (paused, final(HOURS), L),
    (then(paused, fires(Timer.END_OF_TURN)), final(HOURS), P),
    (then(paused, fires(Timer.END_OF_TURN)), final(""), I),
    (paused, lambda c: SttFailed(c.now.utterance.segment, c.now.pause), L),
    (
        then(paused, fires(Timer.END_OF_TURN)),
        lambda c: SttFailed(c.now.utterance.segment, c.now.pause),
        P,
    ),
    (listening, lambda c: EagerEndOfTurn(c.now.utterance.segment, HOURS), L),
    (understood, lambda c: TurnResumed(c.now.utterance.segment), L),
    (listening, lambda c: EndOfTurn(c.now.utterance.segment, HOURS), L),
    (paused, lambda c: EndOfTurn(c.now.utterance.segment, HOURS), P),
    (answered_in_part, lambda c: EndOfTurn(c.now.utterance.segment, HOURS), I),
    (listening, TextTyped("!"), L),
    (listening, TextTyped("On Tuesday"), P),
    (paused, fires(Timer.END_OF_TURN), L),
    (understood, fires(Timer.END_OF_TURN), P),
    (then(paused, final("")), fires(Timer.END_OF_TURN), I),
    (understood, about(SpanQueued, "We are open."), L),
    (understood, about(ReplyFinished), L),
    (understood, about(ReplyFailed, "engine"), L),
    (understood, about(CommitRequested, "k"), L),
    (understood, about(EndCallRequested), L),
    # PROCESSING
    (processing, lambda c: VoiceStarted(c.now.utterance.segment), P),
    (judged, stops(), P),
    (judged_ready, stops(60), S),
    (then(judged, stops(200), starts_again, partial("I'd like to see Doctor Chen")), stops(400), L),
    (judged, partial("um"), P),
    (judged, partial("and on Tuesday"), L),
    (then(judged, stops()), final("okay"), P),
    (then(judged, stops()), final("and on Tuesday"), L),
    (then(judged_ready, stops()), final("okay"), S),
    (then(judged, stops()), lambda c: SttFailed(c.now.utterance.segment, c.now.pause), P),
    (then(judged_ready, stops()), lambda c: SttFailed(c.now.utterance.segment, c.now.pause), S),
    (processing, TextTyped("on Tuesday"), P),
    (processing, fires(Timer.ANSWER), P),
    (judged_ready, fires(Timer.OVERLAP), S),
    (phrase, fires(Timer.ANSWER), I),
    (then(phrase, VoiceStarted(9)), fires(Timer.ANSWER), L),
    (processing, about(SpanQueued, "We are open."), P),
    (judged, about(AudioReady), P),
    (then(processing, about(SpanQueued, "We are open.")), about(AudioReady), S),
    (processing, about(ReplyFinished), P),
    (phrase, about(ReplyFinished), I),
    (then(phrase, VoiceStarted(9)), about(ReplyFinished), L),
    (processing, about(ReplyFailed, "engine"), P),
    (phrase, about(ReplyFailed, "engine"), I),
    (then(phrase, VoiceStarted(9)), about(ReplyFailed, "engine"), L),
    (processing, about(CommitRequested, "k"), P),
    (processing, about(EndCallRequested), P),
    # SPEAKING
    (speaking, lambda c: VoiceStarted(c.now.utterance.segment), X),
    (then(speaking, about(ReplyFinished)), lambda c: VoiceStarted(c.now.utterance.segment, 200), L),
    (speaking, VoiceSuspected(), X),
    (echoed, stops(), S),
    (echoed, partial("doctor chen is free on"), S),
    (echoed, partial("wait a moment please"), L),
    (coughed, ignored_final("uh-huh"), S),
    (coughed, ignored_final("no, on Wednesday"), L),
    (speaking, TextTyped("?"), S),
    (speaking, TextTyped("on Wednesday"), P),
    (then(speaking, LineLost()), fires(Timer.RECONNECT), I),
    (speaking, about(SpanQueued, "Is that fine?"), S),
    (speaking, about(ReplyFinished), S),
    (speaking, about(ReplyFailed, "engine"), S),
    (then(speaking, about(ReplyFinished)), drained, I),
    (speaking, drained, P),
    (speaking, about(CommitRequested, "k"), S),
    (speaking, about(EndCallRequested), S),
    # INTERRUPTED
    (held_silent, lambda c: VoiceStarted(c.now.utterance.segment), X),
    (
        then(speaking, about(ReplyFinished), VoiceSuspected()),
        lambda c: VoiceStarted(c.now.utterance.segment, 200),
        L,
    ),
    (interrupted, stops(), X),
    (interrupted, stops(60), S),
    # So many words are believed only once there has been voice enough for them.
    (then(interrupted, stops(200), starts_again, partial("I'd like to see Doctor Chen")), stops(400), L),
    (held_dry, stops(60), P),
    (held_done, stops(60), I),
    (interrupted, partial("uh-huh"), X),
    (interrupted, partial("no, on Wednesday"), L),
    (interrupted, partial("", meant=0.01), S),
    (held_dry, partial("", meant=0.01), P),
    (held_done, partial("", meant=0.01), I),
    (held_silent, lambda c: FinalTranscript(c.now.utterance.segment, 0, "uh-huh"), X),
    (held_silent, final("uh-huh"), S),
    (held_silent, final("no, on Wednesday"), L),
    (then(held_dry, stops()), final("uh-huh"), P),
    (then(held_done, stops()), final("uh-huh"), I),
    (interrupted, TextTyped("?"), X),
    (interrupted, TextTyped("on Wednesday"), P),
    (interrupted, fires(Timer.OVERLAP), L),
    (held_silent, fires(Timer.OVERLAP), S),
    (then(held_dry, stops()), fires(Timer.OVERLAP), P),
    (then(held_done, stops()), fires(Timer.OVERLAP), I),
    (interrupted, about(SpanQueued, "Is that fine?"), X),
    (interrupted, about(AudioReady), X),
    (interrupted, about(ReplyFinished), X),
    (interrupted, about(ReplyFailed, "engine"), X),
    (interrupted, drained, X),
    (then(interrupted, about(ReplyFinished)), drained, L),
    (interrupted, about(CommitRequested, "k"), X),
    (interrupted, about(EndCallRequested), X),
]

# Whatever the state, the line may break, the server may go away, a side effect may end, a turn may be settled.
for way in (listening, processing, speaking, interrupted):
    state = {listening: L, processing: P, speaking: S, interrupted: X}[way]
    EDGES += [
        (way, Settled(0), state),
        (way, DrainRequested(), state),
        (way, LineLost(), state),
        (way, LineBack(), state),
        (way, HangUpRequested(), I),
    ]
EDGES += [
    (committing, CommitFinished("k"), P),
    (then(committing, about(SpanQueued, "Done."), about(AudioReady)), CommitFinished("k"), S),
    (then(committing, about(SpanQueued, "Done."), about(AudioReady), VoiceStarted(9)), CommitFinished("k"), X),
    (then(committing, partial("and on Tuesday")), CommitFinished("k"), L),
]


def name(edge):
    way, event, target = edge
    return f"{getattr(way, '__name__', '')}-{getattr(event, '__name__', type(event).__name__)}-{target.name}"


@pytest.mark.parametrize("edge", EDGES, ids=name)
def test_edge(chart, edge):
    way, event, target = edge
    way(chart)
    chart(event(chart) if callable(event) else event)
    assert chart.state is target


def test_ways_take_exactly_the_edges_that_the_table_declares(make_chart):
    taken = set()
    for way, event, target in EDGES:
        chart = way(make_chart())
        happened = event(chart) if callable(event) else event
        taken.add((chart.state, type(happened), target))
    declared = {(state, event, target) for (state, event), rule in TABLE.items() for target in rule.targets}
    assert taken == declared
