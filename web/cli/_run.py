"""Running trio from a command: Ctrl-C and SIGTERM cancel the work in order, a second Ctrl-C leaves at once."""

from __future__ import annotations

import logging
import os
import signal
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import trio

from actors.errors import BargeinError, EngineUnavailable
from actors.runtime import SupervisionError

__all__ = ["Interrupted", "run", "unwrapped"]

T = TypeVar("T")


class Interrupted(KeyboardInterrupt):
    """The user (or the system) asked to stop, and everything has been put away."""


def run(work: Callable[[], Awaitable[T]]) -> T:
    """Run ``work`` to its end. Raises :class:`Interrupted`, and our own errors out of their groups."""
    with unwrapped():
        return trio.run(_run, work)
    raise AssertionError("unreachable")


@contextmanager
def unwrapped() -> Iterator[None]:
    """Let one of our own errors through alone, where nurseries have wrapped it; what else there is stays as it is."""
    try:
        yield
    except (BaseExceptionGroup, SupervisionError) as error:
        known = _known(error)
        if known is None:
            raise
        raise known from None


def _known(error: BaseException | None) -> BargeinError | None:
    """The first error of ours among these, if there is nothing else among them."""
    match error:
        case BargeinError():
            return error
        case SupervisionError():  # a part that kept failing: what it failed of says more
            return _known(error.__cause__) or EngineUnavailable("engine", str(error))
        case BaseExceptionGroup(exceptions=inner):
            known = [_known(each) for each in inner]
            return None if None in known else known[0]
        case _:
            return None


async def _run(work: Callable[[], Awaitable[T]]) -> T:
    results: list[T] = []
    interrupted = False

    async def watch(*, task_status: trio.TaskStatus[None]) -> None:
        nonlocal interrupted
        with trio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as received:
            task_status.started()
            async for number in received:
                if interrupted and number == signal.SIGINT:
                    logging.shutdown()
                    os._exit(130)
                interrupted = True
                nursery.cancel_scope.cancel(reason=signal.Signals(number).name)

    async with trio.open_nursery() as nursery:
        # In a task of its own, outside the reach of the cancellation, the watch goes on while things are put away.
        await nursery.start(watch)
        results.append(await work())
        nursery.cancel_scope.cancel(reason="done")
    if interrupted and not results:
        raise Interrupted
    return results[0]
