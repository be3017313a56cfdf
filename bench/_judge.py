"""What an answer is worth: from what a model did to verdicts, and from these to shares with intervals. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import attrs
from rapidfuzz.distance import Levenshtein

from actors.agents.hospital._words import even
from bench._figures import wilson
from bench._invented import invented
from bench._scenes import Call, Scene, Turn
from bench._values import HOSPITAL_KINDS, Comparison, offered_in

__all__ = ["MEASURES", "Share", "Tried", "Verdict", "by_category", "judge", "scores", "share"]


@attrs.frozen
class Tried:
    """What a model did in one turn. ``known``: the prompt and the conversation before, results as JSON; ``heard``: the
    caller's words as the model got them; ``calls``: each with its result as JSON; ``said``: all words of the answer."""

    turn: str
    known: tuple[str, ...]
    heard: str
    calls: tuple[tuple[Call, str], ...]
    said: str
    failure: str = ""

    def to_json(self) -> dict[str, Any]:
        return {
            **attrs.asdict(self, recurse=False),
            "calls": [[call.name, dict(call.arguments), result] for call, result in self.calls],
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Tried:
        calls = tuple((Call(name, arguments), result) for name, arguments, result in value["calls"])
        return cls(value["turn"], tuple(value["known"]), value["heard"], calls, value["said"], value["failure"])


@attrs.frozen
class Verdict:
    """``exact``: the calls are those wanted, with the same arguments (or rightly none); ``as_heard``: the same, but
    names need only be as transcribed. ``due``: a call was; ``called``: one was made. ``words``: the spoken answer has
    and lacks what it must. ``invented``: what it states and cannot know."""

    turn: Turn
    tried: Tried
    exact: bool
    as_heard: bool
    due: bool
    words: bool
    invented: tuple[str, ...]

    @property
    def called(self) -> bool:
        return bool(self.tried.calls)


def judge(scene: Scene, turn: Turn, tried: Tried, *, spoken: bool = False) -> Verdict:
    """``spoken``: the caller's words went through a transcriber."""
    made = [call for call, _ in tried.calls]
    offer = offered_in([text for text in tried.known if text.startswith("{")], scene.now.date())
    heard = "\n".join((*tried.known, tried.heard)) if spoken else None
    kinds = scene.kinds or HOSPITAL_KINDS

    def fits(*, as_heard: bool) -> bool:
        comparison = Comparison(kinds, scene.now, offer, heard, as_heard)
        return not tried.failure and any(comparison.same(wanted, made) for wanted in turn.accepted)

    known = (*tried.known, tried.heard, *(result for _, result in tried.calls))
    return Verdict(
        turn=turn,
        tried=tried,
        exact=fits(as_heard=False),
        as_heard=fits(as_heard=True),
        due=() not in turn.accepted,
        words=not tried.failure and _words_fit(turn, tried.said),
        invented=invented(tried.said, known),
    )


def _words_fit(turn: Turn, said: str) -> bool:
    text = f"{said}\n{even(said)}"
    has = all(re.search(pattern, text, re.IGNORECASE) for pattern in turn.has)
    return has and not any(re.search(pattern, text, re.IGNORECASE) for pattern in turn.lacks)


def _any(_: Verdict) -> bool:
    return True


#: name -> (which verdicts count, which of them are hits)
MEASURES: Mapping[str, tuple[Callable[[Verdict], bool], Callable[[Verdict], bool]]] = {
    "exact": (_any, lambda v: v.exact),
    "exact, call due": (lambda v: v.due, lambda v: v.exact),
    "missing call": (lambda v: v.due, lambda v: not v.called),
    "wrong call, none due": (lambda v: not v.due, lambda v: v.called and not v.exact),
    "invented fact": (_any, lambda v: bool(v.invented)),
    "words as wanted": (lambda v: bool(v.turn.has or v.turn.lacks), lambda v: v.words),
    "all right": (_any, lambda v: v.exact and v.words and not v.invented),
}


@attrs.frozen
class Share:
    """``hits`` of ``n`` with Wilson's 95 % interval."""

    hits: int
    n: int

    @property
    def text(self) -> str:
        low, high = wilson(self.hits, self.n)
        return f"{self.hits}/{self.n} = {self.hits / self.n:.1%} ({low:.1%} to {high:.1%})" if self.n else "none"

    def to_json(self) -> dict[str, Any]:
        low, high = wilson(self.hits, self.n)
        return {"hits": self.hits, "n": self.n, "low": round(low, 4), "high": round(high, 4)}


def share(values: Iterable[bool]) -> Share:
    listed = list(values)
    return Share(sum(listed), len(listed))


def scores(verdicts: Sequence[Verdict], *, spoken: bool = False) -> dict[str, Share]:
    """All measures over these verdicts; ``spoken`` adds the one that forgives the transcriber names."""
    found = {name: share(hit(v) for v in verdicts if counts(v)) for name, (counts, hit) in MEASURES.items()}
    if spoken:
        found["exact, names as transcribed"] = share(v.as_heard for v in verdicts)
        found["words misheard"] = misheard(verdicts)
    return found


def misheard(verdicts: Sequence[Verdict]) -> Share:
    """The transcriber's word errors: words wrong, missing or added, of the words spoken; numbers as digits."""
    pairs = [(even(v.turn.caller).split(), even(v.tried.heard).split()) for v in verdicts]
    wrong = sum(Levenshtein.distance(said, heard) for said, heard in pairs)
    words = sum(len(said) for said, _ in pairs)
    return Share(min(wrong, words), words)


def by_category(verdicts: Sequence[Verdict]) -> dict[str, Share]:
    """Exact matches by category, the largest first."""
    groups: dict[str, list[bool]] = {}
    for verdict in verdicts:
        groups.setdefault(verdict.turn.category, []).append(verdict.exact)
    return {name: share(hits) for name, hits in sorted(groups.items(), key=lambda item: -len(item[1]))}
