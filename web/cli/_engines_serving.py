"""What ``bargein engines serve`` does once its flags are read."""

from __future__ import annotations

import secrets
import shlex
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from typing import Any, Final

import attrs
import trio

from actors.cloud.servers import SERVICES, FaultDesk, Latency, Order, read_latency, read_order
from actors.cloud.servers.deepgram import DeepgramServer
from actors.cloud.servers.elevenlabs import ElevenLabsServer
from actors.cloud.servers.openai import OpenAiServer
from actors.engines import EngineOptions, open_engines
from actors.errors import ConfigurationError
from web.cli._run import run
from web.cli._screen import err_console, out_console, set_up_logging, show_loading
from web.compose import Progress
from web.settings import Config

__all__ = ["Orders", "local_options", "serve_engines"]

MODEL: Final = "bargein"  #: the name that the language model goes by


def local_options(config: Config) -> EngineOptions:
    """This machine's own engines, whatever keys and addresses are set."""
    model = config.engines.llm_model
    return EngineOptions(
        vad="silero",
        stt="moonshine",
        llm="local",
        tts="hibari",
        llm_model=model if model and model.lower().endswith(".gguf") else None,
        tts_voice=config.engines.tts_voice,
    )


@attrs.frozen
class Orders:
    """What is to go wrong, and how long answers take, by service."""

    faults: Mapping[str, Sequence[Order]]
    latencies: Mapping[str, Latency]

    @classmethod
    def read(cls, faults: Sequence[str], latencies: Sequence[str]) -> Orders:
        """From flags. Raises ConfigurationError."""
        ordered = [read_order(text) for text in faults]
        by_service = {service: [order for name, order in ordered if name == service] for service in SERVICES}
        return cls(by_service, dict(map(read_latency, latencies)))

    def of(self, service: str) -> Any:
        """As arguments of the service's server."""
        return {"desk": FaultDesk(self.faults[service]), "latency": self.latencies.get(service)}


def serve_engines(config: Config, *, first_port: int, key: str | None, orders: Orders) -> int:
    """Serve until interrupted."""
    set_up_logging(config, err_console())
    run(lambda: _serve(config, first_port, key or secrets.token_urlsafe(12), orders))
    return 0


async def _serve(config: Config, port: int, key: str, orders: Orders) -> None:
    host = config.server.host
    async with AsyncExitStack() as stack:
        with show_loading(err_console(), "vad", "stt", "tts", "llm", "intent") as show:
            progress = lambda step: show(Progress(step.part, step.engine, step.ms, step.there))  # noqa: E731
            engines = await stack.enter_async_context(open_engines(local_options(config), progress=progress))
        deepgram = DeepgramServer(engines.stt, engines.vad, key=key, **orders.of("deepgram"))
        openai = OpenAiServer(llm=engines.llm, tts=engines.tts, model=MODEL, api_key=key, **orders.of("openai"))
        elevenlabs = ElevenLabsServer(engines.tts, api_key=key, **orders.of("elevenlabs"))
        ports = (port, port + 1, port + 2) if port else (0, 0, 0)
        async with trio.open_nursery() as nursery:
            try:
                hearing = await nursery.start(lambda **kw: deepgram.run(host=host, port=ports[0], **kw))
                writing = await nursery.start(lambda **kw: openai.serve(host, ports[1], **kw))
                speaking = await nursery.start(lambda **kw: elevenlabs.serve(host, ports[2], **kw))
            except OSError as error:
                raise ConfigurationError(f"--port: ports from {port} on cannot be used: {error.strerror}.") from None
            _announce(_variables(key, hearing, f"http://{host}:{writing}/v1", f"http://{host}:{speaking}"))


def _variables(key: str, deepgram: str, openai: str, elevenlabs: str) -> dict[str, str]:
    return {
        "DEEPGRAM_BASE_URL": deepgram,
        "DEEPGRAM_API_KEY": key,
        "OPENAI_BASE_URL": openai,
        "OPENAI_API_KEY": key,
        "BARGEIN_LLM_MODEL": MODEL,
        "ELEVENLABS_BASE_URL": elevenlabs,
        "ELEVENLABS_API_KEY": key,
        "SPEECH_BASE_URL": openai,
        "SPEECH_API_KEY": key,
    }


def _announce(variables: Mapping[str, str]) -> None:
    """The variables on stdout, so that a script can read them; the rest on stderr."""
    console = out_console()
    for name, value in variables.items():
        console.print(f"export {name}={shlex.quote(value)}", soft_wrap=True, markup=False)
    console.file.flush()
    err_console().print("Set these in another terminal, then start bargein there. Ctrl-C stops.", style="dim")
