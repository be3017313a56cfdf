"""The sentence buffer: a language model's text in, spans that can be spoken out.

Theory. The buffer looks at one character at a time and decides from what it has seen so far, never from how the text
was cut into pieces; so any chunking of the same text gives the same spans. Each character is looked at once (after a
forced break the rest of the span once more), so the work is linear.

A span ends where
 1. a terminator (with closing quotes, brackets, Markdown and emoji after it) is followed by white space, unless
    :mod:`statechart._abbreviations` knows better; some marks ("p.m.", "...", `?"`) are settled by what follows it;
 2. a full-width terminator (CJK) is followed by anything but a further terminator, closer or white space;
 3. a line ends;
 4. for the first span of an answer only: a comma, colon or dash is followed by white space and then no digit, once the
    span is ``first_clause_chars`` long, so that the first sound comes sooner;
 5. it would outgrow ``max_chars``: at the last clause mark in its second half, else the last white space, else there.
Rules 1 to 3 need ``min_chars``; a shorter sentence joins the next one. White space that settles an end belongs to the
span before it.
"""

from __future__ import annotations

import unicodedata

import attrs

from ._abbreviations import CALENDAR, CLOSERS, Ending, ending, is_emoji

__all__ = ["SentenceBuffer"]

_WIDE_TERMINATORS = frozenset("。！？｡")  # noqa: RUF001 - full-width marks are meant
_WIDE_CLAUSES = frozenset("，、；：")  # noqa: RUF001
_CONNECTIVES = frozenset(",;:)]%&/-–—")  # noqa: RUF001


def _weight(char: str) -> int:
    """How much a character counts towards the least length: a CJK character says as much as two letters or more."""
    return 2 if char > "\u2e7f" and char.isalpha() and unicodedata.east_asian_width(char) in "WF" else 1


def _settle(kind: Ending, after: str) -> bool | None:
    """Whether the sentence is over, given what followed the white space so far; None: not settled yet."""
    first = after[0]
    if kind is Ending.NUMBER or kind is Ending.CLAUSE:
        return not first.isdecimal()
    if kind is Ending.QUOTED:
        return not (first.islower() or first in ".…")
    if first.islower() or first.isdecimal() or first in _CONNECTIVES or first == "(":
        return False
    if after.startswith(CALENDAR):
        return False
    return None if any(name.startswith(after) for name in CALENDAR) else True


@attrs.define
class SentenceBuffer:
    """Cuts streamed text into spans; the concatenation of all spans, :meth:`flush` included, is the text that was fed.

    ``min_chars``: least length of a span (surrounding white space not counted; CJK letters count double).
    ``first_clause_chars``: from which length the first span of an answer may end at a comma or dash; None: never.
    ``max_chars``: no span is longer, in raw characters. Raises ValueError unless 1 <= ``min_chars`` < ``max_chars``
    and 1 <= ``first_clause_chars`` < ``max_chars``.
    """

    min_chars: int = attrs.field(default=10, kw_only=True)
    first_clause_chars: int | None = attrs.field(default=24, kw_only=True)
    max_chars: int = attrs.field(default=240, kw_only=True)

    _first: bool = attrs.field(default=True, init=False)  # nothing of this answer was given out yet
    _list_number: int | None = attrs.field(default=None, init=False)
    # About the span being gathered; positions index _chars.
    _chars: list[str] = attrs.field(factory=list, init=False)
    _length: int = attrs.field(default=0, init=False)  # weight, leading white space not counted
    _token: int = attrs.field(default=0, init=False)  # where the current token starts
    _before: str = attrs.field(default="", init=False)  # the token before it, "" at the start of a line
    _line_start: bool = attrs.field(default=True, init=False)
    _pending: Ending | None = attrs.field(default=None, init=False)  # an end to be settled by what follows
    _cut: int = attrs.field(default=0, init=False)  # where the pending cut would be
    _wide: bool = attrs.field(default=False, init=False)  # behind a full-width terminator
    _clause: int = attrs.field(default=0, init=False)  # behind the last clause mark
    _space: int = attrs.field(default=0, init=False)  # behind the last white space

    def __attrs_post_init__(self) -> None:
        if not 1 <= self.min_chars < self.max_chars:
            raise ValueError(f"min_chars={self.min_chars} must lie between 1 and max_chars={self.max_chars}")
        if self.first_clause_chars is not None and not 1 <= self.first_clause_chars < self.max_chars:
            raise ValueError(f"first_clause_chars={self.first_clause_chars} must lie between 1 and max_chars")

    def feed(self, text: str) -> list[str]:
        """Take the next piece of text; return the spans that it completed, raw and in order."""
        spans: list[str] = []
        for char in text:
            self._take(char, spans)
        return spans

    def flush(self) -> str | None:
        """End the answer: return what is left (perhaps only white space), or None. What comes next is a new answer."""
        rest = "".join(self._chars)
        self._begin_span()
        self._first = True
        self._list_number = None
        return rest or None

    # --- one character ------------------------------------------------------------------------------------------------

    def _take(self, char: str, spans: list[str]) -> None:
        space = char.isspace()
        if self._pending is not None and not (space and len(self._chars) == self._cut):
            over = _settle(self._pending, "".join(self._chars[self._cut :]) + char)
            if over is not None:
                self._pending = None
            if over:
                self._emit(self._cut, spans)
        elif self._wide and not space and char not in _WIDE_TERMINATORS and char not in CLOSERS and not is_emoji(char):
            self._emit(len(self._chars), spans)

        at_token_end = space and self._token < len(self._chars)
        self._chars.append(char)
        if space:
            self._after_space(char, at_token_end, spans)
        else:
            inner_space = self._token == len(self._chars) - 1 and self._length > 0  # a run of it counts once
            self._length += _weight(char) + inner_space
            if char in _WIDE_TERMINATORS:
                self._wide = self._length >= self.min_chars
            elif char in _WIDE_CLAUSES or char in "—―":
                self._mark_clause()
        if len(self._chars) >= self.max_chars:
            self._emit(self._forced_break(), spans)

    def _after_space(self, char: str, at_token_end: bool, spans: list[str]) -> None:
        here = len(self._chars)
        self._space = here
        long_enough = self._length >= self.min_chars
        kind = self._end_token(here - 1) if at_token_end else Ending.INSIDE
        self._token = here
        if long_enough and (char == "\n" or kind is Ending.END or self._wide):
            self._emit(here, spans)
            return
        if char == "\n":
            self._line_start, self._before, self._pending = True, "", None
        elif self._pending is not None:
            self._cut = here  # more white space before what settles it
        elif kind is Ending.CLAUSE:
            self._mark_clause()
        elif long_enough and kind in (Ending.QUOTED, Ending.ABBREVIATION, Ending.NUMBER):
            self._pending, self._cut = kind, here

    def _end_token(self, end: int) -> Ending:
        token = "".join(self._chars[self._token : end])
        kind = ending(token, before=self._before, line_start=self._line_start, list_number=self._list_number)
        number = token.rstrip(".")
        if kind is Ending.INSIDE and number != token and number.isdecimal() and len(number) <= 3:
            self._list_number = int(number)
        self._before, self._line_start = token, False
        return kind

    def _mark_clause(self) -> None:
        self._clause = len(self._chars)
        if self._first and self.first_clause_chars is not None and self._length >= self.first_clause_chars:
            self._pending, self._cut = Ending.CLAUSE, self._clause

    def _forced_break(self) -> int:
        if self._clause >= self.max_chars // 2:
            return self._clause
        return self._space or len(self._chars)

    def _emit(self, at: int, spans: list[str]) -> None:
        spans.append("".join(self._chars[:at]))
        rest = self._chars[at:]
        self._begin_span()
        self._first = False
        for char in rest:
            self._take(char, spans)

    def _begin_span(self) -> None:
        self._chars = []
        self._length = self._token = self._cut = self._clause = self._space = 0
        self._before, self._line_start, self._pending, self._wide = "", True, None, False
