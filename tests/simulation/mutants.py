"""Deliberately broken variants of the call. Each is a context manager that breaks one thing while it lasts.

They prove that the soak bites: ``test_mutants`` runs the general soak, made for none of them, against each.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import attrs
import trio

from actors.call._answer import Answerer
from actors.call._attempts import Attempts
from actors.call._call import Call
from actors.call._commits import Commits
from actors.call._ear import Ear
from actors.call._playout import Playout
from actors.call._record import Record
from actors.call._reel import Reel
from actors.line import Flush
from actors.ports import AGENT_RATE
from statechart import Phrase, ReplyFinished, Settled, TimerFired
from statechart import _chart as chart
from statechart import _moves as moves
from statechart._draft import Draft

MUTANTS: dict[str, Callable[[], Any]] = {}


def mutant(make: Callable[[], Iterator[None]]) -> Callable[[], Iterator[None]]:
    MUTANTS[make.__name__] = contextmanager(make)
    return make


def replaced(owner: object, name: str, make: Callable[[Any], Any]) -> Iterator[None]:
    """``owner.name`` gives way to what ``make`` makes of it."""
    with patch.object(owner, name, make(getattr(owner, name))):
        yield


@mutant
def no_turn_check():
    """What belongs to an older turn or attempt is taken for new."""

    def make(original):
        return lambda snapshot, event: isinstance(event, TimerFired) and original(snapshot, event)

    yield from replaced(chart, "_is_stale", make)


@mutant
def timers_outlive_their_state():
    """Leaving a state leaves its timers running."""
    yield from replaced(Draft, "disarm_all", lambda _: lambda self, *, but=frozenset(): None)


@mutant
def segments_are_numbered_apart():
    """The ear closes a segment that was never begun without counting it, and the chart counts it."""

    def make(original):
        def close_segment(self):
            before = self._hearing.segment, self._hearing.segment_open
            original(self)
            if not before[1] and not self._hearing.segment_open:
                self._hearing.segment = before[0]

        return close_segment

    yield from replaced(Ear, "close_segment", make)


@mutant
def same_wish_is_fulfilled_twice():
    """The same booking, asked for again, is made again."""
    yield from replaced(Commits, "_same", lambda _: lambda self, invocation: None)


@mutant
def side_effect_runs_twice():
    """A side effect is tried again without need."""

    def make(original):
        async def outcome(self, commit):
            await original(self, commit)
            return await original(self, commit)

        return outcome

    yield from replaced(Commits, "_outcome", make)


@mutant
def history_is_not_truncated():
    """A cut turn stands in the history as if all of it had been heard."""

    def make(original):
        return lambda self, reel, played: original(self, reel, reel.total)

    yield from replaced(Record, "_write", make)


@mutant
def sent_counts_as_heard():
    """What is in the network counts as heard."""

    def make(original):
        def settle(self, reel, played, cut):
            original(self, reel, reel.cursor.sent if cut else played, cut)

        return settle

    yield from replaced(Record, "settle", make)


def _resume_shifted(samples: int) -> Iterator[None]:
    def make(original):
        def resume(self, turn):
            if self._reel is not None and self._reel.turn == turn and self._held:
                cursor = self._reel.cursor
                cursor.sent = min(max(cursor.sent + samples, self._reel._base), self._reel.total)
            original(self, turn)

        return resume

    yield from replaced(Playout, "resume", make)


@mutant
def resume_skips():
    """After a hold ten milliseconds are missing."""
    yield from _resume_shifted(AGENT_RATE // 100)


@mutant
def resume_repeats():
    """After a hold ten milliseconds come again."""
    yield from _resume_shifted(-AGENT_RATE // 100)


@mutant
def hold_does_nothing():
    """The agent speaks on while its interruption is being judged."""
    yield from replaced(Playout, "hold", lambda _: lambda self, turn: None)


@mutant
def unbounded_queue():
    """Speech is made as fast as it can be, however much of it waits."""

    def make(_):
        async def add(self, reel, span, pcm, words=()):
            await trio.lowlevel.checkpoint()
            reel.add(span, pcm, words)
            self._tell_ready()
            self._wake()

        return add

    yield from replaced(Playout, "add", make)


@mutant
def audio_after_flush():
    """One more frame is sent after the flush."""

    def make(original):
        def flush(self, turn):
            reel = self._reel
            original(self, turn)
            if reel is not None and reel.turn == turn and reel.unsent:
                self._out.send_audio(turn, reel.take(min(self._frame, reel.unsent)))

        return flush

    yield from replaced(Playout, "flush", make)


@mutant
def flush_is_not_told():
    """The client is not told to throw away what it has."""

    def make(original):
        def flush(self, turn):
            send, self._out.send = self._out.send, lambda m: None if isinstance(m, Flush) else send(m)
            try:
                original(self, turn)
            finally:
                self._out.send = send

        return flush

    yield from replaced(Playout, "flush", make)


@mutant
def speculative_commit():
    """A side effect runs as soon as the model asks for it."""

    def make(original):
        def ask(self, invocation, turn, attempt):
            commit = original(self, invocation, turn, attempt)
            self.start(commit.key)
            return commit

        return ask

    yield from replaced(Commits, "ask", make)


@mutant
def speculative_audio_is_audible():
    """An answer on trial is spoken."""

    def make(original):
        return lambda self, turn, attempt, *, confirmed: original(self, turn, attempt, confirmed=True)

    def play(original):
        def tell(self):
            reel = self._reel
            if reel is not None and reel.unsent and not self._open and self._speaking is None:
                self.play(reel.turn)
            original(self)

        return tell

    with patch.object(Playout, "_tell_ready", play(Playout._tell_ready)):
        yield from replaced(Playout, "reel_for", make)


@mutant
def no_apology():
    """An answer that cannot be had is passed over in silence."""

    def make(original):
        def say(self, order):
            if order.phrase is Phrase.APOLOGY:
                self._post(ReplyFinished(order.turn, order.attempt))
            else:
                original(self, order)

        return say

    yield from replaced(Attempts, "say", make)


@mutant
def stale_attempt_goes_on():
    """A withdrawn attempt is not cancelled and writes on into the same turn."""

    def make(_):
        return lambda self, order: self._playout.drop(order.turn)

    yield from replaced(Attempts, "cancel", make)


@mutant
def result_is_dropped():
    """The results of functions do not get into the history."""
    yield from replaced(Reel, "returned", lambda _: lambda self, call_id, content: None)


@mutant
def cancelled_is_swallowed():
    """A cancelled wait for a side effect goes on as if that had ended."""

    def make(original):
        async def wait(self, commit):
            try:
                return await original(self, commit)
            except trio.Cancelled:
                return commit.result

        return wait

    yield from replaced(Commits, "wait", make)


@mutant
def announced_twice():
    """What the caller knows of is told again."""

    def make(original):
        def settle(self, reel, played, cut):
            post, self._post = self._post, lambda e: post(Settled(e.turn) if isinstance(e, Settled) else e)
            try:
                original(self, reel, played, cut)
            finally:
                self._post = post

        return settle

    yield from replaced(Record, "settle", make)


@mutant
def never_announced():
    """The outcome of a side effect whose turn was cut is kept back."""
    yield from replaced(Record, "announcements", lambda _: lambda self, keys: ())


@mutant
def orphan_is_forgotten():
    """Nobody takes over the side effect that a cut turn leaves behind."""
    yield from replaced(Answerer, "_left_behind", lambda _: lambda self, attempt, call, commit: None)


@mutant
def first_words_are_lost():
    """What was said before the voice was certain is not given to the recogniser."""

    def make(original):
        def open_segment(self):
            if not self._voice.voiced or self._hearing.clock - self._hearing.onset < 3200:
                self._recent._frames.clear()
                self._recent.samples = 0
            original(self)

        return open_segment

    yield from replaced(Ear, "_open_segment", make)


@mutant
def commit_is_let_run_while_held():
    """A side effect starts although the caller has just spoken up."""

    def make(original):
        def carry_out(self, effect, event):
            original(self, effect, event)
            for commit in self.snapshot.commits:
                self._commits.start(commit.key)

        return carry_out

    yield from replaced(Call, "_carry_out", make)


@mutant
def crashed_actor_stays_dead():
    """What failed is not restarted; the call goes on without it."""

    def make(original):
        def children(self):
            return [spec if spec.significant else attrs.evolve(spec, restart="temporary") for spec in original(self)]

        return children

    yield from replaced(Call, "_children", make)


@mutant
def late_outcome_is_forgotten():
    """What ended after the next answer had begun is not told after it."""
    yield from replaced(moves, "rest", _without_news)


def _without_news(original):
    def rest(d):
        told = tuple(attrs.evolve(c, told_alone=True) for c in d.now.commits)
        d.set(commits=told)
        original(d)

    return rest
