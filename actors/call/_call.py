"""One call: the chart decides, and what it orders is carried out here.

The conductor is the only task that applies :func:`statechart.transition`. It takes events one by one from a bounded
mailbox and carries out the effects at once, without ever waiting, so that between an event and its effects nothing else
happens. Waiting is the business of the other actors (ear, playout, attempts), which post events. The actors run under a
supervisor; attempts and side effects run in the call's nursery.
"""

from __future__ import annotations

import logging

import trio

from actors.call._setup import CallSetup, Observer
from actors.call._wiring import ready, wire
from actors.call._witness import Witness
from actors.line import (
    CallEnded,
    CallerAudio,
    ErrorNotice,
    HangUp,
    Line,
    LineBack,
    LineLost,
    PlaybackReport,
    StateChanged,
    TranscriptUpdate,
    TypedText,
)
from actors.runtime import ChildSpec, Mailbox, Policy, SupervisorEscalated, supervise
from statechart import (
    ArmTimer,
    CallStarted,
    CancelAnswer,
    CloseSegment,
    ConfirmAnswer,
    DisarmTimer,
    DrainRequested,
    Effect,
    EndCall,
    Event,
    FinalTranscript,
    Flush,
    HangUpRequested,
    History,
    Hold,
    IllegalEvent,
    Play,
    RecordCaller,
    Resume,
    RunCommit,
    Say,
    ShowCaller,
    Snapshot,
    StartAnswer,
    Tell,
    TextTyped,
    Timer,
    TimerFired,
    Transcribe,
    transition,
)
from statechart import LineBack as LineIsBack
from statechart import LineLost as LineIsLost

__all__ = ["Call"]

_log = logging.getLogger(__name__)

_POLICY = Policy("one_for_one", intensity=5, period=10.0)


class Call:
    """A call over ``line``. ``draining`` set: end after the present turn. ``observe`` sees every transition."""

    def __init__(
        self,
        setup: CallSetup,
        line: Line,
        *,
        call_id: str,
        draining: trio.Event | None = None,
        observe: Observer | None = None,
    ) -> None:
        self.snapshot = Snapshot(settings=setup.settings.chart)
        self.call_id = call_id
        self.illegal_events = 0
        self._setup, self._line, self._observe = setup, line, observe
        self._draining = trio.Event() if draining is None else draining
        self._inbox: Mailbox[Event] = Mailbox(4096, overflow="raise")
        self._deadlines: dict[Timer, tuple[float, int]] = {}
        self._silence_serial = -1
        self._end_reason: str | None = None

    async def run(self) -> str:
        """Run the call to its end and return why it ended ("farewell", "caller", "idle", "failing", "drain", ...).

        An actor that fails is restarted; one that keeps failing ends the call (reason "internal"). Side effects that
        run are waited for, within ``commit_grace_s``.
        """
        stt = await self._setup.stt.open_stream(hints=self._setup.agent.hints)
        reason = "internal"
        journal = self._setup.journal.begin(self.call_id, self._setup.agent.name, self._setup.settings.chart)
        self._witness = Witness(self._line, journal)
        try:
            async with trio.open_nursery() as nursery:
                parts = wire(
                    self._setup,
                    self._witness,
                    stt,
                    nursery,
                    call_id=self.call_id,
                    post=self._post,
                    on_silence=self._silence_reached,
                )
                self._out, self._record, self._playout = parts.out, parts.record, parts.playout
                self._ear, self._commits, self._attempts = parts.ear, parts.commits, parts.attempts
                self._post(CallStarted())
                try:
                    await supervise(_POLICY, self._children(), name=f"call {self.call_id}")
                    reason = self._end_reason or "internal"
                except SupervisorEscalated:
                    _log.exception("call %s ends: an actor keeps failing", self.call_id)
                    self._out.send(ErrorNotice("internal", "The call cannot go on."))
                self._attempts.cancel_all("the call is over")
                self._playout.close()
                with trio.move_on_after(self._setup.settings.commit_grace_s):
                    await self._commits.wait_all()
                self._out.send(CallEnded(reason))
                nursery.cancel_scope.cancel(reason="the call is over")
        finally:
            self._witness.close(reason)
            with trio.CancelScope(shield=True), trio.move_on_after(1):
                await stt.aclose()
        return reason

    def _children(self) -> list[ChildSpec]:
        return [
            ChildSpec("conductor", ready(self._conduct), restart="transient", significant=True),
            ChildSpec("playout", ready(self._playout.run)),
            ChildSpec("transcriber", ready(self._ear.asker.transcribe)),
            ChildSpec("intent", ready(self._ear.asker.weigh)),
            ChildSpec("signals", ready(self._ear.asker.heed), restart="transient"),
            ChildSpec("silence", ready(self._ear.watch)),
            ChildSpec("drain", ready(self._watch_drain), restart="transient"),
            ChildSpec("line", ready(self._listen), restart="transient"),
        ]

    @property
    def history(self) -> History:
        """The settled conversation so far."""
        return self._record.history

    # --- in ----------------------------------------------------------------------------------------------------------

    def _post(self, event: Event) -> None:
        self._inbox.put_nowait(event)

    async def _listen(self) -> None:
        async for message in self._line.incoming:
            match message:
                case CallerAudio(pcm):
                    self._witness.heard(pcm)
                    self._ear.hear(pcm)
                case PlaybackReport(turn, samples):
                    self._playout.report(turn, samples)
                case TypedText(text):
                    self._post(TextTyped(text))
                case HangUp(reason):
                    self._post(HangUpRequested(reason))
                case LineLost():
                    self._playout.line_lost()
                    self._post(LineIsLost())
                case LineBack():
                    self._playout.line_back()
                    self._post(LineIsBack())
        self._post(HangUpRequested("line closed"))

    async def _watch_drain(self) -> None:
        await self._draining.wait()
        self._post(DrainRequested())

    def _silence_reached(self) -> None:
        self._post(TimerFired(Timer.END_OF_TURN, self._silence_serial))

    # --- decide ------------------------------------------------------------------------------------------------------

    async def _conduct(self) -> None:
        while not self.snapshot.ended:
            timer, deadline = self._next_deadline()
            event: Event | None = None
            with trio.move_on_at(deadline):
                event = await self._inbox.get()
            if event is None:
                assert timer is not None
                _, serial = self._deadlines.pop(timer)
                event = TimerFired(timer, serial)
            self._apply(event)

    def _next_deadline(self) -> tuple[Timer | None, float]:
        timer = min(self._deadlines, key=lambda t: self._deadlines[t][0], default=None)
        return timer, self._deadlines[timer][0] if timer is not None else float("inf")

    def _apply(self, event: Event) -> None:
        before = self.snapshot
        try:
            step = transition(before, event)
        except IllegalEvent as error:
            self.illegal_events += 1
            self._witness.stepped(before, event, None)
            _log.error("call %s: %s in %s is illegal", self.call_id, type(error.event).__name__, before.state.name)
            return
        self.snapshot = step.snapshot
        self._witness.stepped(before, event, step)
        if isinstance(event, FinalTranscript):
            self._record.transcript_came()
        for effect in step.effects:
            self._carry_out(effect, event)
        if step.snapshot.state is not before.state:
            self._out.send(StateChanged(step.snapshot.state.value))
        if self._observe is not None:
            self._observe(event, step)

    # --- act ---------------------------------------------------------------------------------------------------------

    def _carry_out(self, effect: Effect, event: Event) -> None:
        match effect:
            case Say():
                self._attempts.say(effect)
            case StartAnswer():
                self._attempts.start(effect)
                if not effect.speculative:
                    self._turn_confirmed(effect.turn, event)
            case Tell():
                self._attempts.tell(effect)
            case ConfirmAnswer():
                self._turn_confirmed(effect.turn, event)
                self._attempts.confirm(effect)
            case CancelAnswer():
                self._attempts.cancel(effect)
            case Play(turn):
                self._playout.play(turn)
            case Hold(turn):
                self._playout.hold(turn)
            case Resume(turn):
                self._playout.resume(turn)
            case Flush(turn):
                self._playout.flush(turn)
            case RunCommit(key):
                self._commits.start(key)
            case Transcribe(segment, pause):
                self._record.transcript_asked()
                self._ear.asker.want_final(segment, pause)
            case CloseSegment():
                self._ear.close_segment()
            case ShowCaller(turn, text, final):
                self._out.send(TranscriptUpdate(turn, "user", text, final))
            case RecordCaller(turn, text):
                self._record.caller_said(turn, text)
            case ArmTimer(timer, serial, after_ms):
                self._arm(timer, serial, after_ms)
            case DisarmTimer(timer):
                self._deadlines.pop(timer, None)
                if timer is Timer.END_OF_TURN:
                    self._ear.want_silence(None)
            case EndCall(reason):
                self._end_reason = reason

    def _arm(self, timer: Timer, serial: int, after_ms: int) -> None:
        if timer is Timer.END_OF_TURN:
            self._silence_serial = serial
            self._ear.want_silence(after_ms)
        else:
            self._deadlines[timer] = (trio.current_time() + after_ms / 1000, serial)

    def _turn_confirmed(self, turn: int, event: Event) -> None:
        typed = isinstance(event, TextTyped)
        self._record.turn_confirmed(turn, trio.current_time() if typed else self._ear.last_voiced_at, spoken=not typed)
