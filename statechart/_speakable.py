"""From a raw span to what is spoken: Markdown and emoji out, and the way back kept.

Theory. A span may cut a Markdown construct in two ("**Dr. Chen is" and "free.**"), so marks are known one by one,
never by their partner; what remains is copied character by character with the raw position behind it. Numbers, dates,
units and addresses stay as they are: the speech engine reads them. Nothing is invented, except that the bar between
two table cells becomes a comma and a line-break tag a space. Plain text comes out as it went in.
"""

from __future__ import annotations

import html
import re

import attrs

__all__ = ["Spoken", "speakable"]


@attrs.frozen
class Spoken:
    """``text`` is what is spoken of ``raw``; ``ends[i]`` is the raw position behind the character ``text[i]``."""

    raw: str
    text: str
    ends: tuple[int, ...] = attrs.field(repr=False)

    def raw_end(self, spoken_end: int) -> int:
        """How much of the raw text has been said once ``text[:spoken_end]`` has; rises with ``spoken_end``.

        0 gives 0, the whole text the whole raw text; values outside 0..len(text) are clamped.
        """
        if spoken_end >= len(self.text):
            return len(self.raw)
        return self.ends[spoken_end - 1] if spoken_end > 0 else 0

    @property
    def silent(self) -> bool:
        """Whether there is nothing to pronounce: no letter and no digit."""
        return not any(char.isalnum() for char in self.text)


_MARK = re.compile(
    r"""
      (?P<fence>    ^[ \t]*(?:```|~~~)[ \t]*[a-zA-Z+\#-]*[ \t]*$ )
    | (?P<rule>     ^[ \t]*(?:(?:-[ \t]*){3,}|(?:\*[ \t]*){3,}|(?:_[ \t]*){3,}|={3,}[ \t]*)$ )
    | (?P<divider>  ^[ \t]*\|?[ \t]*:?-{2,}:?[ \t]*(?:\|[ \t]*:?-{2,}:?[ \t]*)*\|?[ \t]*$ )
    | (?P<heading>  ^[ \t]*\#{1,6}[ \t]+ )
    | (?P<quote>    ^[ \t]*>[ \t]? )
    | (?P<bullet>   ^[ \t]*[-*+•▪‣◦·][ \t]+(?:\[[ xX]\][ \t]+)? )
    | (?P<edge>     ^[ \t]*\|[ \t]* | [ \t]*\|[ \t]*$ )
    | (?P<link>     !?\[(?P<label>[^\[\]\n]*)\]\([^()\s]*(?:[ ]"[^"\n]*")?\) )
    | (?P<escape>   \\(?P<escaped>[\\`*_{}\[\]()\#+.!|>~-]) )
    | (?P<entity>   &(?:amp|lt|gt|quot|nbsp|apos|\#\d{2,5}); )
    | (?P<address>  <(?P<target>(?:https?://|mailto:)?[^\s<>@:.]+[@.][^\s<>]+)> )
    | (?P<newline>  <br[ ]*/?> )
    | (?P<tag>      </?[a-zA-Z][\w-]*(?:[ ]+[\w-]+=[^<>\n]*)?[ ]*/?> )
    | (?P<cell>     [ \t]*\|(?=[ \t]) )
    | (?P<stars>    \*{2,3}(?=[^\s*]) | (?<=[^\s*])\*{2,3} | (?<![\w*])\*(?=[^\s*]) | (?<=[^\s*])\*(?![\w*]) )
    | (?P<strokes>  (?<!\w)_{1,3}(?=[^\W_]) | (?<=[^\s_])_{1,3}(?!\w) )
    | (?P<ticks>    ~~ | `+ )
    | (?P<emoji>    (?<!\S)EMOJI+[ \t]* | EMOJI+ )
    """.replace(
        "EMOJI",
        "[\u200d\ufe0e\ufe0f\u20e3\u231a-\u23ff\u2600-\u27bf\u2b00-\u2bff\U0001f000-\U0001faff\U000e0020-\U000e007f]",
    ),
    re.VERBOSE | re.MULTILINE,
)


def speakable(span: str) -> Spoken:
    """Take Markdown and emoji out of a raw span; may leave nothing to say (see :attr:`Spoken.silent`)."""
    builder = _Builder(span)
    builder.walk(0, len(span))
    return Spoken(span, "".join(builder.chars), tuple(builder.ends))


@attrs.define
class _Builder:
    raw: str
    chars: list[str] = attrs.field(factory=list)
    ends: list[int] = attrs.field(factory=list)

    def walk(self, start: int, end: int) -> None:
        at = start
        for match in _MARK.finditer(self.raw, start, end):
            self._copy(at, match.start())
            self._mark(match)
            at = match.end()
        self._copy(at, end)

    def _copy(self, start: int, end: int) -> None:
        self.chars.extend(self.raw[start:end])
        self.ends.extend(range(start + 1, end + 1))

    def _put(self, text: str, end: int) -> None:
        """Say ``text`` for a whole mark."""
        self.chars.extend(text)
        self.ends.extend([end] * len(text))

    def _drop(self, start: int, end: int) -> None:
        """Leave a mark out; one that hangs on the character before it ("word**") counts as said along with it."""
        if self.ends and self.ends[-1] == start and not self.raw[start - 1].isspace():
            self.ends[-1] = end

    def _mark(self, match: re.Match[str]) -> None:
        start, end = match.span()
        inner = {"link": "label", "address": "target"}.get(match.lastgroup or "")
        if inner is not None:
            self.walk(*match.span(inner))
            self._drop(match.end(inner), end)
        elif match.lastgroup == "escape":
            self._put(match["escaped"], end)
        elif match.lastgroup == "entity":
            self._put(html.unescape(match[0]).replace("\xa0", " "), end)
        elif match.lastgroup == "newline":
            self._put(" ", end)
        elif match.lastgroup == "cell":
            self._put(",", end)
        else:
            self._drop(start, end)
