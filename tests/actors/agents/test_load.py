"""From modules to agents."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import trio

from actors.agents import Agent, load_agent
from actors.errors import ConfigurationError
from actors.tools import Clock, Resources, run_tool, system_clock

EXAMPLE = Path(__file__).parents[3] / "docs" / "examples" / "coffee_agent.py"


def write(tmp_path: Path, text: str) -> str:
    path = tmp_path / "my_agent.py"
    path.write_text(textwrap.dedent(text))
    return str(path)


def test_the_example_of_the_readme_takes_orders() -> None:
    agent = load_agent(str(EXAMPLE))
    assert agent.name == "coffee_agent"
    assert agent.system.startswith("You take orders at a coffee bar.")
    assert agent.greeting == "Corner Coffee, what can I get you?"
    assert [(tool.name, tool.effect) for tool in agent.tools] == [("order", "commit")]
    assert run_tool(agent.tools[0].function, drink="latte", cups="two" and 2) == {"order": 1}


def test_the_example_is_short() -> None:
    lines = [line for line in EXAMPLE.read_text().splitlines() if line.strip()]
    assert len(lines) <= 11


def test_the_hospital_is_built_in() -> None:
    agent = load_agent("hospital")
    assert agent == load_agent("actors.agents.hospital")
    assert agent.system == (
        "You are the receptionist of Green Valley Hospital. Answer in one or two short spoken sentences."
    )
    # Names, order and parameters are those of the embedded model's training.
    assert [(t.name, [f"{p.name}{'' if p.required else '?'}" for p in t.parameters]) for t in agent.tools] == [
        ("check_availability", ["doctor", "date?"]),
        ("schedule_appointment", ["patient", "doctor", "date", "time"]),
        ("cancel_appointment", ["appointment_id"]),
        ("get_doctor_info", ["doctor"]),
        ("get_patient_info", ["name", "date_of_birth"]),
    ]
    assert [t.effect for t in agent.tools] == ["read", "commit", "commit", "read", "read"]
    assert "Doctor Chen" in agent.hints
    assert len(agent.idle_prompts) == 2


def test_optional_words(tmp_path: Path) -> None:
    agent = load_agent(write(tmp_path, '''"""Be kind."""\nFILLERS = ["Hm."]\nGOODBYE = "Bye."\nHINTS = ("Ann",)\n'''))
    assert (agent.fillers, agent.goodbye, agent.hints, agent.tools) == (("Hm.",), "Bye.", ("Ann",), ())


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("X = 1\n", "needs a module docstring"),
        (
            '"""Be kind."""\ndef order(x: str) -> None:\n    """Order."""\n',
            r"order\(\) has no effect class: declare it with",
        ),
        ('"""Be kind."""\nGREETING = 3\n', "GREETING .* must be a string"),
        ('"""Be kind."""\nHINTS = "Ann"\n', "HINTS .* must be a tuple of strings"),
        ('"""Be kind."""\nTOOLS = (print,)\n', "TOOLS .* must list functions"),
        ('"""Be kind."""\nimport nowhere_to_be_found\n', "cannot be loaded"),
        ("def (:\n", "cannot be loaded"),
    ],
)
def test_wrong_modules_are_explained(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        load_agent(write(tmp_path, text))


def test_private_and_imported_functions_are_not_tools(tmp_path: Path) -> None:
    text = '"""Be kind."""\nfrom textwrap import dedent\ndef _help(x: str) -> str:\n    return dedent(x)\n'
    assert load_agent(write(tmp_path, text)).tools == ()


@pytest.mark.parametrize("where", ["nobody", "no.such.module", "missing.py", "", "..", "a b"])
def test_agents_that_are_not_there(where: str) -> None:
    with pytest.raises(ConfigurationError, match="no agent"):
        load_agent(where)


def test_an_agent_without_resources_opens_to_nothing() -> None:
    async def main() -> None:
        agent = Agent("a", "b")
        async with agent.open() as resources:
            assert resources.values == ()
            assert agent.toolbox(resources, call_id="c").specs() == ()

    trio.run(main)


def test_the_clock_goes_by_the_setting_or_by_the_agents_own_zone(tmp_path: Path) -> None:
    agent = load_agent(write(tmp_path, '"""Be kind."""\nTIMEZONE = "Asia/Tokyo"\n'))
    assert agent.clock()().utcoffset() == timedelta(hours=9)
    assert agent.clock("Asia/Kolkata")().utcoffset() == timedelta(hours=5, minutes=30)
    assert Agent("a", "b").clock()().utcoffset() == timedelta(0)
    for unknown in ("Moon/Sea", "../x", "America"):
        with pytest.raises(ConfigurationError, match="is not a time zone"):
            agent.clock(unknown)


def test_resources_and_tools_have_the_agents_clock_unless_told_otherwise() -> None:
    clocks: list[Clock] = []

    @contextmanager
    def open_resources(database: str, now: Clock) -> Iterator[Resources]:
        clocks.append(now)
        yield Resources()

    async def main() -> None:
        agent = Agent("a", "b", open_resources=open_resources, timezone="Asia/Tokyo")
        async with agent.open(database="db"), agent.open(database="db", now=system_clock):
            pass
        assert [now().utcoffset() for now in clocks] == [timedelta(hours=9), timedelta(0)]

    trio.run(main)


def test_resources_may_be_opened_asynchronously() -> None:
    events: list[Any] = []

    @asynccontextmanager
    async def open_resources(database: str, now: Clock) -> Any:
        events.append(database)
        yield Resources(values=("x",))
        events.append("closed")

    async def main() -> None:
        async with Agent("a", "b", open_resources=open_resources).open(database="db", now=system_clock) as resources:
            assert resources.values == ("x",)

    trio.run(main)
    assert events == ["db", "closed"]


def test_resources_opened_in_a_thread_are_closed_even_when_cancelled() -> None:
    events: list[str] = []

    class Manager:
        def __enter__(self) -> Resources:
            events.append("open")
            return Resources()

        def __exit__(self, *exc_info: object) -> None:
            events.append("closed")

    async def main() -> None:
        agent = Agent("a", "b", open_resources=lambda database, now: Manager())  # type: ignore[arg-type,return-value]
        with trio.move_on_after(0.01):
            async with agent.open():
                await trio.sleep_forever()

    trio.run(main)
    assert events == ["open", "closed"]


@pytest.fixture(autouse=True)
def _no_leftovers() -> Iterator[None]:
    import sys

    before = set(sys.modules)
    yield
    assert not {name for name in set(sys.modules) - before if name in ("my_agent", "coffee_agent")}
