"""What came of side effects whose own turn was cut: which answer tells of it, and where in it.

Known when an answer begins, an outcome is its first words; known only later, its last ones, as long as the answer is
still being heard. Behind that it is told by the agent of its own accord (``_moves.rest``).
"""

from __future__ import annotations

import attrs

from statechart._draft import Draft
from statechart._effects import Tell
from statechart._snapshot import Kind, Stage, State

__all__ = ["take_news", "tell_on"]


def take_news(d: Draft, *, but: int | None = None) -> tuple[str, ...]:
    """The outcomes that are due to be told in this turn, except those that turn ``but`` was given to tell, or asked
    for itself: from now on they are this turn's."""
    due = [c for c in d.now.commits if c.stage is Stage.DONE and but not in (c.told_in, c.turn)]
    d.set(commits=tuple(attrs.evolve(c, told_in=d.now.turn) if c in due else c for c in d.now.commits))
    return tuple(commit.key for commit in due)


def tell_on(d: Draft) -> None:
    """What came of a side effect while the next answer was being made is told by that, as its last words."""
    if d.now.state is not State.SPEAKING or d.reply.kind not in (Kind.ANSWER, Kind.NEWS) or not d.reply.finished:
        return
    news = take_news(d, but=d.now.turn)
    if news:
        d.mark(kind=Kind.NEWS, finished=False)  # should the voice fail on it, there is nothing to be sorry for
        d.emit(Tell(d.now.turn, d.now.attempt, news))
