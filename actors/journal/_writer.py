"""Journals in files, written by a thread of their own.

The call's side only puts frozen values into a bounded queue: it never waits for the disk, nor for the work of masking
and encoding. When the queue of a call is full, or the disk is, lines are lost: they are counted, the journal says where
and how many, the log gets a warning, and the call goes on as if nothing had happened. Each batch of lines is handed to
the operating system at once, so that a process that dies leaves whole lines behind.
"""

from __future__ import annotations

import contextlib
import logging
import os
import queue
import re
import secrets
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

from actors.errors import ConfigurationError
from actors.journal._items import (
    CallerItem,
    CloseItem,
    Item,
    ItemJournal,
    LostItem,
    SentItem,
)
from actors.journal._lines import Head, Lost, encode_line
from actors.journal._pages import Pages
from actors.journal._port import CallJournal
from actors.journal._standins import StandIns
from actors.journal._wav import Tracks, wav_header
from actors.ports import AGENT_RATE, CALLER_RATE
from statechart import Settings

__all__ = ["JournalFiles"]

_log = logging.getLogger(__name__)

MOST_WAITING = 4096  #: items of a call that may wait to be written: about 40 s
_BATCH = 256
_RETRY_S = 1.0  # how long a disk that failed is left in peace
_CLOSE_S = 5.0  # how long the writer has to finish when the process leaves


class JournalFiles:
    """Keeps each call's journal as ``DIRECTORY/TIME-CALL.jsonl``, and with ``audio`` its sound beside it as ``.wav``.

    ``masked``: put stand-ins in the place of what was said (not in the sound: a voice is a voice). ``made_by``: the
    program and its version. Also a context manager: :meth:`open`, then :meth:`close`.
    """

    def __init__(self, directory: Path, *, made_by: str, audio: bool = False, masked: bool = True) -> None:
        self._directory, self._made_by, self._audio, self._masked = directory, made_by, audio, masked
        self._queue: queue.SimpleQueue[tuple[_CallFile, Item] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="journal", daemon=True)

    def open(self) -> None:
        """Make the directory and start the writer. ConfigurationError where it cannot be written to."""
        try:
            self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            probe = self._directory / f".{secrets.token_hex(8)}"
            probe.touch(0o600)
            probe.unlink()
        except OSError as error:
            raise ConfigurationError(
                f"journal: {self._directory} cannot be written to: {error.strerror}. Name another directory."
            ) from None
        self._thread.start()

    def close(self) -> None:
        """Wait for the writer, 5 s at most."""
        self._queue.put(None)
        self._thread.join(_CLOSE_S)
        if self._thread.is_alive():
            _log.warning("the journal's disk is too slow: what was not written within %.0f s is lost", _CLOSE_S)

    def __enter__(self) -> JournalFiles:
        self.open()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def begin(self, call: str, agent: str, settings: Settings) -> CallJournal:
        """See :class:`actors.journal.Journal`."""
        now = datetime.now(UTC)
        name = f"{now:%Y%m%d-%H%M%S}-{re.sub(r'[^A-Za-z0-9._-]', '_', call)}"
        path = self._directory / f"{name}.jsonl"
        head = Head(
            bargein=self._made_by,
            call=call,
            agent=agent,
            began=now.isoformat(timespec="milliseconds"),
            masked=self._masked,
            audio=f"{name}.wav" if self._audio else "",
            settings=settings,
        )
        return ItemJournal(_CallFile(self._queue, _Pen(path, head)).put)

    def _work(self) -> None:
        while True:
            batch = [self._queue.get()]
            while len(batch) < _BATCH and not self._queue.empty():
                batch.append(self._queue.get())
            touched: dict[_CallFile, None] = {}
            for entry in batch:
                if entry is None:
                    continue
                file, item = entry
                file.pen.take(item)
                file.done += 1
                touched[file] = None
                time.sleep(0)  # let the calls' thread go first, item by item
            for file in touched:
                file.pen.flush()
            if None in batch:
                return


class _CallFile:
    """The queue's one end for one call, and the pen at its other. All of this end is immediate."""

    def __init__(self, into: queue.SimpleQueue[tuple[_CallFile, Item] | None], pen: _Pen) -> None:
        self._into, self.pen = into, pen
        self._put_in = 0  # only the call's side writes this, only the writer's side the next: no lock
        self.done = 0
        self._lines_lost = self._audio_lost = 0  # since the last item that there was room for

    def put(self, item: Item) -> None:
        if self._put_in - self.done < MOST_WAITING or isinstance(item, CloseItem):
            if self._lines_lost or self._audio_lost:
                self._put(LostItem(item.at, self._lines_lost, self._audio_lost * 1000 // CALLER_RATE))
                self._lines_lost = self._audio_lost = 0
            self._put(item)
        elif isinstance(item, CallerItem):
            self._audio_lost += len(item.pcm) // 2
        elif not isinstance(item, SentItem):
            self._lines_lost += 1

    def _put(self, item: Item) -> None:
        self._put_in += 1
        self._into.put((self, item))


class _Pen:
    """The writer's side of one journal. Never raises: what cannot be written is lost, and counted."""

    def __init__(self, path: Path, head: Head) -> None:
        self._call = head.call
        self._pages = Pages(
            head.settings,
            StandIns(secrets.token_bytes(32)) if head.masked else None,
            Tracks() if head.audio else None,
        )
        self._text = _File(path, encode_line(head))
        self._wav = _File(path.with_suffix(".wav"), wav_header(0)) if head.audio else None
        self._lines: list[bytes] = []
        self._sound = bytearray()
        self._gap = 0  # lines lost since the last one that was written
        self._at = 0.0
        self._retry_at = 0.0
        self._warned = False

    def take(self, item: Item) -> None:
        """Make lines of it."""
        self._at = item.at
        try:
            lines, sound = self._pages.write(item)
            self._lines += map(encode_line, lines)
        except Exception:  # a journal that cannot be made is no reason to end the others
            _log.exception("call %s: %s has no place in the journal", self._call, type(item).__name__)
            self._lose(1)
            return
        self._sound += sound
        if isinstance(item, LostItem):
            self._warn(f"the disk is too slow ({item.lines} lines and {item.audio_ms} ms of sound are lost)")
        if isinstance(item, CloseItem):
            self._retry_at = 0.0
            self.flush()
            self._close()

    def flush(self) -> None:
        """Hand over to the operating system what there is."""
        lines, self._lines = self._lines, []
        sound, self._sound = self._sound, bytearray()
        if not lines and not sound:
            return
        if time.monotonic() < self._retry_at:
            self._lose(len(lines), sound)
            return
        gap = [encode_line(Lost(self._at, self._gap))] if self._gap else []
        try:
            self._text.append(b"".join([*gap, *lines]))
            self._gap = 0
            lines = []
            if self._wav is not None:
                self._wav.append(sound)
        except OSError as error:
            self._retry_at = time.monotonic() + _RETRY_S
            self._lose(len(lines), sound)
            self._warn(error.strerror or str(error))

    def _lose(self, lines: int, sound: bytes | bytearray = b"") -> None:
        self._gap += lines
        self._pages.lose(lines, len(sound) // 4 * 1000 // AGENT_RATE)

    def _warn(self, why: str) -> None:
        if not self._warned:
            self._warned = True
            _log.warning(
                "call %s: its journal has gaps from %.1f s on (%s); the call goes on", self._call, self._at, why
            )

    def _close(self) -> None:
        if self._gap:
            _log.warning("call %s: the last %d lines of its journal are lost", self._call, self._gap)
        with contextlib.suppress(OSError):
            self._text.close()
            if self._wav is not None:
                frames = (self._wav.size - len(wav_header(0))) // 4
                self._wav.close(wav_header(frames))


class _File:
    """A file that only grows, by whole pieces or not at all. Made when there is something to write; ``head``: what it
    begins with."""

    def __init__(self, path: Path, head: bytes) -> None:
        self._path, self._head = path, head
        self._file: int | None = None
        self.size = 0

    def append(self, data: bytes | bytearray) -> None:
        """OSError where there is no room; the file is as before then."""
        if self._file is None:
            self._file = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        data = data if self.size else self._head + data
        try:
            left = memoryview(data)
            while left:
                left = left[os.write(self._file, left) :]
        except OSError:
            os.ftruncate(self._file, self.size)
            os.lseek(self._file, self.size, os.SEEK_SET)
            raise
        self.size += len(data)

    def close(self, head: bytes = b"") -> None:
        """``head``: put at the beginning, instead of what was there."""
        if self._file is not None:
            try:
                if head and self.size:
                    os.pwrite(self._file, head, 0)
            finally:
                os.close(self._file)
                self._file = None
