"""What a caller's words leave open, and which questions and requests are whole. English, by word lists and patterns."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ._calendar_words import AT_HOUR_AT_END, HAS_DATE, MISHEARD_TIME, TIME_AT_END
from ._words import word_set

__all__ = ["ends_in_mid_air", "is_open_ended", "is_whole_but_for_its_end", "is_whole_question", "is_whole_request"]

_AUXILIARIES = word_set(
    "am is are was were be been being will would can could should shall may might must have has had do does did i'm"
    " i'd i've i'll we're we'd we've we'll you're you'd you've you'll he's he'd he'll she's she'd she'll it's it'd"
    " it'll they're they'd they've they'll that's there's there're what's where's who's when's how's here's name's"
    " isn't aren't wasn't weren't don't doesn't didn't won't wouldn't can't couldn't shouldn't haven't hasn't hadn't"
)
_PREPOSITIONS = word_set(
    "with for to at on in from of about by into onto around between after before near under since until till during"
    " without against through toward towards regarding concerning via per than as like behind beside besides except"
)
#: Nothing English ends on these.
_OPEN = word_set(
    "a an the thee my your our their its his every another and or but because if although though unless while whereas"
    " whether very really quite maybe perhaps rather also just even about i we they he she which whose next um uh uhm"
    " er erm hmm hm mm well actually basically so then"
)
_OPEN_PHRASES = re.compile(
    r"\b(?:you know|i mean|sort of|kind of|hold on|hang on|wait|let me(?: (?:see|think|check|look|find|know))?"
    r"|(?:a|one) (?:moment|second|sec|minute)|(?:tell|show|give|get) me"
    r"|(?:tell me|know) (?:when|where|who|what|which|how|why)"
    r"|(?:can|could|would|will) you(?: please| maybe| also| just)?"
    r"|(?:can|could|may|should|do|would) (?:i|we)(?: please| maybe| also| just)?"
    r"|(?:i was|i am|i'm)(?: just| only| really| actually)? (?:wondering|hoping|calling|looking|trying|going|supposed)"
    r"|i (?:want|need|wanted|wish|hope|wonder|prefer)|i'd (?:prefer|love|need|say)|(?:want|need|wanted) you"
    r"|(?:do|did|are|have|if) you|would you like|as soon as|as well as|in order|make sure|as if"
    r"|(?:with|see|for|to|and|is|of|visit|call|cancel|dear|doctor|hi|hello|say|says|said)"
    r" (?:doctor|dr|mr|mrs|ms|miss|professor)"
    r"|(?:is|was|would) (?:it|that) (?:be )?(?:okay|ok|alright|all right|possible|safe|necessary|better|best|true)"
    r"|(?:speak|talk|listen|like|want|need|have|going) (?:too|two)"  # "to", as a recogniser writes it
    r"|(?:cancel|appointment|booking|reference|confirmation|the|my|it's|is|and|with) number"
    r"|on behalf|because of|instead of|(?:this|that) is|the (?:thing|problem|reason|question) is)$"
)
_NEEDS_OBJECT = (
    "(?:see|book|make|schedule|change|get|have|ask|know|want|need|find|speak|talk|tell|say|check|visit|meet|bring|take"
    "|give|move|cancel|reschedule|confirm|verify|set|arrange|discuss|request|order|refill|pick|put|keep|use|try|start|stop|send|add|update)"
)
_OPEN_VERB = re.compile(
    rf"(?:^|\b(?:to|please|just|and) |\b(?:can|could|may|should|would|might|will|do|does|did) (?:you|i|we|he|she|they)"
    rf" (?:(?:please|also|just) )?){_NEEDS_OBJECT}$|\b(?:i|we|you) (?:have|got|take|want|need)$"
)
_WH = r"(?:what|what's|when|when's|where|where's|who|who's|whom|whose|why|which|how|how's)"
_LEAD = (
    r"(?:(?:hi|hello|hey|yes|yeah|no|okay|ok|oh|well|um|uh|so|and|but|also|sorry|thanks|thank you|please|actually"
    r"|good morning|good afternoon|good evening|excuse me|great|alright|right|then|there|perfect) )*"
)
_WH_FIRST = re.compile(rf"^{_LEAD}(?:(?:in|at|on|to|for|from|with|by) )?{_WH}\b")
_POLAR_AUX = (
    "(?:is|are|was|were|do|does|did|can|could|will|would|should|shall|may|have|has|am|isn't|aren't|don't|doesn't"
    "|can't|won't)"
)
_POLAR_FIRST = re.compile(rf"^{_LEAD}{_POLAR_AUX}\b")
_SUBJECT = (
    r"(?:(?:doctor|dr|mr|mrs|ms|miss)(?: [\w']+)?|(?:the|my|your|a|an|his|her|our|their|that|this) [\w']+"
    r"|(?:you|we|they|he|she|i|it|there|anyone|someone|anybody|somebody))"
)
_NO_PREDICATE = re.compile(
    rf"(?:^{_LEAD}{_POLAR_AUX} {_SUBJECT}"
    rf"|^{_LEAD}{_WH}(?: [\w']+){{0,3}} (?:do|does|did|can|could|will|would|should|shall) {_SUBJECT})$"
)
_ELLIPTIC = re.compile(
    r"^(?:(?:yes|yeah|no|oh|well|of course|sure|but|so|i think|i believe|i guess) )*"
    r"(?:i|we|it|he|she|they|you|there|that) (?:am|is|are|was|were|do|did|does|have|has|had|can|could|will|would|should"
    r"|don't|didn't|doesn't|isn't|aren't|wasn't|can't|won't|wouldn't|haven't)$"
)
#: "(could you tell me) what your address is?", "what does Doctor Patel do?": after its "what" it may end on these.
_EMBEDDED_QUESTION = re.compile(
    rf"\b{_WH} (?:[\w']+ )+(?:is|are|was|were)$|\b{_WH} (?:do|does|did) (?:[\w']+ )+(?:do|have|cost)$"
)
_SO = re.compile(
    r"\b(?:think|hope|guess|believe|suppose|say|if|not) so$|\b(?:see you|until|by|since) then$|\bas well$"
    rf"|^(?:oh )?really$|\b{MISHEARD_TIME}$"
)
_BARE_NOUN = re.compile(
    r"^(?:(?:yes|yeah|sure|okay|um|uh|so|well|oh|and|it's|hi|hello) )*(?:my|his|her|our|the)"
    r" (?:[\w']+ )?(?:name|number|birthday|date of birth|address|email|email address|problem|question|reason)$"
)
_NOUN_AT_END = re.compile(r"\b(?:a|an|the|my|your|his|her|our|their) (?:will|can|must|might|have)$")
_SUBORDINATE = re.compile(
    rf"^{_LEAD}(?:if|although|unless|while|whenever|once|as soon as|(?:when|after|before|since|until|because of|as)"
    r" (?:i|you|he|she|it|they|we|my|the)) "
)
_TRAILING = re.compile(r"(?:,|-|–|—|…|\.\.+)[\"'”’]*$")  # noqa: RUF001 - typographic marks are meant

_AM_PM = re.compile(r"(?<=\b[ap]\. )m\.+$|(?<=\b[ap][. ])m\.+$|(?<=\b[ap])m\.+$", re.IGNORECASE)  # and a full stop


def ends_in_mid_air(text: str) -> bool:
    """Whether the recogniser itself heard no end: a comma, dash or ellipsis comes last."""
    return _TRAILING.search(_AM_PM.sub("m", text.rstrip())) is not None


def is_open_ended(text: str, spoken: Sequence[str]) -> bool:
    """Whether the words (``spoken``: the words of ``text``, at least one) ask for a continuation."""
    plain = " ".join(spoken)
    asks = text.rstrip().endswith("?")
    if _SO.search(plain) or _ELLIPTIC.match(plain):
        return False
    last = spoken[-1]
    if _NOUN_AT_END.search(plain):
        return False
    if asks and _EMBEDDED_QUESTION.search(plain):
        return False
    if last in _OPEN or last in _AUXILIARIES or _OPEN_PHRASES.search(plain) or _BARE_NOUN.match(plain):
        return True
    wh_first = _WH_FIRST.match(plain) is not None
    if last in _PREPOSITIONS:
        return not (wh_first and asks and len(spoken) >= _SHORTEST_STRANDED)
    if _OPEN_VERB.search(plain) and not wh_first:
        return True
    if _NO_PREDICATE.match(plain):
        return True
    return _SUBORDINATE.match(plain) is not None and not asks and "," not in text.rstrip(" .,!")


_SHORTEST_STRANDED = 4  # words: "Where are you from?", but not "What is for?"
_SHORTEST_QUESTION = 3  # words
_LONG_QUESTION = 6  # words
_ABOUT_A_SLOT = re.compile(
    r"\b(?:book|schedule|reschedule|appointments?|openings?(?! (?:hours?|times?))|slots?|available|availability|see"
    r"|(?:have|got|is there|there's) anything|free|move)\b"
)
#: Whoever is looked up is told by name, and then by date of birth.
_LOOKED_UP = re.compile(r"\b(?:look up|look for|find|check (?:on|for)) (?:[\w']+ ){0,3}[\w']+$")
#: What is asked for is all in it: "tell me when she has time", "I was wondering if you take my insurance".
_INDIRECT = re.compile(
    rf"\b(?:(?:tell me|know|find out) {_WH}|(?:wondering|know|ask|tell me) (?:if|whether)) (?:[\w']+ ){{2,}}"
)
_WONDERING = re.compile(r"\bwondering (?:if|whether) (?:[\w']+ ){2,}")
_TO_COME = re.compile(r"\b(?:can|could|may) i (?:come|drop|pop|stop)\b")
_REQUESTS = re.compile(
    r"\b(?:(?:i'd|we'd|i would) like|i want|i need|i'd prefer|book|schedule|reschedule|make|move|cancel|put me|let's)\b"
)
_COURTESY_AT_END = re.compile(r"[\w'] (?:please|thanks|thank you)$")
_OPEN_COURTESY = re.compile(
    r"\b(?:can|could|would|will|may) (?:you|i|we) please$|^(?:hi|hello|yes|no|oh|um) (?:please|thanks)$"
)


def is_whole_question(text: str, spoken: Sequence[str]) -> bool:
    """Whether it is a question to which callers add nothing; one for a slot without a day is not ("... on Friday?")."""
    plain = " ".join(spoken)
    if not text.rstrip(" \"'”’").endswith("?") or len(spoken) < _SHORTEST_QUESTION:  # noqa: RUF001
        return False
    if _WH_FIRST.match(plain) or _INDIRECT.search(plain):
        return True
    if _LOOKED_UP.search(plain):
        return False
    if _TO_COME.search(plain):
        return TIME_AT_END.search(plain) is not None
    return _ABOUT_A_SLOT.search(plain) is None or HAS_DATE.search(plain) is not None


def is_whole_but_for_its_end(text: str, spoken: Sequence[str]) -> bool:
    """Whether it would be a whole question, did the recogniser not hear a comma at its end (it often does where a voice
    does not fall)."""
    return (
        len(spoken) >= _LONG_QUESTION
        and is_whole_question(_TRAILING.sub("?", text.rstrip()), spoken)
        and bool(_POLAR_FIRST.match(" ".join(spoken)) or _WH_FIRST.match(" ".join(spoken)))
    )


def is_whole_request(spoken: Sequence[str]) -> bool:
    """Whether this is a request with its day and time, or one that ends in "please" or "thank you"."""
    plain = " ".join(spoken)
    if _OPEN_COURTESY.search(plain):
        return False
    if len(spoken) >= _SHORTEST_QUESTION and _COURTESY_AT_END.search(plain):
        return True
    if not HAS_DATE.search(plain):
        return _WONDERING.search(plain) is not None
    timed = TIME_AT_END.search(plain) or AT_HOUR_AT_END.search(plain)
    return bool(timed and (_REQUESTS.search(plain) or _POLAR_FIRST.match(plain)))
