"""A weather station: a thermometer that fails now and then, and a logbook that does not notice.

Run it: ``python docs/examples/runtime.py``. See :mod:`actors.runtime`.
"""

import trio

from actors.runtime import ChildSpec, Mailbox, Policy, Supervisor, SupervisorStatistics

READINGS = [18.5, 18.9, None, 19.4, None, 20.1]  # degrees Celsius; None: a loose wire


async def thermometer(wire, readings, *, task_status):
    task_status.started()
    for reading in wire:  # the wire outlives the run: after a restart it goes on with the next reading
        await trio.sleep(0.1)
        if reading is None:
            raise OSError("loose wire")
        await readings.put(reading)


async def logbook(readings, pages, *, task_status):
    task_status.started()
    async for reading in readings:
        pages.append(reading)


async def main() -> tuple[list[float], SupervisorStatistics]:
    pages: list[float] = []
    with Mailbox[float](capacity=10) as readings:
        children = [
            ChildSpec("logbook", logbook, (readings, pages)),
            ChildSpec("thermometer", thermometer, (iter(READINGS), readings), restart="transient", significant=True),
        ]
        async with Supervisor(Policy("one_for_one", intensity=3, period=5.0), children) as station:
            await trio.sleep_forever()  # until the significant child has ended
    return pages, station.statistics()


if __name__ == "__main__":
    pages, statistics = trio.run(main)
    print(pages)
    print(statistics.restarts, "restarts; the last was for", statistics.children["thermometer"].last_error)
