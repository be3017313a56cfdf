"""The child process's life: started, warmed up, watched, ended; never left behind."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
from collections.abc import Iterable
from contextlib import suppress
from importlib.util import find_spec

import attrs
import trio

from actors.cloud.openai_llm import OpenAiLlm
from actors.errors import EngineError, EngineMissing, EngineUnavailable
from actors.local._examples import with_examples
from actors.local._llama_spec import ENGINE, Endpoint, LlamaSpec
from actors.local.llama_child import ChildSpec
from actors.ports import LlmRequest

__all__ = ["STOP_TIMEOUT", "LlamaServer", "client_of"]

_WAIT_READY = 5.0  #: seconds a request waits for a child that is being restarted
STOP_TIMEOUT = 1.0  #: seconds a child has to end when asked to
_KEEP_IDLE = 3.0  #: seconds; less than the 5 after which the server's HTTP library by default ends idle connections
#: llama.cpp's threads wait for each other some 400 times a token, spinning. Where anything else wants a core, as speech
#: does, one of them spins while the other waits to be scheduled. Whole answers of the embedded model on 2 cores, in
#: tokens/s, alone and beside a process that takes one core: spinning as built 55 and 15, spinning briefly 53 and 20,
#: never spinning 19 alone (idle cores wake slowly), one thread 38 and 37. So one core is left to speech: in calls (tool
#: turns of bench.ttfa) one thread of two cores wrote function calls as fast as two, and it is slowed down by nobody.
#: (The merge has its own threads.)
_CHILD_ENVIRONMENT = {"GOMP_SPINCOUNT": "1000", "OPENBLAS_NUM_THREADS": "1"}


class LlamaServer:
    """Runs the child. ``run`` serves one child's life; a supervisor calls it again when that ends. ``prepare``: what
    each child evaluates first, see :meth:`warm_up`; it is ready when its first slot has.

    EngineMissing on construction where a file or the package is not there.
    """

    def __init__(self, spec: LlamaSpec, prepare: LlmRequest | None = None) -> None:
        if find_spec("xllamacpp") is None:
            raise EngineMissing(ENGINE, "the package xllamacpp is not installed (pip install xllamacpp)")
        for path in (spec.model, spec.adapter, spec.chat_template):
            if path is not None and not path.is_file():
                raise EngineMissing(ENGINE, f"there is no file {path}; give the path of a GGUF model")
        self.spec = spec
        self._runs = 0
        self._endpoint: Endpoint | None = None
        self._ready = trio.Event()
        self._prepare = prepare
        self._warm: dict[int | None, LlmRequest] = {}  # what each slot of the child has evaluated; None: the examples
        self._warming = trio.Lock()
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
        raise EngineUnavailable(ENGINE, "the model is being restarted")

    async def warm_up(self, request: LlmRequest) -> None:
        """Let every slot evaluate ``request``'s messages and tools now, those that have not yet; and again whenever a
        child is new."""
        self._prepare = request
        endpoint = await self.wait_ready()
        await self._warm_up(endpoint, range(self.spec.slots), teach=True)

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
                self._warm = {}
                await self._warm_up(endpoint, (0,))
                self._endpoint = endpoint
                self._ready.set()
                task_status.started()
                async with trio.open_nursery() as nursery:
                    nursery.start_soon(self._warm_up_behind, endpoint)
                    while await answers.receive_some():
                        pass
                    nursery.cancel_scope.cancel(reason="the model's process died")
            raise EngineUnavailable(ENGINE, f"the model's process {process.pid} died")
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

    def _arguments(self, api_key: str) -> ChildSpec:
        spec = self.spec
        return ChildSpec(
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

    async def _warm_up(self, endpoint: Endpoint, slots: Iterable[int], *, teach: bool = False) -> None:
        async with self._warming:
            request, warm = self._prepare, self._warm
            if request is None:
                return
            async with client_of(self.spec, endpoint) as client:
                if teach and warm.get(None) != request:
                    await self._teach(client, request)
                    warm[None] = request
                for slot in slots:
                    if warm.get(slot) != request:
                        await _read(client, attrs.evolve(request, max_tokens=1), slot)
                        warm[slot] = request

    async def _teach(self, client: OpenAiLlm, request: LlmRequest) -> None:
        """Let the child read a call of every function, to guess the next ones from; in the last slot, whose beginning
        stays what it was. A model whose template takes no calls goes without."""
        examples = with_examples(request) if self.spec.draft else None
        if examples is not None:
            with suppress(EngineError):
                await _read(client, examples, self.spec.slots - 1)

    async def _warm_up_behind(self, endpoint: Endpoint) -> None:
        """The slots that the first caller does not need. That it failed shows soon enough elsewhere."""
        with suppress(EngineError):
            await self._warm_up(endpoint, range(1, self.spec.slots), teach=True)

    def close(self) -> None:
        """Give back the merged model's memory. The children are gone by then."""
        if self._merge_fd is not None:
            os.close(self._merge_fd)
            self._merge_fd = None


def client_of(spec: LlamaSpec, endpoint: Endpoint) -> OpenAiLlm:
    """A client for the child at ``endpoint``; the caller's to close."""
    return OpenAiLlm(
        base_url=endpoint.base_url,
        api_key=endpoint.api_key,
        model=spec.name,
        name=ENGINE,
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
            raise EngineUnavailable(ENGINE, "the model's process died while it was loading")
        line += data
    answer = json.loads(line)
    if "error" in answer:
        raise EngineUnavailable(ENGINE, f"the model cannot be loaded: {answer['error']}")
    return str(answer["base_url"])


async def _end(process: subprocess.Popen[bytes]) -> None:
    """Close the child's input, which ends it; kill it if that takes too long."""
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with suppress(OSError):
                pipe.close()
    try:
        await trio.to_thread.run_sync(process.wait, STOP_TIMEOUT)
    except subprocess.TimeoutExpired:
        process.kill()
        await trio.to_thread.run_sync(process.wait)
