"""Which part of a call is connected to which: made once, when the call begins."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import attrs
import trio

from actors.call._answer import Answerer
from actors.call._attempts import Attempts
from actors.call._commits import Commits
from actors.call._ear import Ear
from actors.call._outlet import Outlet
from actors.call._playout import Playout
from actors.call._record import Record
from actors.call._reel import Reel
from actors.call._setup import CallSetup
from actors.call._speaker import Speaker
from actors.call._witness import Witness
from actors.ports import SttStream
from statechart import Event, HangUpRequested

__all__ = ["Parts", "ready", "wire"]


@attrs.frozen
class Parts:
    """What the conductor gives its orders to."""

    out: Outlet
    record: Record
    playout: Playout
    ear: Ear
    commits: Commits
    attempts: Attempts


def wire(
    setup: CallSetup,
    witness: Witness,
    stt: SttStream,
    nursery: trio.Nursery,
    *,
    call_id: str,
    post: Callable[[Event], None],
    on_silence: Callable[[], None],
) -> Parts:
    """Make the parts of a call over ``witness``'s line. ``post`` takes their events; attempts and side effects run in
    ``nursery``; ``on_silence()`` is called when the silence that was asked for is over."""
    settings = setup.settings
    toolbox = setup.agent.toolbox(setup.resources, call_id=call_id, now=setup.now)
    out = Outlet(witness, lambda: post(HangUpRequested("too slow")))
    record = Record(out, post, settings, setup.agent)

    def settled(reel: Reel, played: int, cut: bool) -> None:
        witness.settled(reel.turn, played, cut)
        record.settle(reel, played, cut)

    playout = Playout(out, post=post, on_settled=settled, on_answer_sent=record.answer_sent, frame_ms=settings.frame_ms)
    witness.playout = playout
    ear = Ear(
        setup.vad.open_stream(),
        stt,
        settings=settings.ear,
        post=post,
        on_silence=on_silence,
        agent_db=playout.agent_db,
        unheard_ms=lambda: playout.unheard_ms,
        heard=lambda: playout.heard,
        intent=setup.intent,
    )
    commits = Commits(toolbox, call_id=call_id, nursery=nursery, post=post, on_done=record.commit_done)
    speaker = Speaker(setup.tts, playout, setup.phrases, post=post, on_words=record.show_agent)
    answerer = Answerer(
        setup.agent,
        setup.llm,
        toolbox,
        speaker,
        commits,
        settings=settings.answer,
        post=post,
        tell=record.tell,
        orphaned=record.orphaned,
    )
    attempts = Attempts(answerer, speaker, playout, record, setup.agent, nursery=nursery, post=post)
    return Parts(out, record, playout, ear, commits, attempts)


def ready(run: Callable[[], Awaitable[None]]) -> Callable[..., Any]:
    """An actor that is ready as soon as it runs."""

    async def child(*, task_status: trio.TaskStatus[None]) -> None:
        task_status.started()
        await run()

    return child
