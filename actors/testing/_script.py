"""A simulated call as data: who does what when, how slow everything is, and what fails. Milliseconds throughout.

A script decides everything; with the same script a call goes the same way to the last sample. The first value that a
field can have is the plainest, so that a failing script can be made simpler one field at a time.
"""

from __future__ import annotations

from typing import Literal

import attrs

__all__ = [
    "Act",
    "ActorName",
    "Crash",
    "Fault",
    "Network",
    "Pace",
    "Script",
    "Talk",
    "When",
]

When = Literal[
    "", "idle", "listening", "processing", "speaking", "interrupted", "commit", "read", "ending", "ended", "drying"
]
"""What a step waits for: nothing, a state that the client was told of, a running side effect or read, the last bit
that the loudspeaker has, the moment before it runs dry, or an answer and its end."""


@attrs.frozen
class Talk:
    """The caller speaks. ``kind``: "words" are meant for the agent and must be answered, a "nod" is not, "noise" has no
    words (then ``text`` is empty and it lasts ``ms``). With words, ``ms`` is how long each takes; 0: by its letters."""

    text: str
    kind: Literal["words", "nod", "noise"] = "words"
    ms: int = 0


@attrs.frozen
class Act:
    """Wait for ``when`` (``patience_ms`` at most), then ``after_ms`` more, then do it.

    ``do``: "say" ``talk`` or "type" it; "lose" the line for ``ms`` (0: for good); "stall" the network for ``ms``, and
    all that was sent meanwhile arrives at once; "drain" the server; "report" playback that never was; "hang up";
    or only wait.
    """

    do: Literal["wait", "say", "type", "lose", "stall", "drain", "report", "hang up"]
    when: When = ""
    after_ms: int = 0
    talk: Talk = Talk("")
    ms: int = 0
    patience_ms: int = 8000


@attrs.frozen(kw_only=True)
class Network:
    """One way. ``jitter_ms`` is added at random, in order within each direction. ``reports``: the client's
    acknowledgements of playback come "on time", "late" by 400 ms, "never", or half of them never do ("patchy")."""

    delay_ms: int = 0
    jitter_ms: int = 0
    reports: Literal["on time", "late", "never", "patchy"] = "on time"


@attrs.frozen(kw_only=True)
class Pace:
    """Medians; what really comes is drawn log-normally with ``spread`` (0: always the median).

    ``tick_ms`` is how often the client's microphone gives a frame.
    """

    spread: float = 0.0
    stt_ms: int = 60
    llm_ms: int = 100
    token_ms: int = 10
    tts_ms: int = 50
    tool_ms: int = 600
    tick_ms: int = 100
    voice_factor: float = 0.05  # of real time, to make speech
    timings: bool = True  # the voice tells when each word is said
    likely_end_ms: int = 0  # of silence, behind which the recogniser thinks that the turn may be over; 0: it never says
    end_ms: int = 0  # of silence, behind which it is sure; 0: it never is


@attrs.frozen
class Fault:
    """Requests ``nth`` to ``nth + times - 1`` (from 0) to this engine fail, each after ``after`` pieces were given.
    "signals" is the recogniser that judges turns, each of its signals a request."""

    part: Literal["llm", "tts", "stt", "tool", "intent", "signals"]
    kind: Literal["error", "hang", "drip", "disconnect", "garbage"]
    nth: int = 0
    times: int = 1
    after: int = 0


ActorName = Literal["playout", "conductor", "transcriber", "silence", "line", "signals", "drain", "intent"]
"""Every actor that runs under a call's supervisor."""


@attrs.frozen
class Crash:
    """An actor of the call fails, ``after_ms`` after ``when`` (see :class:`Act`; nothing: after the call began), and is
    restarted."""

    actor: ActorName
    after_ms: int
    when: When = ""


@attrs.frozen(kw_only=True)
class Script:
    """A call. ``acts`` follow each other; each of ``asides`` runs by itself beside them. When the acts are done the
    caller waits for a quiet moment and hangs up. ``hasty``: all of the call's waits are short. ``recorded``: the fixed
    words were spoken before the call; else the voice speaks them when they are due, and may fail. ``seed``: of all that
    is drawn while the call runs, the order of ready tasks included."""

    acts: tuple[Act, ...] = ()
    asides: tuple[Act, ...] = ()
    faults: tuple[Fault, ...] = ()
    crashes: tuple[Crash, ...] = ()
    network: Network = Network()
    pace: Pace = Pace()
    hasty: bool = False
    recorded: bool = True
    seed: int = 0

    @property
    def longest_stall_ms(self) -> int:
        """For how long the network gives nothing, at most."""
        return max((act.ms for act in (*self.acts, *self.asides) if act.do == "stall"), default=0)
