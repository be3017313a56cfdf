"""What the caller sent and the call has not taken yet: bounded, never blocking, never dropping a control message.

A socket's reader must never wait for the call, or pings go unanswered; so a call that falls behind loses audio, the
*oldest* first: what the caller says now matters more than what they said ten seconds ago. Half of the backlog goes at
once, so that there is one gap and not one in every frame. Control messages have room of their own; a call that leaves
that many unread is dead, and its channel is closed.
"""

from __future__ import annotations

from collections import deque
from typing import Final

import trio

from actors.line import CallerAudio, Incoming

__all__ = ["Inbox"]

_MAX_FRAMES: Final = 2_048
_MAX_CONTROL: Final = 512


class Inbox:
    """One call's incoming messages. ``channel`` is the call's end of it."""

    def __init__(self, max_audio_bytes: int) -> None:
        self._max_audio_bytes = max_audio_bytes
        self._send, self.channel = trio.open_memory_channel[Incoming](_MAX_FRAMES + _MAX_CONTROL)
        # The audio bytes of each message still in the channel, oldest first; 0 for control messages.
        self._sizes: deque[int] = deque()
        self._closed = False
        self._audio_bytes = 0
        self._frames = 0

    def put(self, message: Incoming) -> int:
        """Append a message; return how many bytes of older audio had to go for it. Nothing happens once closed."""
        if self._closed:
            return 0
        self._forget_taken()
        size = _size(message)
        dropped = 0
        if size and (self._frames >= _MAX_FRAMES or self._audio_bytes + size > self._max_audio_bytes):
            dropped = self._drop_older_half(size)
        try:
            self._append(message)
        except (trio.WouldBlock, trio.BrokenResourceError):  # no longer read, or closed by the call itself
            self.close()
        return dropped

    def close(self) -> None:
        """No more will come: the call gets what is left, then the end of the channel."""
        self._closed = True
        self._send.close()

    def _append(self, message: Incoming) -> None:
        self._send.send_nowait(message)
        size = _size(message)
        self._sizes.append(size)
        self._audio_bytes += size
        self._frames += size > 0

    def _forget_taken(self) -> None:
        waiting = self._send.statistics().current_buffer_used
        while len(self._sizes) > waiting:
            size = self._sizes.popleft()
            self._audio_bytes -= size
            self._frames -= size > 0

    def _drop_older_half(self, needed: int) -> int:
        """Take everything out and put it back without the older audio. No checkpoint: no one sees it in between."""
        waiting = [self.channel.receive_nowait() for _ in self._sizes]
        before, frames = self._audio_bytes, _MAX_FRAMES // 2
        most = min(self._max_audio_bytes // 2, self._max_audio_bytes - needed)
        self._forget_taken()
        kept: list[Incoming] = []
        for message in reversed(waiting):
            size = _size(message)
            if size:
                most, frames = most - size, frames - 1
                if most < 0 or frames < 0:
                    continue
            kept.append(message)
        for message in reversed(kept):
            self._append(message)
        return before - self._audio_bytes


def _size(message: Incoming) -> int:
    return len(message.pcm) if isinstance(message, CallerAudio) else 0
