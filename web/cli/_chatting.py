"""What ``bargein chat`` does once its flags are read."""

from __future__ import annotations

import os
import secrets
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack

import attrs
import trio

from actors.call import Call, CallSetup
from actors.engines import open_llm
from web.cli._run import Interrupted, run
from web.cli._screen import err_console, out_console, set_up_logging, show_loading
from web.cli._story import HumanStory, Story
from web.cli._text_line import NoStt, NoVad, SilentTts, TextLine
from web.compose import Progress, call_settings, engine_options, first_request, open_agent, open_journal
from web.settings import Config

__all__ = ["chat", "converse", "read_lines"]

QUIT = frozenset({"/quit", "/exit", "/q"})
_NEVER_MS = 10**9
_PROMPT = "   you "


def chat(config: Config) -> int:
    """Talk by typing until the end of the input, and return the exit code."""
    console, typed_by_hand = out_console(), sys.stdin.isatty()
    set_up_logging(config, err_console(), quiet=True)
    story = HumanStory(console, states=False, times=False, caller=not typed_by_hand)

    def prompt() -> None:
        if typed_by_hand:
            console.print(_PROMPT, end="", style="bold cyan")
            console.file.flush()

    async def work() -> str:
        async with AsyncExitStack() as stack:
            with show_loading(err_console(), "agent", "llm") as progress:
                setup = await _open(stack, config, progress)
            if typed_by_hand:
                console.print("Type what the caller says. /quit or Ctrl-D ends the call.\n", style="dim")
            return await converse(setup, read_lines(sys.stdin.fileno()), story, prompt)

    try:
        reason = run(work)
    except Interrupted:
        console.print()
        return 0
    if reason == "farewell":
        console.print("The agent hung up.", style="dim")
    return 1 if reason == "internal" else 0


async def _open(stack: AsyncExitStack, config: Config, progress: Callable[[Progress], None]) -> CallSetup:
    """A setup without sound: nothing is loaded but the agent and the model."""
    options, settings = engine_options(config), call_settings(config.turns)
    agent, resources = await stack.enter_async_context(open_agent(config, progress=progress))
    begun = trio.current_time()
    progress(Progress("llm", options.names["llm"]))
    llm = await stack.enter_async_context(open_llm(options, first_request(agent, resources)))
    progress(Progress("llm", options.names["llm"], (trio.current_time() - begun) * 1000))
    # Who types thinks in between, and sees that the agent is at work.
    chart = attrs.evolve(settings.chart, idle_ms=_NEVER_MS, filler_ms=_NEVER_MS)
    return CallSetup(
        agent=agent,
        resources=resources,
        vad=NoVad(),
        stt=NoStt(),
        llm=llm,
        tts=SilentTts(),
        settings=attrs.evolve(settings, chart=chart),
        journal=await stack.enter_async_context(open_journal(config)),
        now=agent.clock(config.agent.timezone),
    )


async def converse(
    setup: CallSetup, lines: AsyncIterator[str], story: Story, prompt: Callable[[], None] = lambda: None
) -> str:
    """Say each of ``lines`` when it is the caller's turn, and return why the call ended."""
    line = TextLine(story.tell)
    call = Call(setup, line, call_id=f"chat-{secrets.token_hex(6)}")
    reason = ""
    async with trio.open_nursery() as nursery:

        async def talk() -> None:
            await line.wait_turn()
            prompt()
            async for text in lines:
                if line.ended.is_set() or text in QUIT:
                    break
                if text:
                    await line.type_text(text)
                    await line.wait_turn()
                if line.ended.is_set():
                    return
                prompt()
            await line.hang_up()

        nursery.start_soon(talk)
        reason = await call.run()
        nursery.cancel_scope.cancel(reason="the call is over")
    return reason


async def read_lines(fd: int) -> AsyncIterator[str]:
    """The lines of a terminal, a pipe or a file as they come, stripped. The descriptor's mode is left as it is: others
    share it. Reading in a thread would keep the process from ending while it waits."""
    rest = b""
    while data := await _read(fd):
        *lines, rest = (rest + data).split(b"\n")
        for each in lines:
            yield each.decode(errors="replace").strip()
    if rest.strip():
        yield rest.decode(errors="replace").strip()


async def _read(fd: int) -> bytes:
    try:
        await trio.lowlevel.wait_readable(fd)
    except PermissionError:  # a plain file is always readable, and the system does not watch it
        await trio.lowlevel.checkpoint()
    return os.read(fd, 65_536)
