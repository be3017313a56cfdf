"""The evaluation's machinery, with a scripted model in place of a real one."""

import json
import math
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import attrs
import numpy as np
import pytest
import trio

from actors.ports import CALLER_RATE, LlmDelta, LlmFinished, LlmRequest, LlmText, LlmToolCall
from bench import tool_accuracy
from bench._attempt import Databases
from bench._measuring import Bench, Notes, try_callers, try_scenes
from bench._scenes import load_set, parse_scenes
from bench._scripted import Booking, Script, load_callers
from bench._spoken import HELD_OUT_VOICES, Hearing, noisy, pronounced, voice_of
from bench.speech import Voice

CONTENT = {
    "now": "2027-03-09T09:40",
    "scenes": [
        {
            "category": "booking",
            "text": "caller: chen on thursday?\ncall: check_availability(doctor='Chen', date='Thursday')\n"
            "agent: Dr. Chen has 9 a.m. or 3 p.m.\ncaller: three, for ann lee\n"
            "call: schedule_appointment(patient='ann lee', doctor='Chen', date='Thursday', time='three')\nhas: booked",
        }
    ],
}
CHECK = {"doctor": "Chen", "date": "Thursday"}
BOOK = {"patient": "Ann Lee", "doctor": "Dr. Chen", "date": "Thursday", "time": "3 p.m."}


class Scripted:
    """A model whose answers are a function of the request."""

    name = model = "scripted"

    def __init__(self, answer: Callable[[LlmRequest], LlmText | LlmToolCall]) -> None:
        self.answer = answer
        self.requests: list[LlmRequest] = []

    @asynccontextmanager
    async def stream(self, request: LlmRequest) -> AsyncIterator[AsyncIterator[LlmDelta]]:
        self.requests.append(request)

        async def deltas() -> AsyncIterator[LlmDelta]:
            yield self.answer(request)
            yield LlmFinished("stop")

        answer = deltas()
        try:
            yield answer
        finally:
            await answer.aclose()  # type: ignore[attr-defined]
            await trio.lowlevel.checkpoint()


def _call(name: str, arguments: dict[str, str]) -> LlmToolCall:
    return LlmToolCall("1", name, json.dumps(arguments))


def _good(request: LlmRequest) -> LlmText | LlmToolCall:
    last = request.messages[-1]
    if last.role == "tool":
        return LlmText("You're booked." if "booked" in last.content else "Dr. Chen has 9 a.m. or 3 p.m. Your name?")
    if "thursday" in last.content:
        return _call("check_availability", CHECK)
    return _call("schedule_appointment", BOOK) if "ann lee" in last.content.lower() else LlmText("Goodbye.")


def _bench(llm: Scripted, folder: Path) -> Bench:
    return Bench(llm, Notes(folder / "notes.jsonl"), None, Databases(folder), math.inf, parallel=2)


def test_turns_are_asked_with_the_conversation_as_written_and_answers_are_kept(tmp_path: Path) -> None:
    scenes = list(parse_scenes(CONTENT, "x", tmp_path))
    llm = Scripted(_good)
    verdicts = trio.run(lambda: try_scenes(_bench(llm, tmp_path), scenes, scenes[0].turns, spoken=False))
    assert [(v.exact, v.words, v.invented) for v in verdicts] == [(True, True, ())] * 2
    second = next(request for request in llm.requests if "ann lee" in request.messages[-1].content)
    assert [message.role for message in second.messages] == [
        "system",
        "assistant",
        "user",
        "assistant",
        "tool",
        "assistant",
        "user",
    ]
    assert '"slots":["9 a.m.","3 p.m."]' in second.messages[4].content
    assert [tool.name for tool in second.tools][:2] == ["check_availability", "schedule_appointment"]

    again = Scripted(_good)
    assert trio.run(lambda: try_scenes(_bench(again, tmp_path), scenes, scenes[0].turns, spoken=False)) == verdicts
    assert again.requests == []


def test_a_model_that_only_talks_misses_its_calls(tmp_path: Path) -> None:
    scenes = list(parse_scenes(CONTENT, "x", tmp_path))
    llm = Scripted(lambda _: LlmText("Dr. Who is free."))
    verdicts = trio.run(lambda: try_scenes(_bench(llm, tmp_path), scenes, scenes[0].turns, spoken=False))
    assert [(v.exact, v.called, v.invented) for v in verdicts] == [(False, False, ("doctor: Who",))] * 2


def test_whole_calls_are_judged_by_the_database(tmp_path: Path) -> None:
    script = Script(
        "x",
        load_set("heldout")[0].now,
        "Is Chen free on thursday?",
        {"name": "Ann Lee.", "choose": "Three."},
        booked=(Booking("Ann Lee", "Chen", "Thursday", "3 p.m."),),
    )
    (good,) = trio.run(lambda: try_callers(_bench(Scripted(_good), tmp_path), [script], spoken=False))
    assert good.success
    assert len(good.change.made) == 1
    assert not any(good.invented)
    talker = Scripted(lambda _: LlmText("You're booked."))
    (tmp_path / "other").mkdir()
    (bad,) = trio.run(lambda: try_callers(_bench(talker, tmp_path / "other"), [script], spoken=False))
    assert not bad.success
    assert bad.invented[0] == ("outcome: booked",)


def _ideal(script: Script) -> Callable[[LlmRequest], LlmText | LlmToolCall]:
    """Does all that the caller wants, function by function, and then says what is to be heard."""
    wishes = [_call("schedule_appointment", attrs.asdict(wish)) for wish in script.booked]
    wishes += [_call("cancel_appointment", {"appointment_id": str(number)}) for number in sorted(script.cancelled)]
    words = " and ".join(pattern.split("|")[-1] for pattern in script.heard)

    def answer(request: LlmRequest) -> LlmText | LlmToolCall:
        done = sum(message.role == "tool" for message in request.messages)
        return wishes[done] if done < len(wishes) else LlmText(f"Certainly. {words}")

    return answer


def test_what_the_development_callers_want_can_be_had(tmp_path: Path) -> None:
    scripts = load_callers("dev_callers")
    assert len(scripts) >= 24
    assert len({script.opening for script in scripts}) == len(scripts)
    for script in scripts:
        bench = _bench(Scripted(_ideal(script)), tmp_path)
        (record,) = trio.run(partial(try_callers, bench, [script], spoken=False))
        assert record.success, (script.id, record.change)


def test_numbers_are_spoken_digit_by_digit() -> None:
    assert pronounced("Cancel 4826, I was born in 1985.") == "Cancel 4 8 2 6, I was born in 1985."
    assert pronounced("card 20417, 4/21/1987") == "card 2 0 4 1 7, 4 21 1987"


def test_noise_is_the_same_every_time_and_25_db_below_the_voice() -> None:
    voice = (10_000 * np.sin(np.arange(CALLER_RATE) / 5)).astype(np.int16)
    heard = noisy(voice, 1)
    assert np.array_equal(heard, noisy(voice, 1))
    quiet = heard[: CALLER_RATE // 4].astype(float)
    level = 20 * np.log10(np.sqrt(np.mean(quiet**2)) / np.sqrt(np.mean(voice.astype(float) ** 2)))
    assert abs(level + 25) < 0.5


def test_the_voices_are_those_that_training_keeps_off() -> None:
    told = (Path(__file__).parents[2] / "bench" / "accuracy" / "README.md").read_text()
    assert all(f"`{voice.name.split('+')[0]}`" in told for voice in HELD_OUT_VOICES)
    assert {voice_of(str(n)) for n in range(200)} == set(HELD_OUT_VOICES)


def test_a_line_once_heard_is_not_transcribed_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "out" / "transcripts.jsonl"
    first = Hearing(file)
    monkeypatch.setattr(Hearing, "_transcribe", _transcribe)
    assert trio.run(first.hear, "hello", HELD_OUT_VOICES[0]) == "hello!"
    monkeypatch.delattr(Hearing, "_transcribe")
    assert trio.run(Hearing(file).hear, "hello", HELD_OUT_VOICES[0]) == "hello!"


async def _transcribe(hearing: Hearing, text: str, voice: Voice, *, seed: int) -> str:
    await trio.lowlevel.checkpoint()
    return f"{text}!"


def test_scores_of_all_sets_but_the_development_set_are_noted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tool_accuracy, "LOG", tmp_path / "scorings.log")
    scenes = list(parse_scenes(CONTENT, "x", tmp_path))
    verdicts = trio.run(lambda: try_scenes(_bench(Scripted(_good), tmp_path), scenes, scenes[0].turns, spoken=False))
    for set_ in ("dev", "heldout"):
        result = tool_accuracy._report(set_, verdicts, [], {"model": "m"}, spoken=False, of=3, shown=0)
        assert (result["done"], result["of"], result["scores"]["exact"]["hits"]) == (2, 3, 2)
    (line,) = (tmp_path / "scorings.log").read_text().splitlines()
    assert json.loads(line)["set"] == "heldout"


def test_which_model_is_asked_is_told_by_its_files() -> None:
    embedded = tool_accuracy.Model(None, None, None, None, no_adapter=False).described()
    bare = tool_accuracy.Model(None, None, None, None, no_adapter=True).described()
    assert bare == {**embedded, "adapter": "none"} != embedded
    served = tool_accuracy.Model("http://x/v1", "secret", "m", None, no_adapter=False).described()
    assert served == {"model": "m", "server": "http://x/v1"}
