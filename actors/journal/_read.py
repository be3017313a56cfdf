"""A journal read back from its lines."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import attrs

from actors.journal._codec import JournalError
from actors.journal._lines import Ended, Head, Line, Lost, decode_head, decode_line

__all__ = ["Journalled", "parse", "read"]


@attrs.frozen
class Journalled:
    """A journal in memory. ``lines``: (line number in the file, from 1; what stands there). ``torn``: the last line is
    incomplete, as the process that wrote it was stopped."""

    head: Head
    lines: tuple[tuple[int, Line], ...] = attrs.field(repr=lambda lines: f"<{len(lines)}>")
    torn: bool = False

    @property
    def ended(self) -> Ended | None:
        """How the call ended; None where the journal does not tell."""
        last = self.lines[-1][1] if self.lines else None
        return last if isinstance(last, Ended) else None

    @property
    def lost(self) -> int:
        """Lines that the journal says were lost."""
        return sum(line.lines for _, line in self.lines if isinstance(line, Lost))

    @property
    def seconds(self) -> float:
        """How long the call was, as far as the journal tells."""
        return max((line.at for _, line in self.lines), default=0.0)


def read(path: Path) -> Journalled:
    """The journal in this file. JournalError where it cannot be read; the message names the file and the line."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise JournalError(f"{path} cannot be read: {error.strerror}") from None
    try:
        return parse(data)
    except JournalError as error:
        raise JournalError(f"{path}: {error}") from None


def parse(data: bytes) -> Journalled:
    """The journal that these bytes are."""
    *whole, rest = data.split(b"\n")
    if not whole:
        raise JournalError("this is no journal of a call: it has no whole line")
    head = decode_head(whole[0])
    return Journalled(head, tuple(_numbered(whole[1:])), torn=bool(rest))


def _numbered(lines: list[bytes]) -> Iterator[tuple[int, Line]]:
    for number, line in enumerate(lines, 2):
        try:
            yield number, decode_line(line)
        except JournalError as error:
            raise JournalError(f"line {number}: {error}") from None
