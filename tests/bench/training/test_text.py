"""What is trained is what is served, token by token; and an adapter written is an adapter read."""

import mmap
from itertools import islice

import attrs
import numpy as np
import pytest
import trio

from actors.local._gguf import Gguf
from actors.local.llama import embedded_spec
from bench.training._adapter import read_adapter, write_adapter
from bench.training._corpus import corpus
from bench.training._data import Corpus, batches
from bench.training._render import messages, segments, text, tools
from bench.training._tokens import Tokenized, open_tokenizer


@pytest.mark.engines
def test_the_training_reads_what_the_server_renders():
    dialogues = list(islice(corpus(3), 12))

    async def main():
        spec = attrs.evolve(embedded_spec(), adapter=None, slots=1, threads=1)
        async with open_tokenizer(spec) as server:
            for dialogue in dialogues:
                *before, last = dialogue.lines
                # Not what is said after a line of one's own: the server would go on with that line.
                while last.role != "assistant" or before[-1].role == "assistant":
                    last = before.pop()
                shown = attrs.evolve(dialogue, lines=tuple(before))
                body = {"messages": messages(shown), "tools": tools(shown)}
                prompt = server.post("/apply-template", body)["prompt"]
                ours = text(shown) + "<|im_start|>assistant\n"
                assert prompt == ours
                pieces = [token for piece, _ in segments(shown) for token in server.tokens(piece)]
                assert pieces == server.tokens(text(shown))
                assert list(server.dialogue(shown).tokens) == pieces

    trio.run(main)


@pytest.mark.engines
def test_only_what_the_agent_writes_itself_is_learnt():
    dialogues = list(islice(corpus(5), 8))

    async def main():
        async with open_tokenizer() as server:
            for dialogue in dialogues:
                tokenized = server.dialogue(dialogue)
                learnt = [t for t, weight in zip(tokenized.tokens, tokenized.weights, strict=True) if weight]
                said = server.post("/detokenize", {"tokens": learnt})["content"]
                assert all(line.text not in said for line in dialogue.lines if line.role == "tool")
                assert said.count("<tool_call>") == sum(len(x.calls) for x in dialogue.lines if x.learn)

    trio.run(main)


@pytest.mark.parametrize(("shape", "close"), [((3, 5), 2e-3), ((3, 64), 2e-2)], ids=["in 16 bits", "in 8 bits"])
def test_an_adapter_is_read_back(tmp_path, shape, close):
    random = np.random.default_rng(0)
    arrays = {f"blk.0.x.weight.lora_{part}": random.normal(size=shape).astype(np.float32) for part in "ab"}
    path = tmp_path / "a.gguf"
    write_adapter(path, arrays, alpha=32.0, about={"description": "for a test"})
    found, alpha = read_adapter(path)
    assert alpha == 32.0
    assert {name: array.shape for name, array in found.items()} == dict.fromkeys(arrays, shape)
    assert all(np.allclose(found[name], arrays[name], atol=close) for name in arrays)
    with path.open("rb") as file:
        values = Gguf.parse(memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))).values
    assert values["adapter.type"] == "lora"
    assert values["general.description"] == "for a test"


def test_dialogues_come_back_as_they_were_saved(tmp_path):
    held = Corpus.of([Tokenized((1, 2, 3), (False, True, True)), Tokenized((4,), (True,))])
    held.save(tmp_path / "x.npz")
    found = Corpus.load(tmp_path / "x.npz")
    assert len(found) == 2
    assert found[0][0].tolist() == [1, 2, 3]
    assert found[1][1].tolist() == [True]


def test_each_epoch_takes_every_dialogue_once():
    taken = [index for step in range(6) for index in batches(8, 4, seed=1, step=step)]
    assert taken[:8] == list(range(8))
    assert sorted(taken[8:16]) == sorted(taken[16:]) == list(range(8))
    assert taken[8:16] != taken[16:]
