"""All that the chart remembers of a call: one frozen value."""

from __future__ import annotations

import enum

import attrs

from statechart._endpointing import EndpointWaits
from statechart._events import Timer
from statechart._overlap import OverlapLimits

__all__ = ["Armed", "Commit", "Kind", "Reply", "Settings", "Snapshot", "Stage", "State", "Utterance"]


class State(enum.Enum):
    """Who has the floor."""

    IDLE = "idle"
    LISTENING = "listening"
    PROCESSING = "processing"
    SPEAKING = "speaking"
    INTERRUPTED = "interrupted"


@attrs.frozen(kw_only=True)
class Settings:
    """Waits and limits, in milliseconds unless said otherwise.

    ``filler_ms`` counts from the caller's last voiced sample; where it took longer than that to be sure that the turn
    is over, ``late_filler_ms`` counts from then. ``overlap_in_processing_ms`` is how long a voice without words may
    delay an answer that is ready; ``stall_ms`` is how long a voice may go on without a new word before it counts as
    noise. ``idle_prompts`` is a count; after ``failed_turns`` turns in a row that could not be answered the call ends;
    ``speculate`` is whether answers begin before the turn is surely over.
    Raises ValueError where a value is out of range.
    """

    waits: EndpointWaits = EndpointWaits()
    overlap: OverlapLimits = OverlapLimits()
    overlap_in_processing_ms: int = attrs.field(default=1500, validator=attrs.validators.ge(0))
    stall_ms: int = attrs.field(default=8000, validator=attrs.validators.gt(0))
    transcript_ms: int = attrs.field(default=5000, validator=attrs.validators.gt(0))
    filler_ms: int = attrs.field(default=700, validator=attrs.validators.ge(0))
    late_filler_ms: int = attrs.field(default=400, validator=attrs.validators.ge(0))
    answer_ms: int = attrs.field(default=15_000, validator=attrs.validators.gt(0))
    idle_ms: int = attrs.field(default=10_000, validator=attrs.validators.gt(0))
    idle_prompts: int = attrs.field(default=2, validator=attrs.validators.ge(0))
    failed_turns: int = attrs.field(default=3, validator=attrs.validators.ge(1))
    reconnect_ms: int = attrs.field(default=30_000, validator=attrs.validators.gt(0))
    speculate: bool = True


class Kind(enum.Enum):
    """What a reply is made of."""

    ANSWER = "answer"  # the model's
    PHRASE = "phrase"  # fixed words: greeting, idle prompt, goodbye
    APOLOGY = "apology"  # fixed words instead of an answer that failed
    NEWS = "news"  # outcomes of side effects, told without being asked


@attrs.frozen(kw_only=True)
class Utterance:
    """What the caller has said and nobody has answered: closed pieces, then the text of the open segment.

    Segments below ``segment`` are stale; what the open one says up to ``known`` was answered already.
    ``settled``: a final transcript covers everything up to the latest pause (``failed``: there will be none).
    ``doubtful``: it took the floor by voice alone, so its words may turn out to be the agent's own echo.
    """

    pieces: tuple[str, ...] = ()
    segment: int = -1
    known: str = ""
    text: str = ""
    settled: bool = True
    failed: bool = False
    doubtful: bool = False

    @property
    def full(self) -> str:
        """All of it as one text."""
        return " ".join(piece for piece in (*self.pieces, self.text) if piece)


@attrs.frozen(kw_only=True)
class Reply:
    """The agent's work for the current ``(turn, attempt)``."""

    kind: Kind
    text: str = ""  # the caller's words that it answers
    confirmed: bool = True
    waiting: bool = False  # for the previous turn's heard text to be settled
    ready: bool = False  # audio waits to be played
    playing: bool = False  # audio goes out, or is held
    played: bool = False  # some audio of this turn went out, a filler perhaps
    answered: bool = False  # more than a filler was queued
    finished: bool = False  # nothing more will be queued
    failed: bool = False  # because it could not go on
    filler: bool = False  # one was asked for
    committed: bool = False  # a side effect has started
    said: str = ""  # the words queued so far
    unheard_ms: int | None = None  # what was left of the finished reply when the caller spoke up
    ends: str = ""  # why the call ends once this was heard; empty: it goes on


class Stage(enum.Enum):
    """How far a side effect has come."""

    PENDING = "pending"  # asked for; may still be dropped
    RUNNING = "running"  # nothing stops it any more
    DONE = "done"  # recorded; to be announced


@attrs.frozen
class Commit:
    """A side effect of an attempt. It leaves the list once the caller has heard of its outcome, or was never run."""

    key: str
    turn: int
    attempt: int
    stage: Stage = Stage.PENDING
    told_in: int = -1  # the latest turn that was given it to tell
    told_alone: bool = False  # a turn was opened only to tell it; from then on it waits for the caller's next turn


@attrs.frozen
class Armed:
    """A running timer. ``serial`` tells it from earlier ones of its kind."""

    timer: Timer
    serial: int
    after_ms: int


@attrs.frozen(kw_only=True)
class Snapshot:
    """The state of one call. Immutable; :func:`statechart.transition` makes the next one."""

    settings: Settings = Settings()
    state: State = State.IDLE
    turn: int = 0
    attempt: int = 0
    started: bool = False
    ended: bool = False
    closing: str = ""  # why the call ends once no outcome is left to be told; empty: it goes on
    draining: bool = False
    connected: bool = True
    voiced: bool = False
    pause: int = 0  # how often the voice has fallen silent
    overlap_ms: int = 0  # of voice in the overlap being judged, up to the latest pause
    burst_ms: int = 0  # of voice since then, as far as is known
    meant: float | None = None  # how likely its sound makes it that it is meant for the agent; None: not known
    heard: str = ""  # what the caller had heard of the agent's turn when speaking up over it
    utterance: Utterance = Utterance()
    reply: Reply | None = None
    overdue: bool = False  # the end of the turn is certain, only its transcript is missing
    interrupted: bool = False  # the agent was stopped, and the caller's turn has not been confirmed since
    unsettled: int | None = None  # a played turn whose heard text is not exact yet
    settled: int = -1  # the latest turn whose heard text is exact
    ignored_segment: int = -1  # the overlap let pass last; its transcript may still prove that wrong
    last_said: str = ""  # what the agent said last, for judging an answer or an echo
    idle_prompts: int = 0
    failures: int = 0  # turns in a row that could not be answered
    commits: tuple[Commit, ...] = ()
    armed: frozenset[Armed] = frozenset()
    serial: int = 0

    def timer(self, timer: Timer) -> Armed | None:
        """The running timer of this kind, if there is one."""
        return next((armed for armed in self.armed if armed.timer is timer), None)

    @property
    def judging(self) -> bool:
        """Whether a voice that set in over the agent's work or speech is being judged."""
        return self.timer(Timer.OVERLAP) is not None

    @property
    def suspecting(self) -> bool:
        """Whether playback is held for a sound that has not proved to be a voice."""
        return self.timer(Timer.SUSPICION) is not None
