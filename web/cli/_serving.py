"""What ``bargein serve`` does once its flags are read.

The server listens before anything is loaded, so that a port in use is told at once and ``/readyz`` answers from the
start; calls are refused until everything is warm. The order of leaving is the reverse: the server drains, then the
engines go.
"""

from __future__ import annotations

import logging
from contextlib import AsyncExitStack
from functools import partial
from typing import Final

import trio
from rich.text import Text

from actors.call import Call, CallSetup
from actors.line import Line
from web.cli._run import unwrapped
from web.cli._screen import err_console, out_console, set_up_logging, show_loading
from web.compose import Progress, Report, open_setup, troubles
from web.server import Bound, CallInfo, Readiness, serve, watch_signals
from web.settings import Config

__all__ = ["serve_calls"]

_log = logging.getLogger("bargein.calls")

_LOCAL: Final = frozenset({"127.0.0.1", "::1", "localhost"})


def serve_calls(config: Config) -> int:
    """Serve until told to stop, and return the exit code."""
    set_up_logging(config, err_console())
    with unwrapped():
        trio.run(Server(config).run)
    return 0


class Server:
    """The process: signals, the port, the engines and the calls, and the order in which they come and go."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._console, self._err = out_console(), err_console()
        self._stop, self._served = trio.Event(), trio.Event()
        self._setup: CallSetup | None = None
        self._parts: dict[str, str] = {}
        self._calls = 0

    async def run(self) -> None:
        """Until SIGTERM or Ctrl-C. Raises what keeps it from serving."""
        async with trio.open_nursery() as nursery:
            await nursery.start(watch_signals, self._stop)
            nursery.start_soon(self._say_goodbye)
            bound = await nursery.start(self._listen)
            with trio.CancelScope() as life:
                nursery.start_soon(self._leave_early, life)
                async with AsyncExitStack() as stack:
                    with show_loading(self._err, "agent", "vad", "stt", "tts", "llm", "intent", "phrases") as progress:
                        opening = open_setup(self._config, progress=partial(self._note, progress))
                        self._setup = await stack.enter_async_context(opening)
                    self._announce(bound)
                    await self._served.wait()
            await self._served.wait()
            nursery.cancel_scope.cancel(reason="the server has stopped")

    async def _listen(self, *, task_status: trio.TaskStatus[Bound]) -> None:
        await serve(
            self._config,
            self._take_call,
            ready=self._readiness,
            stop=self._stop,
            task_status=task_status,
        )
        self._served.set()

    def _readiness(self) -> Readiness:
        setup = self._setup
        return Readiness(setup is not None, self._parts, {} if setup is None else troubles(setup))

    async def _leave_early(self, life: trio.CancelScope) -> None:
        """Told to stop while things load, do not wait for them."""
        await self._stop.wait()
        if self._setup is None:
            life.cancel(reason="stopped while loading")

    async def _say_goodbye(self) -> None:
        await self._stop.wait()
        if self._calls:
            calls = "1 call is" if self._calls == 1 else f"{self._calls} calls are"
            self._err.print(f"Stopping: {calls} being finished. Ctrl-C again leaves at once.")

    async def _take_call(self, line: Line, info: CallInfo) -> None:
        assert self._setup is not None, "calls are refused until everything is loaded"
        begun, reason = trio.current_time(), "broken"
        self._calls += 1
        _log.info("call %s began (%d under way)", info.call, self._calls)
        try:
            reason = await Call(self._setup, line, call_id=info.call, draining=info.draining).run()
        finally:
            self._calls -= 1
            _log.info("call %s ended after %.1f s: %s", info.call, trio.current_time() - begun, reason)

    def _note(self, show: Report, step: Progress) -> None:
        state = "loading" if step.ms is None else "ready" if step.there else "not installed"
        self._parts = {**self._parts, step.part: state}
        show(step)

    def _announce(self, bound: Bound) -> None:
        self._console.print(Text.assemble("bargein is ready: ", (bound.url, "bold underline")), soft_wrap=True)
        if self._console.is_terminal:
            self._console.print("Open it in a browser and talk. Ctrl-C stops.", style="dim")
        if not bound.url.startswith("https:") and self._config.server.host not in _LOCAL:
            self._err.print(
                "Browsers give the microphone to localhost or TLS only: from other machines this page needs "
                "--tls-cert and --tls-key.",
                style="yellow",
            )
        self._console.file.flush()
