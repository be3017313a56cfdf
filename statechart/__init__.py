"""Decides about turns: what happens when a caller, an agent and its engines speak, fall silent, fail or come too late.

Pure: attrs and the standard library only. Nothing here waits, reads a clock, logs, draws a random number or does I/O;
whoever embeds it feeds events in and carries effects out (:mod:`actors.call` does, on trio).

    step = transition(Snapshot(), CallStarted())
    step.snapshot.state     # State.PROCESSING
    step.effects            # (Say(turn=0, attempt=0, phrase=Phrase.GREETING), ArmTimer(...))

Map
    _chart            the table (state, event) -> rule, and transition()
    _events _effects  what comes in, what goes out
    _snapshot         what is remembered; Settings
    _draft            a snapshot in the making, and its effects
    _moves _hearing   what several rules share: on the agent's side, on the caller's
    _news             outcomes of side effects: which answer tells of them
    _rules_idle _rules_listening _rules_processing     the rules of one state each
    _rules_speech _rules_call                          of SPEAKING and INTERRUPTED; of every state
    _endpointing      how long to wait after these words; farewells. It asks
        _grammar _calendar_words _dictation            what they leave open; dates; numbers and spelt names
        _asked _answers                                what the agent asked for; whether they answer it
    _overlap          speech over the agent: cut or resume?  _backchannels: "uh-huh" and the like
    _words            words as all these rules compare them
    _sentences        streamed text to sentences;  _abbreviations: where a full stop ends none
    _speakable        what of them to say;  _heard: what of it was heard
    _history          the conversation for the model
    _vocabulary       the words that the rules decide by, for whoever hides the others
    _diagram          the table as Mermaid
    testing           strategies and a state machine for your own property tests
"""

from __future__ import annotations

from statechart._chart import IGNORED, TABLE, IllegalEvent, Rule, Step, transition
from statechart._diagram import mermaid
from statechart._effects import (
    ArmTimer,
    CancelAnswer,
    CloseSegment,
    ConfirmAnswer,
    DisarmTimer,
    Effect,
    EndCall,
    Flush,
    Hold,
    Phrase,
    Play,
    RecordCaller,
    Resume,
    RunCommit,
    Say,
    ShowCaller,
    StartAnswer,
    Tell,
    Transcribe,
)
from statechart._endpointing import Completeness, EndpointWaits, classify, is_farewell, wait_ms
from statechart._events import (
    AudioReady,
    CallStarted,
    CommitFinished,
    CommitRequested,
    DrainRequested,
    EagerEndOfTurn,
    EndCallRequested,
    EndOfTurn,
    Event,
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
    SttFailed,
    TextTyped,
    Timer,
    TimerFired,
    TurnResumed,
    VoiceStarted,
    VoiceStopped,
    VoiceSuspected,
)
from statechart._heard import Heard, Said, WordSpan, cut_mark, estimate_words, heard
from statechart._history import (
    INTERRUPTED_RESULT,
    Called,
    Entry,
    History,
    Message,
    Returned,
    Spoke,
    ToolCall,
    render,
)
from statechart._overlap import Overlap, OverlapLimits, Verdict, judge
from statechart._sentences import SentenceBuffer
from statechart._snapshot import Armed, Commit, Kind, Reply, Settings, Snapshot, Stage, State, Utterance
from statechart._speakable import Spoken, speakable
from statechart._vocabulary import vocabulary
from statechart._words import same_words, words

__all__ = [
    "IGNORED",
    "INTERRUPTED_RESULT",
    "TABLE",
    "ArmTimer",
    "Armed",
    "AudioReady",
    "CallStarted",
    "Called",
    "CancelAnswer",
    "CloseSegment",
    "Commit",
    "CommitFinished",
    "CommitRequested",
    "Completeness",
    "ConfirmAnswer",
    "DisarmTimer",
    "DrainRequested",
    "EagerEndOfTurn",
    "Effect",
    "EndCall",
    "EndCallRequested",
    "EndOfTurn",
    "EndpointWaits",
    "Entry",
    "Event",
    "FinalTranscript",
    "Flush",
    "HangUpRequested",
    "Heard",
    "History",
    "Hold",
    "IllegalEvent",
    "Kind",
    "LineBack",
    "LineLost",
    "Message",
    "Overlap",
    "OverlapLimits",
    "PartialTranscript",
    "Phrase",
    "Play",
    "PlayoutDrained",
    "RecordCaller",
    "Reply",
    "ReplyFailed",
    "ReplyFinished",
    "Resume",
    "Returned",
    "Rule",
    "RunCommit",
    "Said",
    "Say",
    "SentenceBuffer",
    "Settings",
    "Settled",
    "ShowCaller",
    "Snapshot",
    "SpanQueued",
    "Spoke",
    "Spoken",
    "Stage",
    "StartAnswer",
    "State",
    "Step",
    "SttFailed",
    "Tell",
    "TextTyped",
    "Timer",
    "TimerFired",
    "ToolCall",
    "Transcribe",
    "TurnResumed",
    "Utterance",
    "Verdict",
    "VoiceStarted",
    "VoiceStopped",
    "VoiceSuspected",
    "WordSpan",
    "classify",
    "cut_mark",
    "estimate_words",
    "heard",
    "is_farewell",
    "judge",
    "mermaid",
    "render",
    "same_words",
    "speakable",
    "transition",
    "vocabulary",
    "wait_ms",
    "words",
]
