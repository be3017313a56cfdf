"""Lines that need no function: greetings, thanks, questions outside the job, rudeness, emergencies."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, Final

from bench.training._talk import Talk

__all__ = ["SmallTalk"]

_CHAT: Final[dict[str, Any]] = tomllib.loads(Path(__file__).with_name("chat.toml").read_text(encoding="utf-8"))
_KINDS: Final = {entry["name"]: entry for entry in _CHAT["talk"]}
_ANY: Final = (*(name for name, entry in _KINDS.items() if not entry.get("final")), *("outside",) * 5, "unknown fact")


class SmallTalk:
    """``place`` and ``job`` are the agent's own: "Corner Coffee", "take orders"."""

    def __init__(self, talk: Talk, place: str, job: str) -> None:
        self._talk, self._words = talk, {"place": place, "job": job}

    def any(self) -> None:
        self.say(self._talk.draw.one(_ANY))

    def say(self, name: str) -> None:
        entry = _KINDS[name]
        self._exchange(entry["say"], entry["reply"])

    def emergency(self) -> None:
        self._exchange(_CHAT["emergency"]["say"], _CHAT["emergency"]["reply"])

    def _exchange(self, say: list[str], reply: list[str]) -> None:
        draw = self._talk.draw
        self._talk.user(draw.text(draw.one(say), self._words))
        self._talk.say(draw.text(draw.one(reply), self._words))
