"""The caller made a sound while the agent spoke: was it meant for the agent?

The first row that holds decides. "Settled" means that the transcript is final and the caller is silent, "due" that
``decide_ms`` have passed since playback was held.

======================================================================  ===========
what was heard over the agent's speech                                  verdict
======================================================================  ===========
a command or question word first ("wait", "no", "what"), not echoed     CUT
(but of an idiom, "no kidding": as if these words were any others)
the agent's own words, fuzzily: echo. Settled or due -> RESUME, else    UNDECIDED
less than ``tail_ms`` of a finished reply is unheard: an answer         CUT
backchannels, soon after the agent's question: "okay" answers it        CUT
else no words, and the sound less likely meant than ``unmeant``         RESUME
words that with their sound are so less than ``unmeant_words``          RESUME
two words or more, no backchannel and no beginning of one, as likely
meant as not                                                            CUT
one such word, or such words less likely meant, of a final transcript   CUT
the same of a partial one (may become anything), and due                CUT
backchannels, hesitation, laughter or no words, settled                 RESUME
silent again after less than ``noise_ms`` of voice, no words: a noise   RESUME
due, a backchannel so far, or what begins one ("sounds")                RESUME
due, still voiced without words, the sound as likely meant as not       CUT
due, else                                                               RESUME
anything else                                                           UNDECIDED
======================================================================  ===========

How likely it is meant (``Overlap.meant``) the sound tells from its beginning, of laughter and hums above all, and the
words as they come, of praise and surprise that no list has. RESUME by it may come at any moment, and what is said next
is judged anew. Right after a question it counts for nothing.

No words are: a lone word that recognisers make out of noise ("you", "the"), and words that nobody could have said in so
little voice. A voice that was resumed over is listened to all the same and may cut later
(``_hearing.verdict_on_ignored``), so whoever says "sounds good, but make it Tuesday" is heard.

What the limits rest on: ``bench/overlap.py``, its development part.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from difflib import SequenceMatcher

import attrs

from ._backchannels import answers, is_backchannel, may_become_backchannel
from ._words import word_set, words

__all__ = ["Overlap", "OverlapLimits", "Verdict", "is_echo", "judge"]


class Verdict(enum.Enum):
    """What becomes of the held playback."""

    CUT = "cut"  #: the caller has the floor
    RESUME = "resume"  #: play on at the very next sample
    UNDECIDED = "undecided"  #: keep holding


@attrs.frozen(kw_only=True)
class OverlapLimits:
    """Milliseconds, all above 0, and ``echo_likeness`` (0..1), how alike words must be to count as the agent's own.

    ``unmeant``, ``unmeant_words`` (0..1): below these likelihoods it counts as not meant, without words and with them.
    ``suspect_ms``: how long playback is held for a sound that has not proved to be a voice.
    ``letter_ms``: nobody says a letter in less (fast speech: 50 ms); words that would need it were not said.
    """

    decide_ms: int = attrs.field(default=600, validator=attrs.validators.gt(0))
    suspect_ms: int = attrs.field(default=160, validator=attrs.validators.gt(0))
    tail_ms: int = attrs.field(default=300, validator=attrs.validators.gt(0))
    noise_ms: int = attrs.field(default=120, validator=attrs.validators.gt(0))
    letter_ms: int = attrs.field(default=15, validator=attrs.validators.gt(0))
    unmeant: float = attrs.field(default=0.08, validator=attrs.validators.ge(0))
    unmeant_words: float = attrs.field(default=0.25, validator=attrs.validators.ge(0))
    echo_likeness: float = attrs.field(default=0.8, validator=[attrs.validators.gt(0.0), attrs.validators.le(1.0)])


@attrs.frozen(kw_only=True)
class Overlap:
    """What is known of the overlap by now.

    ``voiced_ms``: clear voice heard since it began, 0: not known. ``text``: its transcript so far; ``final``: settled
    up to the pause. ``agent_said``: the agent's words lately, to tell echo and a question. ``meant``: how
    likely (0..1) its sound and words make it that it is for the agent; None: not known. ``elapsed_ms``: since
    playback was held.
    ``unheard_ms``: what is left of a *finished* reply; None while the reply is not finished.
    """

    voiced_ms: int
    still_voiced: bool
    text: str = ""
    final: bool = False
    agent_said: str = ""
    meant: float | None = None
    elapsed_ms: int = 0
    unheard_ms: int | None = None


def judge(overlap: Overlap, limits: OverlapLimits) -> Verdict:
    """Decide by the table above. At or after ``decide_ms`` it is never UNDECIDED."""
    spoken = _credible(words(overlap.text), overlap.voiced_ms, limits)
    silent = not overlap.still_voiced
    settled = overlap.final and silent
    due = overlap.elapsed_ms >= limits.decide_ms
    echo = is_echo(spoken, overlap.agent_said, limits.echo_likeness)
    asked = _asked(overlap.agent_said)
    unmeant = not asked and _unmeant(overlap.meant, spoken, limits)
    likely = overlap.meant is None or overlap.meant >= 0.5
    unsure = not (asked or likely or settled or due)
    idiom = (unmeant or unsure) and len(spoken) > 1 and spoken[0] in _IN_IDIOMS
    if spoken and not idiom and _addresses(spoken, overlap.agent_said, echo):
        return Verdict.CUT
    if echo:
        return Verdict.RESUME if settled or due else Verdict.UNDECIDED
    if overlap.unheard_ms is not None and overlap.unheard_ms < limits.tail_ms:
        return Verdict.CUT
    if answers(spoken) and asked:
        return Verdict.CUT
    if unmeant:
        return Verdict.RESUME
    if spoken and not is_backchannel(spoken):
        if may_become_backchannel(spoken) and not settled:
            return Verdict.RESUME if due else Verdict.UNDECIDED
        return Verdict.CUT if (len(spoken) > 1 and not unsure) or overlap.final or due else Verdict.UNDECIDED
    if settled or (not spoken and silent and overlap.voiced_ms < limits.noise_ms):
        return Verdict.RESUME
    if due:
        return Verdict.CUT if overlap.still_voiced and not spoken and likely else Verdict.RESUME
    return Verdict.UNDECIDED


def _unmeant(meant: float | None, spoken: Sequence[str], limits: OverlapLimits) -> bool:
    """Whether nobody means the agent, as far as sound and words tell."""
    if meant is None:
        return False
    return meant < (limits.unmeant_words if spoken else limits.unmeant)


def _credible(spoken: tuple[str, ...], voiced_ms: int, limits: OverlapLimits) -> tuple[str, ...]:
    """The words, or none where a recogniser must have made them up."""
    if len(spoken) == 1 and spoken[0] in _STRAY:
        return ()
    too_many = 0 < voiced_ms < sum(map(len, spoken)) * limits.letter_ms
    return () if too_many and _COMMANDS.isdisjoint(spoken) and not answers(spoken) else spoken


def _addresses(spoken: Sequence[str], agent_said: str, echo: bool) -> bool:
    own = spoken[0] in words(agent_said)
    if spoken[0] in _COMMANDS:
        return not (own and echo) or len(spoken) == 1
    return spoken[0] in _QUESTIONS and not own


def _asked(agent_said: str) -> bool:
    """Whether the agent's last question was heard a moment ago: people answer while the agent has begun to go on."""
    _, mark, since = agent_said.rpartition("?")
    return bool(mark) and len(words(since)) <= _SINCE_QUESTION


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


_ECHO_WORDS = 40
_ECHO_LETTERS = 5
_SINCE_QUESTION = 3  #: words of the agent, about a second

#: Recognisers write these for a cough, a breath or a click.
_STRAY = word_set("you the a i thank")

#: Said first, they address the agent at once; questions only where the agent has not just said that word itself.
_COMMANDS = word_set(
    "wait stop no nope hold hang hey hello excuse sorry pardon actually listen quiet shut cancel repeat slow"
)
_QUESTIONS = word_set("what when where who why how which")
_IN_IDIOMS = _QUESTIONS | {"no"}  #: said first of "what a day", "no kidding", too
