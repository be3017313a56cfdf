"""Our OpenAI server, told to fail, against the language model's client, over real sockets on loopback."""

from __future__ import annotations

from typing import Any

import pytest

from actors.cloud.servers._faults import Cut, ErrorFrame, Garbage, Order, Refuse, Stall
from actors.errors import EngineBadReply, EngineOverloaded, EngineRefused, EngineTimeout, EngineUnavailable
from actors.ports import LlmFinished, LlmText


@pytest.mark.parametrize(
    ("order", "error"),
    [
        (Order(Refuse(401)), EngineRefused),
        (Order(Refuse(404)), EngineRefused),
        (Order(Refuse(429, retry_after=2)), EngineOverloaded),
        (Order(Refuse(503)), EngineOverloaded),
        (Order(Refuse(500)), EngineUnavailable),
        (Order(Stall()), EngineTimeout),
        (Order(Cut(), times=2), EngineUnavailable),  # once alone, it is asked again
        (Order(Garbage(), times=2), EngineUnavailable),
        *[
            (Order(fault, sent=sent), error)
            for sent in (0, 2)
            for fault, error in [
                (Stall(), EngineTimeout),
                (Cut(), EngineUnavailable),
                (Cut(mid_frame=True), EngineUnavailable),
                (Garbage(), EngineUnavailable),
                (Garbage(b"6\r\ndata: \r\n9\r\n{oh no}\n\n\r\n"), EngineBadReply),
                (ErrorFrame(), EngineUnavailable),
                (ErrorFrame("rate_limit_exceeded", "too fast, sk-5521ca00d7"), EngineOverloaded),
            ]
        ],
    ],
)
def test_faults_are_told_apart_and_the_next_answer_is_well(order: Order, error: type[Exception], ours: Any) -> None:
    async def main() -> None:
        words = [LlmText("One "), LlmText("two "), LlmText("three ")]
        llm = ours.Llm(*words, LlmFinished("stop"))
        client = {"first_token": 0.3, "between_tokens": 0.3}
        async with ours.asking(llm, order, client=client) as (_, engine, _):
            with pytest.raises(error) as caught:
                await ours.answer(engine)
            assert ours.KEY not in f"{caught.value!r}{caught.value}"
            if isinstance(caught.value, EngineOverloaded) and order.at_head and order.fault == Refuse(429, 2):
                assert caught.value.retry_after == 2
            assert await ours.answer(engine) == [*words, LlmFinished("stop")]

    ours.run(main)


@pytest.mark.parametrize(
    ("failure", "error"),
    [(EngineOverloaded("x", "busy"), EngineOverloaded), (EngineUnavailable("x", "dead"), EngineUnavailable)],
)
@pytest.mark.parametrize("begun", [False, True])
def test_an_engine_that_fails_behind_the_server_is_told(
    failure: Exception, error: type[Exception], begun: bool, ours: Any
) -> None:
    async def main() -> None:
        llm = ours.Llm(*[LlmText("One ")] * begun, failure)
        async with ours.asking(llm) as (_, engine, _):
            with pytest.raises(EngineUnavailable if begun else error):  # a stream says only that it failed
                await ours.answer(engine)

    ours.run(main)


def test_a_wrong_key_names_the_variable_and_not_the_key(ours: Any) -> None:
    async def main() -> None:
        async with ours.asking(ours.Llm(), client={"api_key": "sk-wrong-77"}) as (_, engine, _):
            with pytest.raises(EngineRefused, match="OPENAI_API_KEY") as caught:
                await ours.answer(engine)
            assert "sk-wrong" not in str(caught.value)

    ours.run(main)
