"""Lines that need no function: greetings, thanks, questions outside the job, rudeness, emergencies; and what callers
say instead of answering a question."""

from __future__ import annotations

import tomllib
from collections.abc import Collection
from pathlib import Path
from typing import Any, Final

from bench.training._talk import Talk

__all__ = ["SmallTalk"]

_CHAT: Final[dict[str, Any]] = tomllib.loads(Path(__file__).with_name("chat.toml").read_text(encoding="utf-8"))
_ASIDES: Final[list[dict[str, Any]]] = tomllib.loads(
    Path(__file__).with_name("asides.toml").read_text(encoding="utf-8")
)["aside"]
_KINDS: Final = {entry["name"]: entry for entry in _CHAT["talk"]}
_ANY: Final = (*(name for name, entry in _KINDS.items() if not entry.get("final")), *("outside",) * 5, "unknown fact")


class SmallTalk:
    """``place`` and ``job`` are the agent's own: "Corner Coffee", "take orders"."""

    def __init__(self, talk: Talk, place: str, job: str) -> None:
        self._talk, self.place, self._words = talk, place, {"place": place, "job": job}

    def any(self, avoid: Collection[str] = ()) -> None:
        """Any exchange but of these kinds, which are wishes to the agent at hand."""
        self.say(self._talk.draw.one([name for name in _ANY if name not in avoid]))

    def say(self, name: str) -> None:
        entry = _KINDS[name]
        self._exchange(entry["say"], entry["reply"])

    def emergency(self) -> None:
        self._exchange(_CHAT["emergency"]["say"], _CHAT["emergency"]["reply"])

    def aside(self, kind: str, question: str) -> None:
        """Something else than the answer to ``question``, which was about ``kind`` ("name", "offer"): the agent keeps
        to it, and calls nothing."""
        draw = self._talk.draw
        fitting = [entry for entry in _ASIDES if kind in entry.get("to", (kind,))]
        weights = [entry.get("weight", 2) for entry in fitting]
        entry = draw.random.choices(fitting, weights)[0]
        if entry.get("talk"):
            say, reply = _KINDS[entry["talk"]]["say"], entry["reply"]
        else:
            say, reply = entry["say"], entry["reply"]
        self._exchange(say, reply, question=question)

    def _exchange(self, say: list[str], reply: list[str], **words: str) -> None:
        draw, known = self._talk.draw, {**self._words, **words}
        self._talk.user(draw.text(draw.one(say), known))
        self._talk.say(draw.text(draw.one(reply), known))
