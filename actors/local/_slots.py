"""Which of the child's slots answers a request. Pure.

A slot keeps what it evaluated last, and a request that begins the same way starts from there. The server itself picks
the slot with the longest common beginning, which for several calls with one system prompt is often another call's slot:
both then evaluate their whole conversation anew. So slots are chosen here, by the messages they hold.
"""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from actors.ports import LlmMessage

__all__ = ["Slots"]


@attrs.define
class _Slot:
    messages: tuple[LlmMessage, ...] = ()
    busy: bool = False
    used: int = 0


class Slots:
    """``take`` a slot for a request, ``give_back`` it afterwards."""

    def __init__(self, count: int) -> None:
        self._slots = [_Slot() for _ in range(count)]
        self._clock = 0

    def take(self, messages: Sequence[LlmMessage]) -> int | None:
        """The free slot that holds the longest beginning of ``messages``, of those the one used longest ago. A call's
        own slot so far, or else one whose call seems to be over. None when all are busy: the server queues it."""
        free = [index for index, slot in enumerate(self._slots) if not slot.busy]
        if not free:
            return None
        own = [index for index in free if self._common(index, messages) > 2]
        best = max(
            own or free, key=lambda index: (self._common(index, messages) if own else 0, -self._slots[index].used)
        )
        self._clock += 1
        self._slots[best] = _Slot(tuple(messages), busy=True, used=self._clock)
        return best

    def give_back(self, index: int) -> None:
        self._slots[index].busy = False

    def _common(self, index: int, messages: Sequence[LlmMessage]) -> int:
        pairs = zip(self._slots[index].messages, messages, strict=False)
        count = 0
        for held, asked in pairs:
            if held != asked:
                break
            count += 1
        return count
