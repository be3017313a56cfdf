"""The caller made a sound while the agent spoke: was it meant for the agent?

The first row that holds decides. "Settled" means that the transcript is final and the caller is silent, "due" that
``decide_ms`` have passed since playback was held.

=====================================================================  ===========
what was heard over the agent's speech                                 verdict
=====================================================================  ===========
a command or question word first ("wait", "no", "what"), not echoed    CUT
the agent's own words, fuzzily: echo. Settled or due -> RESUME, else   UNDECIDED
less than ``tail_ms`` of a finished reply is unheard: an answer        CUT
two words or more that are no backchannel                              CUT
one such word, of a final transcript                                   CUT
one such word, of a partial one (may become anything), and due         CUT
backchannels, after the agent's question: "okay", "yes" answer it      CUT
backchannels, hesitation, laughter or no words, settled                RESUME
silent again after less than ``noise_ms`` of voice, no words: a noise  RESUME
due, still voiced                                                      CUT
due, silent                                                            RESUME
anything else                                                          UNDECIDED
=====================================================================  ===========

A lone word that recognisers make out of noise ("you", "the") counts as no word.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Sequence
from difflib import SequenceMatcher

import attrs

from ._words import made_of, phrases, word_set, words

__all__ = ["Overlap", "OverlapLimits", "Verdict", "is_backchannel", "is_echo", "judge"]


class Verdict(enum.Enum):
    """What becomes of the held playback."""

    CUT = "cut"  #: the caller has the floor
    RESUME = "resume"  #: play on at the very next sample
    UNDECIDED = "undecided"  #: keep holding


@attrs.frozen(kw_only=True)
class OverlapLimits:
    """Milliseconds, all above 0, and ``echo_likeness`` (0..1), how alike words must be to count as the agent's own."""

    decide_ms: int = attrs.field(default=600, validator=attrs.validators.gt(0))
    tail_ms: int = attrs.field(default=300, validator=attrs.validators.gt(0))
    noise_ms: int = attrs.field(default=120, validator=attrs.validators.gt(0))
    echo_likeness: float = attrs.field(default=0.8, validator=[attrs.validators.gt(0.0), attrs.validators.le(1.0)])


@attrs.frozen(kw_only=True)
class Overlap:
    """What is known of the overlap by now.

    ``voiced_ms``: voice heard since it began. ``text``: its transcript so far; ``final``: settled up to the pause.
    ``agent_said``: the agent's words lately, to tell echo and a question. ``elapsed_ms``: since playback was held.
    ``unheard_ms``: what is left of a *finished* reply; None while the reply is not finished.
    """

    voiced_ms: int
    still_voiced: bool
    text: str = ""
    final: bool = False
    agent_said: str = ""
    elapsed_ms: int = 0
    unheard_ms: int | None = None


def judge(overlap: Overlap, limits: OverlapLimits) -> Verdict:
    """Decide by the table above. At or after ``decide_ms`` it is never UNDECIDED."""
    spoken = words(overlap.text)
    if len(spoken) == 1 and spoken[0] in _STRAY:
        spoken = ()
    settled = overlap.final and not overlap.still_voiced
    due = overlap.elapsed_ms >= limits.decide_ms
    echo = is_echo(spoken, overlap.agent_said, limits.echo_likeness)
    if spoken and _addresses(spoken, overlap.agent_said, echo):
        return Verdict.CUT
    if echo:
        return Verdict.RESUME if settled or due else Verdict.UNDECIDED
    if overlap.unheard_ms is not None and overlap.unheard_ms < limits.tail_ms:
        return Verdict.CUT
    backchannel = not spoken or is_backchannel(spoken)
    if not backchannel and (len(spoken) > 1 or overlap.final or due):
        return Verdict.CUT
    if backchannel and _answers(spoken, overlap.agent_said):
        return Verdict.CUT
    if settled and backchannel:
        return Verdict.RESUME
    if not spoken and not overlap.still_voiced and overlap.voiced_ms < limits.noise_ms:
        return Verdict.RESUME
    if due:
        return Verdict.CUT if overlap.still_voiced else Verdict.RESUME
    return Verdict.UNDECIDED


def _addresses(spoken: Sequence[str], agent_said: str, echo: bool) -> bool:
    own = spoken[0] in words(agent_said)
    if spoken[0] in _COMMANDS:
        return not (own and echo) or len(spoken) == 1
    return spoken[0] in _QUESTIONS and not own


def _answers(spoken: Sequence[str], agent_said: str) -> bool:
    asked = agent_said.rstrip(_CLOSERS).endswith("?")
    return asked and made_of(spoken, _ANSWER) and not made_of(spoken, _HESITATION)


def is_backchannel(spoken: Sequence[str]) -> bool:
    """Whether these words (see ``words``) only say "go on, I am listening", or are hesitation or laughter."""
    return made_of([_stretched(word) for word in spoken], _BACKCHANNELS)


def is_echo(spoken: Sequence[str], agent_said: str, likeness: float = 0.8) -> bool:
    """Whether these words are, but for a recogniser's slips, what the agent has just said.

    Compares letters with every run of as many words, one more or one less, among the agent's last forty. A single short
    word is no evidence.
    """
    heard = "".join(spoken)
    said = words(agent_said)[-_ECHO_WORDS:]
    if len(heard) < _ECHO_LETTERS:
        return False
    matcher = SequenceMatcher(None, "", heard, autojunk=False)
    for size in (len(spoken), len(spoken) - 1, len(spoken) + 1):
        for start in range(len(said) - size + 1 if size else 0):
            matcher.set_seq1("".join(said[start : start + size]))
            if matcher.quick_ratio() >= likeness and matcher.ratio() >= likeness:
                return True
    return False


def _stretched(word: str) -> str:
    """Laughter and drawn-out sounds in one spelling: "hahaha" -> "ha", "yeahhh" -> "yeah"."""
    return "ha" if _LAUGHTER.fullmatch(word) else _DRAWN_OUT.sub(r"\1", word)


_LAUGHTER = re.compile(r"(?:ha|he|hee|hah|heh)+")
_DRAWN_OUT = re.compile(r"(.)\1{2,}")
_ECHO_WORDS = 40
_ECHO_LETTERS = 5
_CLOSERS = " \t\r\n\"'”’)]*_"  # noqa: RUF001 - typographic quotes are meant

#: Recognisers write these for a cough, a breath or a click.
_STRAY = word_set("you the a i oh thank so")

#: Said first, they address the agent at once; questions only where the agent has not just said that word itself.
_COMMANDS = word_set(
    "wait stop no nope hold hang hey hello excuse sorry pardon actually listen quiet shut cancel repeat slow"
)
_QUESTIONS = word_set("what when where who why how which")

_ANSWERING = (
    *("yes", "yeah", "yep", "yup", "ya", "okay", "ok", "k", "sure", "right", "alright", "all right", "uh huh", "uhhuh"),
    *("mm hmm", "mm hm", "mmhmm", "mhm", "aha", "of course", "absolutely", "exactly", "correct", "definitely"),
    *("certainly", "fine", "good", "great", "perfect", "lovely", "nice", "cool", "excellent", "wonderful", "thanks"),
    *("thank you", "please", "that's right", "that's fine", "that's good", "that's great", "sounds good", "it is"),
    *("sounds great", "that works", "very good", "very well", "true", "indeed", "i do", "i am", "you too"),
)
_LISTENING = (
    *(
        "i see",
        "got it",
        "gotcha",
        "i got it",
        "i understand",
        "understood",
        "i know",
        "makes sense",
        "that makes sense",
    ),
    *(
        "really",
        "wow",
        "oh",
        "ah",
        "ooh",
        "m",
        "mm",
        "hm",
        "hmm",
        "huh",
        "ha",
        "uh",
        "um",
        "uhm",
        "er",
        "erm",
        "well",
        "so",
    ),
    *("and", "go on", "fair enough", "interesting", "oh my", "oh wow", "oh dear", "is that so", "you know", "yes yes"),
)
_BACKCHANNELS = phrases(*_ANSWERING, *_LISTENING)
_HESITATIONS = ("oh", "well", "um", "uh", "hm", "hmm", "ah", "and", "so")
_HESITATION = phrases(*_HESITATIONS)
_ANSWER = phrases(*_ANSWERING, *_HESITATIONS)
