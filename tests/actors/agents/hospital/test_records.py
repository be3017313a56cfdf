"""The records under contention and failure: one slot, one patient; one key, one outcome. On every database."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
import trio

from actors.agents.hospital import TIMEZONE, TOOLS, open_resources
from actors.agents.hospital import _tables as t
from actors.agents.hospital._records import GivenUp, Records, SlotTaken
from actors.errors import ConfigurationError
from actors.ports import LlmToolCall
from actors.tools import Resources, Toolbox, find_tool

Desk = Any  # the fixture's class lives in conftest
START = datetime(2026, 11, 24, 15)
SLOT = datetime(2026, 11, 24, 16, 30)
SUNDAY = datetime(2026, 11, 22, 10, tzinfo=ZoneInfo(TIMEZONE))


def book(records: Records, key: str, *, patient: str = "Ann Lee", call: str = "", start: datetime = START) -> Any:
    return records.book(
        patient, None, records.doctors[0], start, lambda number: {"id": str(number)}, key=key, call_id=call or key
    )


def rows(desk: Desk, table: sa.Table) -> list[Any]:
    with desk.records._engine.connect() as db:
        return list(db.execute(sa.select(table)).all())


def all_at_once(count: int, work: Callable[[int], Any]) -> Counter[str]:
    """Run ``work`` in ``count`` threads that start together; count what each returned or raised."""
    barrier = threading.Barrier(count)

    def one(index: int) -> str:
        barrier.wait(30)
        try:
            return str(work(index))
        except (SlotTaken, GivenUp) as error:
            return type(error).__name__

    with ThreadPoolExecutor(count) as pool:
        return Counter(pool.map(one, range(count)))


def test_fifty_after_one_slot(any_desk: Desk) -> None:
    """Fifty threads, each with its own call, want the same slot: one row, one booking, 49 refusals."""
    any_desk.records.doctors  # noqa: B018
    before = len(rows(any_desk, t.appointments))
    outcomes = all_at_once(50, lambda i: "booked" if book(any_desk.records, f"call{i}:1", patient=f"P {i}") else "")
    assert outcomes == {"booked": 1, "SlotTaken": 49}
    held = [row for row in rows(any_desk, t.appointments) if row.doctor_id == 1 and row.held == START]
    assert len(held) == 1
    assert len(rows(any_desk, t.appointments)) == before + 1
    assert len([p for p in rows(any_desk, t.patients) if p.name.startswith("P ")]) == 1


def test_many_with_one_key(any_desk: Desk) -> None:
    """The same commit run many times at once, as after a retry storm, happens once and says the same to all."""
    any_desk.records.doctors  # noqa: B018
    before = len(rows(any_desk, t.appointments))
    outcomes = all_at_once(16, lambda _: book(any_desk.records, "c1:1")["id"])
    assert len(outcomes) == 1
    assert len(rows(any_desk, t.appointments)) == before + 1


def test_asking_races_with_doing(any_desk: Desk) -> None:
    """Whatever the order, what was told about a key is what happened."""
    any_desk.records.doctors  # noqa: B018
    for index in range(10):
        key, start = f"c1:{index}", datetime(2026, 12, 14, 9 + index)
        told: list[Any] = [None, None]

        def work(i: int, key: str = key, start: datetime = start, told: list[Any] = told) -> Any:
            told[i] = book(any_desk.records, key, start=start) if i else any_desk.records.outcome(key, "x")
            return "done"

        outcomes = all_at_once(2, work)
        happened = [row for row in rows(any_desk, t.appointments) if row.held == start and row.doctor_id == 1]
        assert bool(happened) == (told[0] is not None) == (outcomes["GivenUp"] == 0)


def test_the_database_itself_refuses_a_double_booking(any_desk: Desk) -> None:
    book(any_desk.records, "k1")
    row = {"id": 77777, "doctor_id": 1, "patient_id": 1, "starts_at": START, "held": START}
    with pytest.raises(sa.exc.IntegrityError), any_desk.records._engine.begin() as db:
        db.execute(sa.insert(t.appointments).values(**row))


def test_an_outcome_is_found_by_its_key(any_desk: Desk) -> None:
    booked = book(any_desk.records, "c1:1")
    assert any_desk.records.outcome("c1:1", "schedule_appointment") == booked
    assert book(any_desk.records, "c1:1") == booked


def test_what_was_asked_for_in_vain_never_happens(any_desk: Desk) -> None:
    """After a time-out the call asks by key and is told "no": the straggler that comes later must not book."""
    assert any_desk.records.outcome("c1:1", "schedule_appointment") is None
    with pytest.raises(GivenUp):
        book(any_desk.records, "c1:1")
    assert any_desk.records.outcome("c1:1", "schedule_appointment") is None
    assert book(any_desk.records, "c1:2")


def test_the_same_wish_again_in_a_call_is_the_same_booking(any_desk: Desk) -> None:
    first = book(any_desk.records, "c1:1", call="c1")
    assert book(any_desk.records, "c1:2", call="c1", patient="ann lee") == first
    with pytest.raises(SlotTaken):
        book(any_desk.records, "c1:3", call="c1", patient="Somebody Else")
    with pytest.raises(SlotTaken):
        book(any_desk.records, "c2:1", call="c2")


def test_cancelled_slots_are_free_again(any_desk: Desk) -> None:
    first = book(any_desk.records, "c1:1", call="c1")
    any_desk.records.cancel(int(first["id"]), {"status": "cancelled"}, key="c1:2")
    second = book(any_desk.records, "c1:3", call="c1")
    assert second["id"] != first["id"]
    any_desk.records.cancel(int(first["id"]), {"status": "cancelled"}, key="c1:4")
    assert any_desk.records.appointment(int(second["id"])).cancelled is False


def test_booking_by_the_exact_name_finds_the_record(any_desk: Desk) -> None:
    before = len(rows(any_desk, t.patients))
    book(any_desk.records, "k", patient="mary smith")
    assert len(rows(any_desk, t.patients)) == before
    book(any_desk.records, "k2", patient="Mary Smithers", start=datetime(2026, 11, 24, 16))
    assert len(rows(any_desk, t.patients)) == before + 1


def test_opening_again_keeps_what_is_there(any_url: str) -> None:
    with open_resources(any_url, lambda: SUNDAY) as resources:
        booked = book(the_records(resources), "k1")
    with open_resources(any_url, lambda: SUNDAY) as resources:
        assert the_records(resources).outcome("k1", "x") == booked


def the_records(resources: Resources) -> Records:
    (records,) = resources.values
    assert isinstance(records, Records)
    return records


def test_several_processes_may_open_at_once(any_url: str) -> None:
    def open_one(_: int) -> int:
        with open_resources(any_url, lambda: SUNDAY) as resources:
            return len(the_records(resources).doctors)

    assert all_at_once(4, open_one) == {"8": 4}


def test_the_seed_is_the_same_for_the_same_day(desk: Desk, tmp_path: Any) -> None:
    with open_resources(f"sqlite:///{tmp_path}/other.db", lambda: SUNDAY) as resources:
        other = the_records(resources)
        for doctor in desk.records.doctors:
            now = SUNDAY.replace(tzinfo=None)
            assert desk.records.diary(doctor, now, date(2026, 12, 31)) == other.diary(doctor, now, date(2026, 12, 31))


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("sqlite://", "must be a file"),
        ("sqlite:///:memory:", "must be a file"),
        ("nonsense", "not a database URL"),
        ("nosuch://host/x", "not a database URL"),
        ("sqlite:////no/such/folder/x.db", "cannot be opened: unable to open database file"),
        (
            "postgresql+psycopg://me:secret@127.0.0.1:1/x",
            r"postgresql\+psycopg://me:\*\*\*@127.0.0.1:1/x cannot be opened",
        ),
    ],
)
def test_databases_that_cannot_be_opened(url: str, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message), open_resources(url, lambda: SUNDAY):
        pass


def test_fifty_calls_after_one_slot(any_desk: Desk) -> None:
    """The same by the function that the model calls, in fifty calls at once: one is booked, 49 are told no."""
    desks = [any_desk.another_call(f"call{i}") for i in range(50)]
    results: list[Any] = []

    async def one(index: int) -> None:
        tools = filter(None, map(find_tool, TOOLS))
        toolbox = Toolbox(tools, desks[index].resources, call_id=desks[index].call_id, now=lambda: SUNDAY, session={})
        wish = {"patient": f"Caller {index}", "doctor": "Chen", "date": "next tuesday", "time": "half past four"}
        call = LlmToolCall(id="1", name="schedule_appointment", arguments=json.dumps(wish))
        results.append(await toolbox.run(toolbox.parse(call), key=f"call{index}:1"))

    async def main() -> None:
        async with trio.open_nursery() as nursery:
            for index in range(50):
                nursery.start_soon(one, index)

    trio.run(main)
    errors = Counter(result.get("error", "booked") for result in results)
    assert errors == {"booked": 1, "4:30 p.m. is taken": 49}
    assert len([row for row in rows(any_desk, t.appointments) if row.doctor_id == 1 and row.held == SLOT]) == 1
