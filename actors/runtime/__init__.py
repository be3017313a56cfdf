"""Supervised actors on trio: bounded mailboxes, children as data, restarts decided by a pure function.

The way of Erlang/OTP with trio's structured concurrency. It stands alone: attrs, trio and the standard library only.

    async def counter(inbox, *, task_status):           # an actor is an async function with a mailbox
        total = 0                                       # its state is its own
        task_status.started()                           # ready: the next child may start
        async for number in inbox:
            total += number

    policy = Policy("one_for_one", intensity=3, period=5.0)
    with Mailbox[int](capacity=100, overflow="wait") as inbox:
        async with Supervisor(policy, [ChildSpec("counter", counter, (inbox,))]):
            await inbox.put(7)

A whole example: ``docs/examples/runtime.py``.

Starting. Children start in order; each calls ``task_status.started(value)`` when it is ready, and only then does the
next one start. One that ends or raises before that, or is not ready within ``start_timeout``, fails the start: the
children before it are stopped and entering the block raises ChildStartFailed. In a restart it is one more failure.

Ending. A child ends by returning or raising; :func:`decide` says what follows from that, its policy and the past:
restart it alone, with those started after it, or with all; go on without it; stop the supervisor (a significant
child ended); or give up and raise SupervisorEscalated, so that the supervisor's own supervisor decides.
An exception group is an error like any other. KeyboardInterrupt and SystemExit are never restarted: they stop the
supervisor and come out of its block.

Stopping. Children stop in reverse order, one after the other, also when the block is cancelled from outside: that
cancellation ends the body of the block, the children are shielded from it and only their supervisor cancels them.

  1. The child is cancelled, with a reason. Within ``with graceful_stop() as stop_asked:`` it is not cancelled; the
     event is set instead, and the child finishes its step and returns.
  2. It has ``shutdown`` seconds from then. What it must still await stands in ``with shielded_cleanup():``.
  3. Then it is forced: it and its cleanup are cancelled. Counted as ``overdue`` and logged.
  4. If it runs on (it shields itself by other means), it is ``abandoned``: counted, logged, and the others are
     stopped. Nothing can kill a Python task, so the block is left only when it has ended; it is never started again
     beside itself, its supervisor gives up instead. Blocking calls belong into
     ``trio.to_thread.run_sync(..., abandon_on_cancel=True)``.

Where a child is itself a supervisor, its deadline bounds those of its own children. A second Ctrl-C while stopping
forces all of them.

Mailboxes outlive the runs of a child unless the child owns them: what a restarted child had not taken out yet is
still there. A child that owns its mailbox (``with Mailbox(...) as inbox: task_status.started(inbox)``) closes it as it
ends, and whoever puts into it meets MailboxClosed instead of waiting for ever.

Map:
    _mailbox     Mailbox: the bounded queue between actors
    _spec        ChildSpec, Policy, Backoff: what to run and how to treat it, as data
    _decide      decide(): what follows from a child's end; pure
    _run         one run of a child, stopping it, graceful_stop() and shielded_cleanup()
    _children    all children of a supervisor: does what decide() says
    _supervisor  Supervisor and supervise(): the block around them
    _statistics  what statistics() returns
    _errors      what is raised
"""

from __future__ import annotations

from ._decide import Decision, Escalate, Exit, Ignore, Restart, Stop, SupervisorState, Verdict, decide
from ._errors import (
    ChildStartFailed,
    MailboxClosed,
    MailboxFull,
    SupervisionError,
    SupervisorEscalated,
    SupervisorStopped,
)
from ._mailbox import Mailbox, MailboxStatistics, Overflow
from ._run import graceful_stop, shielded_cleanup
from ._spec import Backoff, ChildSpec, Policy, RestartRule, Strategy
from ._statistics import ChildState, ChildStatistics, SupervisorPhase, SupervisorStatistics
from ._supervisor import Supervisor, supervise

__all__ = [
    "Backoff",
    "ChildSpec",
    "ChildStartFailed",
    "ChildState",
    "ChildStatistics",
    "Decision",
    "Escalate",
    "Exit",
    "Ignore",
    "Mailbox",
    "MailboxClosed",
    "MailboxFull",
    "MailboxStatistics",
    "Overflow",
    "Policy",
    "Restart",
    "RestartRule",
    "Stop",
    "Strategy",
    "SupervisionError",
    "Supervisor",
    "SupervisorEscalated",
    "SupervisorPhase",
    "SupervisorState",
    "SupervisorStatistics",
    "SupervisorStopped",
    "Verdict",
    "decide",
    "graceful_stop",
    "shielded_cleanup",
    "supervise",
]
