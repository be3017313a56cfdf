"""A chart to play with: `chart(event, ...)` feeds events; `chart.effects` is what the latest of these calls gave."""

from __future__ import annotations

import pytest

from statechart import (
    TABLE,
    AudioReady,
    CallStarted,
    CommitRequested,
    Effect,
    Event,
    FinalTranscript,
    PlayoutDrained,
    Reply,
    ReplyFailed,
    ReplyFinished,
    Settings,
    Settled,
    Snapshot,
    SpanQueued,
    State,
    Timer,
    TimerFired,
    VoiceStarted,
    VoiceStopped,
    transition,
)


class Chart:
    def __init__(self, **settings):
        self.now = Snapshot(settings=Settings(**settings))
        self.effects: list[Effect] = []

    def __call__(self, *events: Event) -> Chart:
        self.effects = []
        for event in events:
            before = self.now
            step = transition(before, event)
            self.now = step.snapshot
            self.effects += step.effects
            if step.effects or self.now != before:
                assert self.now.state in TABLE[before.state, type(event)].targets
        return self

    def gave(self, kind):
        """The effects of this kind."""
        return [effect for effect in self.effects if isinstance(effect, kind)]

    @property
    def state(self) -> State:
        return self.now.state

    @property
    def key(self):
        return self.now.turn, self.now.attempt

    @property
    def reply(self) -> Reply:
        assert self.now.reply is not None
        return self.now.reply

    def armed(self, timer: Timer):
        """For how many ms the timer was armed; None where it does not run."""
        armed = self.now.timer(timer)
        return None if armed is None else armed.after_ms

    # --- events about the current attempt ---

    def fire(self, timer: Timer):
        armed = self.now.timer(timer)
        assert armed is not None, f"{timer} does not run"
        return self(TimerFired(timer, armed.serial))

    def span(self, text="Doctor Chen is free on Tuesday at ten.", *, filler=False):
        return self(SpanQueued(*self.key, text, filler))

    def ready(self):
        return self(AudioReady(*self.key))

    def finished(self):
        return self(ReplyFinished(*self.key))

    def failed(self):
        return self(ReplyFailed(*self.key, "engine"))

    def drained(self):
        return self(PlayoutDrained(self.now.turn))

    # --- what the caller does ---

    def voice(self, *, unheard_ms=None, heard="Doctor Chen is free", segment=None):
        segment = self.now.utterance.segment + 1 if segment is None else segment
        return self(VoiceStarted(segment, unheard_ms, heard))

    def silence(self, voiced_ms=500):
        return self(VoiceStopped(self.now.utterance.segment, self.now.pause + 1, voiced_ms))

    def words(self, text, segment=None):
        segment = self.now.utterance.segment if segment is None else segment
        return self(FinalTranscript(segment, self.now.pause, text))

    def says(self, text):
        self.voice()
        segment = self.now.utterance.segment
        self.silence()
        return self.words(text, segment)

    # --- how to come to a state ---

    def idle(self):
        self(CallStarted())
        self.span("Hello. How can I help you?").ready().finished().drained()
        return self(Settled(0))

    def listening(self):
        return self.idle().voice()

    def understood(self, text="What are your hours?"):
        return self.idle().says(text)

    def processing(self, text="What are your hours?"):
        return self.understood(text).fire(Timer.END_OF_TURN)

    def speaking(self, text="What are your hours?"):
        self.processing(text).span().ready()
        return self

    def interrupted(self):
        return self.speaking().voice()

    def outcome_of_a_cut_turn(self):
        """A side effect that runs, though the caller has changed his mind."""
        return self.processing()(CommitRequested(1, 0, "k")).says("never mind that")


@pytest.fixture
def chart():
    return Chart()


@pytest.fixture
def make_chart():
    return Chart
