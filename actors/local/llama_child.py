"""The llama.cpp child process: ``python -m actors.local.llama_child``, started by :mod:`actors.local._llama_server`.

It reads one JSON line from stdin (:class:`ChildSpec`), writes one JSON line to stdout (``{"base_url": ...}`` or
``{"error": ...}``) when it is ready or cannot be, and serves until stdin ends. Stdin ends when the parent does, however
it does: so the child never outlives it. On Linux the kernel is asked for the same, in case the child is busy in C.

It leaves by ``os._exit``: taking the server apart was seen to hang.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

import attrs

__all__ = ["ChildSpec", "main"]


@attrs.frozen
class ChildSpec:
    """What the child serves. ``merge_fd``: an inherited anonymous file for the merged model, or None to apply the
    adapter at run time. ``context``: tokens per slot. ``batch``: tokens evaluated before other slots get their turn.
    ``draft``: tokens guessed ahead at most, by looking up the last ``draft_match`` ones; 0: none."""

    model: str
    api_key: str = attrs.field(repr=False)
    adapter: str | None = None
    chat_template: str | None = None
    merge_fd: int | None = None
    slots: int = 4
    context: int = 2048
    threads: int = 2
    batch: int = 128
    draft: int = 0
    draft_match: int = 8


def main() -> None:
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # the library may print; stdout is for answers only
    _die_with_parent()
    spec = ChildSpec(**json.loads(_first_line()))
    threading.Thread(target=_exit_at_end_of_input, daemon=True).start()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which then closes stdin
    try:
        server = _serve(spec)
    except Exception as error:
        _answer(answers, {"error": f"{type(error).__name__}: {error}"})
        os._exit(1)
    _answer(answers, {"base_url": f"{server.listening_address}/v1"})
    threading.Event().wait()


def _answer(answers: Any, value: dict[str, str]) -> None:
    answers.write(json.dumps(value) + "\n")
    answers.flush()


def _first_line() -> bytes:
    line = b""
    while not line.endswith(b"\n"):
        byte = os.read(0, 1)
        if not byte:
            os._exit(0)
        line += byte
    return line


def _exit_at_end_of_input() -> None:
    with suppress(OSError):
        while os.read(0, 4096):
            pass
    os._exit(0)


def _die_with_parent() -> None:
    if sys.platform == "linux":
        set_death_signal = 1
        ctypes.CDLL(None).prctl(set_death_signal, signal.SIGKILL)


def _serve(spec: ChildSpec) -> Any:
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path, adapter = spec.model, spec.adapter
    if adapter is not None and spec.merge_fd is not None and _merged(spec.model, adapter, spec.merge_fd):
        params.model.path, adapter = f"/proc/self/fd/{spec.merge_fd}", None
    if adapter is not None:
        params.lora_adapters = [xllamacpp.CommonAdapterLoraInfo(adapter, 1.0)]
    if spec.chat_template is not None:
        params.chat_template = spec.chat_template
    params.hostnames, params.port = ["127.0.0.1"], 0
    params.api_keys, params.ui, params.endpoint_slots = [spec.api_key], False, False
    params.n_parallel, params.n_ctx, params.kv_unified = spec.slots, spec.slots * spec.context, False
    params.n_batch = params.n_ubatch = spec.batch
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = spec.threads
    params.cache_ram_mib = 512  # conversations moved out of their slot by others come back without a new prefill
    params.n_threads_http = spec.slots + 2
    params.fit_params, params.verbosity = False, 0
    if spec.draft:
        kind = xllamacpp.common_speculative_type.COMMON_SPECULATIVE_TYPE_NGRAM_MOD  # one memory for all slots
        params.speculative.types, table = [kind], params.speculative.ngram_mod
        table.n_match, table.n_max, table.n_min = spec.draft_match, spec.draft, 1
    return xllamacpp.Server(params)


def _merged(model: str, adapter: str, fd: int) -> bool:
    from actors.local._gguf import NotGguf
    from actors.local._merge import is_merged, merge

    if is_merged(fd):  # by the child before this one
        return True
    try:
        merge(Path(model), Path(adapter), fd)
    except NotGguf:
        return False
    return True


if __name__ == "__main__":
    main()
