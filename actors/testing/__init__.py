"""Test whole calls without a clock, a network or a model: fakes for every port, and a caller with ears.

Everything runs in virtual time (:func:`run_virtual`): a call of a minute takes a blink and always goes the same way.
Words are audible here: each word of the caller and of the agent is a run of samples with a value of its own, so that
the fake recogniser knows what it was given and the caller knows, apart from the code under test, what was heard.

Whole calls from data: a :class:`Script` says who does what when, how slow everything is and what fails;
:func:`simulate` runs it and gives a :class:`Trace`; :func:`check` says which of the invariants I1 to I10 (below) do not
hold in it. :func:`scripts` draws them for Hypothesis, :func:`soak` runs thousands and counts where they have been.

    asked = Act("say", "ended", talk=Talk("Please book it for Miller."))
    script = Script(acts=(asked,), faults=(Fault("llm", "hang"),))
    assert not check(simulate(script))
    assert not check_together(simulate_together([script] * 50, one_diary=True))  # one of them gets it

Invariants
    I1   No audio of a turn is sent after its cut.
    I2   The history equals what was heard, to the word.
    I3   A side effect runs at most once; its outcome is recorded and told exactly once.
    I4   Every turn of the caller gets speech, or a spoken apology, in time.
    I5   The states follow the chart.
    I6   No task outlives its call (side effects under way apart); every buffer is bounded.
    I7   A hold and its resume lose and repeat no sample.
    I8   What is answered on trial is not heard, and has no side effect.
    I9   What belongs to an older turn or attempt changes nothing.
    I10  No one part that fails, hangs, lags or disconnects hangs the call, or loses what was said.

Map
    _virtual                     the clock
    _speech _engines             words as samples; fake VAD, STT, LLM and TTS
    _flaky _passing              engines that fail to order; a stream around another
    _caller _microphone _wire _loudspeaker   a caller on a line
    _stage                       a call with all of these
    _script                      a simulated call as data
    _draw _writer                scripts at random;  _scenes: by what they are about, _scenes_line, _scenes_voice,
                                 _scenes_work
    _office _diary               the agent of simulated calls, and its records
    _simulate _simulation _acting _timing _trace   script to trace
    _check _violation _heard     the invariants, by what they look at: _check_sound, _check_words, _check_said,
                                 _check_work, _check_trial, _check_course; between calls: _check_together
    _soak _coverage _simplify    many calls
    _journal                     what a call's journal would hold
    edges _edges _alone          docs/edges.md
"""

from __future__ import annotations

from actors.testing._caller import Caller
from actors.testing._check import check
from actors.testing._check_together import check_together
from actors.testing._coverage import FEATURES, Coverage, Edge
from actors.testing._draw import draw_script, scripts
from actors.testing._engines import FakeIntent, FakeLlm, FakeStt, FakeTts, FakeVad, Pause, Said, Seconds
from actors.testing._flaky import Faults, FlakyIntent, FlakyLlm, FlakyStt, FlakyTts
from actors.testing._journal import journal_of
from actors.testing._script import Act, Crash, Fault, Network, Pace, Script, Talk, When
from actors.testing._simplify import simplify
from actors.testing._simulate import simulate, simulate_together
from actors.testing._soak import Failure, Soak, as_code, soak
from actors.testing._speech import Dictionary, Pronounced
from actors.testing._stage import Stage, make_setup
from actors.testing._trace import Trace
from actors.testing._violation import Violation
from actors.testing._virtual import run_virtual
from actors.testing._wire import Received

__all__ = [
    "FEATURES",
    "Act",
    "Caller",
    "Coverage",
    "Crash",
    "Dictionary",
    "Edge",
    "Failure",
    "FakeIntent",
    "FakeLlm",
    "FakeStt",
    "FakeTts",
    "FakeVad",
    "Fault",
    "Faults",
    "FlakyIntent",
    "FlakyLlm",
    "FlakyStt",
    "FlakyTts",
    "Network",
    "Pace",
    "Pause",
    "Pronounced",
    "Received",
    "Said",
    "Script",
    "Seconds",
    "Soak",
    "Stage",
    "Talk",
    "Trace",
    "Violation",
    "When",
    "as_code",
    "check",
    "check_together",
    "draw_script",
    "journal_of",
    "make_setup",
    "run_virtual",
    "scripts",
    "simplify",
    "simulate",
    "simulate_together",
    "soak",
]
