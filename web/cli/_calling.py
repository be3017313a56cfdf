"""What ``bargein call`` does once its flags are read."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path

import trio

from actors.audio import write_wav
from actors.call import Call, CallSetup
from actors.ports import AGENT_RATE
from web.cli._file_line import FileLine, Utterance, read_utterance
from web.cli._run import run
from web.cli._screen import err_console, out_console, set_up_logging, show_loading
from web.cli._story import Ending, HumanStory, JsonStory, Story
from web.compose import open_setup
from web.settings import Config

__all__ = ["call_with_files", "make_call"]

BROKEN = frozenset({"internal", "too slow"})  #: ends of a call that are a failure


def call_with_files(
    config: Config, files: Sequence[Path], *, out: Path | None, as_json: bool, gap: float, interrupt: float | None
) -> int:
    """Load everything, make the call, and return the exit code."""
    utterances = [read_utterance(path) for path in files]
    set_up_logging(config, err_console(), quiet=True)
    story: Story = JsonStory(out_console()) if as_json else HumanStory(out_console())

    async def work() -> int:
        async with AsyncExitStack() as stack:
            with show_loading(err_console(), "agent", "vad", "stt", "tts", "llm", "intent", "phrases") as progress:
                setup = await stack.enter_async_context(open_setup(config, progress=progress))
            call = partial(make_call, setup, utterances, story, out=out, gap=gap, interrupt=interrupt)
            return 0 if await call() else 1

    return run(work)


async def make_call(
    setup: CallSetup,
    utterances: Sequence[Utterance],
    story: Story,
    *,
    out: Path | None = None,
    gap: float = 0.6,
    interrupt: float | None = None,
) -> bool:
    """Make one call and tell its story; whether it went through to its end. Cancelled, it still keeps the recording."""
    begun, reason = trio.current_time(), "interrupted"
    line = FileLine(utterances, show=story.tell, gap=gap, interrupt=interrupt)
    call = Call(setup, line, call_id=f"file-{secrets.token_hex(6)}")
    try:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(line.run)
            reason = await call.run()
            nursery.cancel_scope.cancel(reason="the call is over")
    finally:
        if out is not None:
            write_wav(out, line.recording(), AGENT_RATE)
        story.end(
            Ending(
                reason=reason,
                seconds=round(trio.current_time() - begun, 3),
                files=len(utterances),
                files_spoken=line.spoken,
                out=None if out is None else str(out),
                warnings=_warnings(line, call),
            )
        )
    return reason not in BROKEN and not line.stalled


def _warnings(line: FileLine, call: Call) -> tuple[str, ...]:
    warnings = []
    if line.left:
        warnings.append(f"{line.left} of {line.left + line.spoken} files were not spoken: the call had ended.")
    if line.stalled:
        warnings.append("The agent did not finish its answer; the caller hung up.")
    if line.out_of_sound > 0.2:
        warnings.append(
            f"This machine fell behind real time by up to {line.out_of_sound:.1f} s; the times are affected."
        )
    if call.illegal_events:
        warnings.append(f"{call.illegal_events} events were illegal in their state: that is a bug, please report it.")
    return tuple(warnings)
