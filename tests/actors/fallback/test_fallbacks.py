"""Models and voices that fail, hang and come back, in virtual time."""

from __future__ import annotations

from contextlib import asynccontextmanager

import pytest
import trio

from actors.errors import EngineBadReply, EngineOverloaded, EngineRefused, EngineUnavailable
from actors.fallback import FallbackLlm, FallbackTts, open_chain
from actors.ports import (
    LlmFinished,
    LlmRequest,
    LlmText,
    LlmToolCall,
    Monitored,
    SpeechChunk,
    WordTiming,
)
from actors.testing import run_virtual as run

REQUEST = LlmRequest(())
DOWN = EngineUnavailable("a", "down")
HANG = object()


async def play(script):
    """Yield the items; raise the errors among them; hang where told."""
    for item in script:
        await trio.lowlevel.checkpoint()
        if item is HANG:
            await trio.sleep_forever()
        if isinstance(item, float):
            await trio.sleep(item)
            continue
        if isinstance(item, Exception):
            raise item
        yield item


class Model:
    def __init__(self, name, *scripts):
        self.name = self.model = name
        self.scripts, self.requests, self.open = list(scripts), [], 0

    @asynccontextmanager
    async def stream(self, request):
        self.requests.append(request)
        script = self.scripts.pop(0) if len(self.scripts) > 1 else self.scripts[0]
        self.open += 1
        try:
            if script and script[0] is DOWN:
                raise DOWN
            yield play(script)
        finally:
            self.open -= 1


class Voice:
    def __init__(self, name, script):
        self.name, self.script, self.said = name, script, []

    @asynccontextmanager
    async def open_voice(self, turn):
        yield self

    def say(self, text):
        self.said.append(text)
        return play(self.script(text))


async def answer(llm):
    async with llm.stream(REQUEST) as deltas:
        return [delta async for delta in deltas]


def good(text):
    return [LlmText(text), LlmFinished("stop")]


@pytest.mark.parametrize(
    "script",
    [
        [DOWN],
        [HANG],
        [LlmText(" "), HANG],
        [LlmText(" "), EngineOverloaded("a", "busy", 3)],
        [LlmFinished("stop")],
        [],
        [EngineBadReply("a", "nonsense")],
    ],
)
def test_the_next_model_takes_the_same_request_while_nothing_was_written(chain, script):
    a, b = Model("a", script), Model("b", good("Hello."))

    async def main():
        assert await answer(FallbackLlm(chain(a, b))) == good("Hello.")
        assert trio.current_time() <= 2.0

    run(main)
    assert a.requests == b.requests == [REQUEST]
    assert a.open == b.open == 0


@pytest.mark.parametrize("seconds", [1.999, 2.0, 2.001])
def test_words_at_the_very_end_of_the_time_are_one_models_or_the_others(chain, seconds):
    async def main():
        llm = FallbackLlm(chain(Model("a", [seconds, *good("A.")]), Model("b", good("B."))))
        assert await answer(llm) in ([good("A."), good("B.")] if seconds == 2.0 else [good("AB"[seconds > 2] + ".")])

    run(main)


def test_after_words_a_failure_is_the_calls(chain):
    a, b = Model("a", [LlmText("Doctor"), DOWN]), Model("b", good("Hello."))

    async def main():
        both = chain(a, b)
        llm, got = FallbackLlm(both), []

        async def listen():
            async with llm.stream(REQUEST) as deltas:
                async for delta in deltas:
                    got.append(delta)  # noqa: PERF401 - what came before the error counts

        with pytest.raises(EngineUnavailable):
            await listen()
        assert got == [LlmText("Doctor")]
        assert not both.is_up(both.members[0])
        assert await answer(llm) == good("Hello.")

    run(main)
    assert len(a.requests) == 1


def test_a_function_call_is_not_asked_for_twice(chain):
    call = LlmToolCall("1", "book", "{}")
    a, b = Model("a", [call, DOWN]), Model("b", good("Hello."))

    async def main():
        with pytest.raises(EngineUnavailable):
            await answer(FallbackLlm(chain(a, b)))

    run(main)
    assert not b.requests


def test_a_slow_answer_that_has_begun_may_take_its_time(chain):
    async def main():
        class Slow(Model):
            @asynccontextmanager
            async def stream(self, request):
                async def deltas():
                    yield LlmText("Wait")
                    await trio.sleep(20)
                    yield LlmFinished("stop")

                yield deltas()

        assert len(await answer(FallbackLlm(chain(Slow("a", []), Model("b", good("no")))))) == 2

    run(main)


def test_an_error_of_the_calls_own_blames_no_engine(chain):
    async def main():
        both = chain(Model("a", good("x")), Model("b", good("y")))
        with pytest.raises(EngineRefused):
            async with FallbackLlm(both).stream(REQUEST):
                raise EngineRefused("voice", "other")
        assert both.is_up(both.members[0])

    run(main)


def test_with_all_down_the_last_error_comes_out_and_all_were_asked(chain):
    a, b = Model("a", [DOWN]), Model("b", [EngineBadReply("b", "nonsense")])

    async def main():
        llm = FallbackLlm(chain(a, b))
        for _ in range(2):
            with pytest.raises((EngineBadReply, EngineUnavailable)):
                await answer(llm)

    run(main)
    assert len(a.requests) == len(b.requests) == 2


def test_there_is_trouble_while_none_can_be_asked(chain):
    class Restarting(Model):
        trouble = "the model is being restarted"

    async def main():
        async with open_chain(chain(Model("a", [DOWN]), Restarting("b", good("B.")))) as both:
            llm = FallbackLlm(both)
            assert isinstance(llm, Monitored)
            assert llm.trouble is None
            assert await answer(llm) == good("B.")  # and the first is left alone for a second
            assert llm.trouble == "a: it failed, and is tried again soon; b: the model is being restarted"
            await trio.sleep(1.1)
            assert llm.trouble is None

    run(main)


def test_the_first_returns_after_a_check_with_back_off(chain):
    a, b = Model("a", [DOWN], good("A.")), Model("b", good("B."))
    checks, up = [], False

    async def check():
        checks.append(trio.current_time())
        await trio.lowlevel.checkpoint()
        if not up:
            raise DOWN

    async def main():
        nonlocal up
        async with open_chain(chain(a, b, checks={"a": check})) as both:
            llm = FallbackLlm(both)
            assert await answer(llm) == good("B.")
            await trio.sleep(7.5)
            assert checks == [1, 3, 7]
            assert await answer(llm) == good("B.")
            assert len(a.requests) == 1
            up = True
            await trio.sleep(10)
            assert checks == [1, 3, 7, 15]
            assert await answer(llm) == good("A.")

    run(main)


def test_what_goes_wrong_within_an_open_chain_comes_out_as_it_is(chain):
    async def main():
        async with open_chain(chain(Model("a", []))):
            raise KeyError("mine")

    with pytest.raises(KeyError):
        run(main)


def spoken(text, *, until=None, timed=True, then=()):
    """100 samples a word, one chunk each."""
    at, chunks = 0, []
    for number, word in enumerate(text.split()[:until]):
        at = text.index(word, at)
        timing = WordTiming(at, at + len(word), 0 + number * 100, (number + 1) * 100)
        chunks.append(SpeechChunk(bytes(200), (timing,) if timed else ()))
        at += len(word)
    return [*chunks, *then]


async def say(voice, text):
    words, samples = [], 0
    async for chunk in voice.say(text):
        samples += len(chunk.pcm) // 2
        words += chunk.words
        assert all(word.end <= samples for word in words)
    return [text[w.start_char : w.end_char] for w in words], samples


# --- voices -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("trouble", [DOWN, HANG])
@pytest.mark.parametrize("words", range(5))
def test_the_next_voice_speaks_the_rest_of_the_sentence(chain, words, trouble):
    text = "Doctor Chen is free."
    a = Voice("a", lambda text: spoken(text, until=words, then=[trouble]))
    b = Voice("b", spoken)

    async def main():
        async with FallbackTts(chain(a, b)).open_voice(1) as voice:
            assert await say(voice, text) == (text.split(), 400)
            assert await say(voice, "At nine.") == (["At", "nine."], 200)

    run(main)
    assert " ".join(b.said).split() == [*text.split()[words:], "At", "nine."]
    assert a.said == [text], "one that failed speaks no more of this turn"


def test_without_word_times_the_sentence_begins_again(chain):
    a = Voice("a", lambda text: spoken(text, until=2, timed=False, then=[DOWN]))
    b = Voice("b", spoken)

    async def main():
        async with FallbackTts(chain(a, b)).open_voice(1) as voice:
            words, samples = await say(voice, "Doctor Chen is free.")
            assert (words, samples) == (["Doctor", "Chen", "is", "free."], 600)

    run(main)


def test_a_voice_that_says_nothing_has_failed(chain):
    a, b = Voice("a", lambda _: []), Voice("b", spoken)

    async def main():
        async with FallbackTts(chain(a, b)).open_voice(1) as voice:
            assert (await say(voice, "Hello."))[0] == ["Hello."]

    run(main)


def test_with_no_voice_left_the_error_comes_out(chain):
    broken = chain(Voice("a", lambda _: [DOWN]), Voice("b", lambda _: [EngineRefused("b", "no")]))

    async def main():
        async with FallbackTts(broken).open_voice(1) as voice:
            with pytest.raises(EngineRefused):
                await say(voice, "Hello.")

    run(main)
