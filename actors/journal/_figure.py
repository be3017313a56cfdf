"""The drawing of a call: shapes in pixels, for whatever can draw rectangles, lines and words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import attrs

from actors.journal._course import Course, Said
from statechart import State

__all__ = ["Figure", "Label", "Part", "Rect", "Shape", "Stroke", "figure"]


@attrs.frozen
class Rect:
    x: float
    y: float
    width: float
    height: float
    fill: str
    opacity: float = 1.0
    title: str = ""


@attrs.frozen
class Stroke:
    """A straight line from (x, y) to (to_x, to_y)."""

    x: float
    y: float
    to_x: float
    to_y: float
    colour: str
    width: float = 1.0
    dashed: bool = False


@attrs.frozen
class Part:
    """A piece of a label."""

    text: str
    colour: str
    struck: bool = False


@attrs.frozen
class Label:
    """Words on the base line (x, y), which is the right end of it where ``right``."""

    x: float
    y: float
    parts: tuple[Part, ...]
    size: float = 12.0
    bold: bool = False
    right: bool = False


Shape = Rect | Stroke | Label


@attrs.frozen
class Figure:
    """Pixels; (0, 0) is the upper left corner. Later shapes lie over earlier ones."""

    width: float
    height: float
    shapes: tuple[Shape, ...]


_INK: Final = "#1f2933"
_FAINT: Final = "#8a94a0"
_GRID: Final = "#e6e9ed"
_LANE: Final = "#f6f7f9"
_CALLER: Final = "#2471a3"
_SENT: Final = "#a9d8b8"
_HEARD: Final = "#1e8449"
_HELD: Final = "#f5b041"
_CUT: Final = "#c0392b"
_STATES: Final = {
    State.IDLE: "#e1e5ea",
    State.LISTENING: "#aed3ee",
    State.PROCESSING: "#f6dfa4",
    State.SPEAKING: "#b5dfc2",
    State.INTERRUPTED: "#f3b4a9",
}
_STATUS: Final = {"ok": "#c9b6e4", "error": "#f3b4a9", "cancelled": "#e1e5ea", "running": "#ddd1ef"}

_LEFT, _RIGHT, _TOP = 118.0, 24.0, 62.0
_GAP = 10.0
_ROW = 19.0
_NARROWEST, _WIDEST = 760.0, 3200.0
_LOUD, _QUIET = -12.0, -60.0  # dB: the whole height of the lane, and nothing of it
_CHARACTER = 6.7  # pixels of an average character at 12 pixels


def figure(course: Course, *, title: str, since: float = 0.0, until: float | None = None) -> Figure:
    """Draw the call, or the part of it between two times (s)."""
    end = course.seconds if until is None else min(until, course.seconds)
    return _Drawing(course, title, since, max(end, since + 1.0)).draw()


class _Drawing:
    def __init__(self, course: Course, title: str, since: float, until: float) -> None:
        self._course, self._title, self._since, self._until = course, title, since, until
        seconds = until - since
        self._scale = min(80.0, max(1.0, (_WIDEST - _LEFT - _RIGHT) / seconds))  # pixels for a second
        self._scale = max(self._scale, _NARROWEST / seconds)
        self._width = _LEFT + seconds * self._scale + _RIGHT
        self._y = _TOP
        self._shapes: list[Shape] = []
        self._over: list[Shape] = []

    def draw(self) -> Figure:
        top = self._y
        self._caller()
        sound_top = self._y
        self._agent()
        sound_bottom = self._y - _GAP
        self._states()
        self._functions()
        self._words("caller")
        self._words("agent")
        bottom = self._y - _GAP
        back = [*self._axis(top, bottom)]
        self._marks(sound_top, sound_bottom)
        head = Label(_LEFT, 24, (Part(self._title, _INK),), 15, bold=True)
        shapes = (Rect(0, 0, self._width, bottom + 44, "#ffffff"), *back, *self._shapes, *self._over, head)
        return Figure(self._width, bottom + 44, (*shapes, *self._legend(bottom + 30)))

    # --- lanes -------------------------------------------------------------------------------------------------------

    def _caller(self) -> None:
        height = 56.0
        self._lane("caller", height)
        middle = self._y + height / 2
        for x, width, level in self._ticks(self._course.levels):
            loud = min(1.0, max(0.0, (level - _QUIET) / (_LOUD - _QUIET)))
            if loud:
                tall = max(1.5, loud * (height - 6))
                self._shapes.append(Rect(x, middle - tall / 2, max(0.6, width - 0.8), tall, _CALLER))
        self._y += height + _GAP

    def _agent(self) -> None:
        for name, ticks, colour, height in (
            ("agent sent", self._course.sent, _SENT, 22.0),
            ("agent heard", self._course.heard, _HEARD, 22.0),
        ):
            self._lane(name, height)
            for x, width, seconds in self._ticks(ticks):
                share = min(1.0, seconds / 0.1)
                if share > 0.02:
                    tall = (height - 4) * (0.25 + 0.75 * share)
                    self._shapes.append(Rect(x, self._y + height - 2 - tall, width + 0.3, tall, colour))
            self._y += height + _GAP

    def _states(self) -> None:
        height = 24.0
        self._lane("state", height)
        for at, until, state in self._course.states:
            for x, width in self._span(at, until):
                took = f"{state.value}, {at:.2f} s to {until:.2f} s"
                self._shapes.append(Rect(x, self._y, max(width - 0.6, 0.8), height, _STATES[state], title=took))
                if width > len(state.value) * _CHARACTER * 11 / 12 + 8:
                    self._shapes.append(Label(x + 5, self._y + 16, (Part(state.value, _INK),), 11))
        self._y += height + _GAP

    def _functions(self) -> None:
        ran = [each for each in self._course.ran if list(self._span(each.at, each.until))]
        if not ran:
            return
        rows = _rows([(each.at, each.at + max(each.until - each.at, self._wide(each.name))) for each in ran])
        height = _ROW * (max(rows) + 1)
        self._lane("functions", height)
        for each, row in zip(ran, rows, strict=True):
            for x, width in self._span(each.at, each.until):
                y = self._y + row * _ROW
                took = f"{each.name}: {each.status}, {each.until - each.at:.2f} s"
                self._shapes.append(Rect(x, y + 1, max(width, 3), _ROW - 3, _STATUS[each.status], title=took))
                words = each.name if each.status in ("ok", "running") else f"{each.name} ({each.status})"
                self._shapes.append(Label(x + 5, y + 13, (Part(words, _INK),), 11))
        self._y += height + _GAP

    def _words(self, who: str) -> None:
        said = [each for each in self._course.said if each.who == who and self._since <= each.at <= self._until]
        if not said:
            return
        rows = _rows([(each.at, each.at + self._wide(f"{each.text} {each.unheard}  ")) for each in said])
        height = _ROW * (max(rows) + 1)
        self._lane(f"{who} said", height)
        for each, row in zip(said, rows, strict=True):
            x, y = self._x(each.at), self._y + row * _ROW
            self._shapes.append(Stroke(x, y + 3, x, y + _ROW - 3, _CALLER if who == "caller" else _HEARD, 2))
            self._shapes.append(Label(x + 5, y + 14, tuple(_parts(each))))
            right = x + self._wide(f"{each.text} {each.unheard}") * self._scale + 12
            self._width = max(self._width, right)
        self._y += height + _GAP

    # --- over and under them -----------------------------------------------------------------------------------------

    def _marks(self, sound_top: float, sound_bottom: float) -> None:
        for held in self._course.held:
            for x, width in self._span(held.at, held.until):
                wide = max(width, 1.5)
                title = f"held for {(held.until - held.at) * 1000:.0f} ms" + (
                    f", then {held.then}" if held.then else ""
                )
                self._over.append(Rect(x, sound_top, wide, sound_bottom - sound_top, _HELD, 0.45, title))
        for cut in self._course.cuts:
            if self._since <= cut <= self._until:
                x = self._x(cut)
                self._over.append(Stroke(x, sound_top - _GAP + 2, x, sound_bottom, _CUT, 2))
                self._over.append(Label(x + 5, sound_top + 14, (Part("cut", _CUT),), 11, bold=True))

    def _axis(self, top: float, bottom: float) -> Iterator[Shape]:
        step = next(step for step in (0.1, 0.5, 1, 2, 5, 10, 30, 60, 300, 1800, 7200) if step * self._scale >= 34)
        for number in range(-int(-self._since // step), int(self._until / step) + 1):
            x = self._x(number * step)
            yield Stroke(x, top - 6, x, bottom, _GRID)
            yield Label(x + 3, top - 8, (Part(f"{number * step:.1f} s".replace(".0 s", " s"), _FAINT),), 10)

    def _legend(self, y: float) -> Iterator[Shape]:
        x = _LEFT
        for colour, opacity, words in (
            (_HELD, 0.6, "held"),
            (_CUT, 1.0, "cut"),
        ):
            yield Rect(x, y - 9, 12, 10, colour, opacity)
            yield Label(x + 17, y, (Part(words, _FAINT),), 11)
            x += 17 + len(words) * _CHARACTER + 18
        yield Label(x, y, (Part("said, and not heard", _FAINT, struck=True),), 11)

    def _lane(self, name: str, height: float) -> None:
        self._shapes.append(Rect(_LEFT, self._y, (self._until - self._since) * self._scale, height, _LANE, 0.6))
        self._shapes.append(
            Label(_LEFT - 10, self._y + min(height / 2 + 4, 16 if height > 30 else 99), (Part(name, _INK),), right=True)
        )

    # --- measures ----------------------------------------------------------------------------------------------------

    def _x(self, at: float) -> float:
        return _LEFT + (at - self._since) * self._scale

    def _span(self, at: float, until: float) -> Iterator[tuple[float, float]]:
        """Where this lies in the picture, and how wide; nothing where it does not."""
        begin, end = max(at, self._since), min(until, self._until)
        if begin <= end and at <= self._until and until >= self._since:
            yield self._x(begin), (end - begin) * self._scale

    def _ticks(self, values: Sequence[float]) -> Iterator[tuple[float, float, float]]:
        for number, value in enumerate(values):
            for x, width in self._span(number / 10, number / 10 + 0.1):
                if width > 0:
                    yield x, width, value

    def _wide(self, text: str) -> float:
        """How many seconds this text takes on the axis."""
        return (len(text) * _CHARACTER + 8) / self._scale


def _rows(spans: Sequence[tuple[float, float]]) -> list[int]:
    """The first row for each in which it covers none before it."""
    ends: list[float] = []
    rows = []
    for at, until in spans:
        row = next((row for row, end in enumerate(ends) if end <= at), len(ends))
        ends[row:] = [until, *ends[row + 1 :]]
        rows.append(row)
    return rows


def _parts(said: Said) -> Iterator[Part]:
    if said.text:
        yield Part(said.text + (" " if said.unheard else ""), _INK)
    if said.unheard:
        yield Part(said.unheard, _FAINT, struck=True)
