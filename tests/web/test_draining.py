"""How many calls there may be, and how they end when the server stops."""

from __future__ import annotations

import pytest
import trio
import trio.testing

from actors.line import (
    CallEnded,
    ErrorNotice,
    HangUp,
    TypedText,
)
from web.limits import Limits
from web.server import Readiness
from web.wire import Ready

FRAME = b"\1\0" * 320


def test_one_call_too_many_is_refused_with_1013(open_server, virtual, recorder):
    async def main():
        async with open_server(recorder, limits=Limits(max_calls=1)) as server:
            client = await server.call()
            ready = await client.next()
            second = await server.call()
            messages = await second.rest()
            assert [message.code for message in messages] == ["busy"]
            assert second.code == 1013
            assert server.sample("calls_refused_total", reason="busy") == 1
            await client.vanish()
            again = await server.call_again(ready)
            assert await again.next() == ready

    virtual(main)


def test_a_call_before_the_server_is_ready_is_refused_with_1013(open_server, virtual, recorder):
    async def main():
        async with open_server(recorder, ready=lambda: Readiness(False)) as server:
            client = await server.call()
            assert (await client.rest())[0].code == "not_ready"
            assert client.code == 1013

    virtual(main)


def test_a_call_while_a_part_has_trouble_is_taken(open_server, virtual, recorder):
    async def main():
        readiness = Readiness(True, troubles={"llm": "the model is being restarted"})
        async with open_server(recorder, ready=lambda: readiness) as server:
            client = await server.call()
            assert isinstance(await client.next(), Ready)

    virtual(main)


def test_a_call_that_ignores_its_callers_end_is_cancelled(open_server, virtual):
    async def deaf(line, info):
        await trio.sleep_forever()

    async def main():
        async with open_server(deaf) as server:
            client = await server.call()
            await client.say(HangUp())
            await client.rest()
            assert client.code == 1001
            assert len(server.switchboard) == 0
            assert server.sample("errors_total", code="overdue") == 1

    virtual(main)


def test_draining_lets_calls_finish_and_then_closes_1012(open_server, virtual, recorder):
    async def polite(line, info):
        if not recorder.calls:
            await recorder(line, info)
            return
        await info.draining.wait()
        await trio.sleep(3)
        line.send(CallEnded("drain"))

    async def main():
        async with open_server(polite) as server:
            stubborn = await server.call()
            await stubborn.next()
            good = await server.call()
            await good.next()
            started = trio.current_time()
            server.nursery.start_soon(server.switchboard.drain)
            messages = await good.rest()
            assert [type(message) for message in messages] == [ErrorNotice, CallEnded]
            assert good.code == 1000
            late = await server.call()
            await late.rest()
            assert late.code == 1012
            await stubborn.rest()
            assert stubborn.code == 1012
            assert trio.current_time() - started == pytest.approx(20, abs=0.1)
            assert recorder.got == [HangUp("drain")]
            await trio.testing.wait_all_tasks_blocked()
            assert len(server.switchboard) == 0

    virtual(main)


def test_two_hundred_calls_leave_no_task_and_no_line(open_server, virtual, recorder):
    def tasks() -> int:
        return trio.lowlevel.current_statistics().tasks_living

    async def main():
        async with open_server(recorder) as server:
            before = tasks()
            for number in range(200):
                client = await server.call()
                await client.say(FRAME)
                if number % 4 == 0:
                    await client.vanish()
                elif number % 4 == 1:
                    await client.say(TypedText("bye"))
                    await client.rest()
                elif number % 4 == 2:
                    await client.ws.aclose()
                else:
                    await client.say("{")
                    await client.say(b"")
                    await client.say(b"\0")
                    await client.ws.aclose(1001)
                await trio.sleep(1)
            await trio.sleep(60)
            assert tasks() == before
            assert len(server.switchboard) == 0
            assert server.sample("calls_total") == 200
            assert server.sample("calls_active") == server.sample("connections_active") == 0

    virtual(main)
