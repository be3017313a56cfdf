"""The evaluation's conversations are what their README says."""

import re
import tomllib
from datetime import datetime
from pathlib import Path

import pytest

from actors.agents import load_agent
from bench._scenes import FOLDER, Call, Scene, load_set, parse_call, parse_scenes


def _scenes(text: str) -> list[Scene]:
    content = {"now": "2027-03-09T09:40", "scenes": [{"category": "x", "text": text}]}
    return list(parse_scenes(content, "file", Path()))


@pytest.mark.parametrize(("name", "least"), [("heldout", 400), ("dev", 120), ("dev3", 260), ("foreign", 80)])
def test_each_set_is_as_large_as_promised_and_says_nothing_twice(name: str, least: int) -> None:
    scenes = load_set(name)
    turns = [turn for scene in scenes for turn in scene.turns]
    assert len(turns) >= least
    assert len({turn.id for turn in turns}) == len(turns)
    firsts = [scene.turns[0].caller for scene in scenes if scene.opening is None]
    assert len(set(firsts)) == len(firsts)
    assert all(scene.now.year >= 2026 for scene in scenes)


def _lines(name: str) -> set[str]:
    return {turn.caller.casefold() for scene in load_set(name) for turn in scene.turns}


@pytest.mark.parametrize(("one", "other"), [("heldout", "dev"), ("heldout", "dev3"), ("dev", "dev3")])
def test_sets_do_not_overlap(one: str, other: str) -> None:
    common = len(_lines(one) & _lines(other))
    assert common <= 3  # "Thursday." and the like


@pytest.mark.parametrize("name", ["heldout", "dev", "dev3", "foreign"])
def test_every_wanted_call_is_one_that_the_agent_can_make(name: str) -> None:
    for scene in load_set(name):
        tools = {tool.name: tool for tool in load_agent(scene.agent).tools}
        for turn in scene.turns:
            for call in (call for calls in turn.accepted for call in calls):
                parameters = {parameter.name: parameter for parameter in tools[call.name].parameters}
                assert set(call.arguments) <= set(parameters), (turn.id, call)
                assert all(n in call.arguments for n, p in parameters.items() if p.required), (turn.id, call)
            for pattern in (*turn.has, *turn.lacks):
                re.compile(pattern)


def test_scene_is_read_in_all_its_parts() -> None:
    (scene,) = _scenes(
        "agent: Hello —\ncaller: a\nfiller: Okay.\ncall: f(x='1')\nor: nothing\nor: g()\nagent: b\n"
        "caller: c\nhas: d\nnot: e"
    )
    assert scene.opening == "Hello —"
    first, second = scene.turns
    assert first.accepted == ((Call("f", {"x": "1"}),), (), (Call("g"),))
    assert (first.filler, first.agent) == ("Okay.", "b")
    assert (second.accepted, second.has, second.lacks) == (((),), ("d",), ("e",))
    assert scene.now == datetime(2027, 3, 9, 9, 40)


@pytest.mark.parametrize("text", ["caller: a\nwhat: b", "agent: a", "caller: a\ncaller: b", "caller: a\ncall: f(1)"])
def test_a_scene_that_is_not_in_the_format_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"^file-001|^not a call"):
        _scenes(text)


@pytest.mark.parametrize("text", ["f", "f(1)", "f(a=b)", "f(", "x.f(a=1)"])
def test_what_is_no_call_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a call"):
        parse_call(text)


def test_callers_name_doctors_days_and_numbers_that_there_are() -> None:
    callers = tomllib.loads((FOLDER / "callers" / "callers.toml").read_text())["callers"]
    assert len(callers) >= 40
    assert len({caller["opening"] for caller in callers}) == len(callers)
    assert all(4821 <= number <= 5002 for caller in callers for number in caller.get("cancelled", ()))
