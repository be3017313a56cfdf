from __future__ import annotations

import re
from pathlib import Path

from statechart import TABLE, Settings, State, Timer, mermaid

DOC = Path(__file__).parents[2] / "docs" / "statechart.md"


def test_the_drawing_has_every_edge_between_two_states():
    drawn = set(re.findall(r"^    ([A-Z]+) --> ([A-Z]+) : ", mermaid(), re.MULTILINE))
    declared = {(state.name, target.name) for (state, _), rule in TABLE.items() for target in rule.targets}
    assert drawn == {(state, target) for state, target in declared if state != target}


def test_events_stand_on_the_arrows_as_words():
    assert "    SPEAKING --> INTERRUPTED : voice started / voice suspected\n" in mermaid()


def test_the_guide_shows_exactly_this_drawing():
    assert f"```mermaid\n{mermaid()}```\n" in DOC.read_text()


def test_the_examples_of_the_guide_run():
    examples = re.findall(r"```python\n(.*?)```", DOC.read_text(), re.DOTALL)
    assert len(examples) == 3
    names: dict[str, object] = {"__name__": "guide"}
    for example in examples:
        exec(compile(example, str(DOC), "exec"), names)
    assert names["step"].snapshot.state is State.PROCESSING
    names["test_my_settings_keep_every_promise"]()
    names["TestQuietAgent"]("runTest").runTest()


def test_the_timers_of_the_guide_have_their_defaults():
    settings, text = Settings(), DOC.read_text()
    for name in re.findall(r"`(\w+_ms)` (?=\d)", text):
        assert f"`{name}` {getattr(settings, name)}" in text
    assert f"`idle_prompts` {settings.idle_prompts} times" in text
    assert f"`overlap.decide_ms` {settings.overlap.decide_ms} " in text
    for timer in Timer:
        assert f"| {timer.name} |" in text
