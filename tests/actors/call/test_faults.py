"""An exception in any actor: it is restarted and the call goes on; if it keeps failing, the call ends and says so."""

from __future__ import annotations

import pytest
import trio

from actors.call._asker import Asker
from actors.call._ear import Ear
from actors.call._playout import Playout
from actors.line import CallEnded, ErrorNotice
from actors.testing import Caller, Stage, make_setup, run_virtual


def fail_once(monkeypatch, owner, name):
    real = getattr(owner, name)
    failures = []

    def broken(self, *args, **kwargs):
        if not failures:
            failures.append(name)
            raise RuntimeError("a bug")
        return real(self, *args, **kwargs)

    monkeypatch.setattr(owner, name, broken)
    return failures


@pytest.mark.parametrize(
    ("owner", "name"),
    [
        (Ear, "hear"),
        (Ear, "watch"),
        (Asker, "transcribe"),
        (Playout, "run"),
        (Playout, "_advance"),
        (Playout, "report"),
    ],
)
def test_actor_that_fails_once_is_restarted(play, monkeypatch, owner, name):
    failures = fail_once(monkeypatch, owner, name)

    async def part(c):
        await c.say("I would like to see a doctor, please.")
        await c.wait_for_answer()

    stage = play(part)
    assert failures == [name]
    assert stage.said(1).endswith("Which one is it?")
    assert stage.reason == "caller"


def test_conductor_that_fails_once_keeps_its_state(play, monkeypatch):
    from actors.call import _call

    real = _call.transition
    calls = []

    def broken(snapshot, event):
        calls.append(event)
        if len(calls) == 8:
            raise RuntimeError("a bug")
        return real(snapshot, event)

    monkeypatch.setattr(_call, "transition", broken)

    async def part(c):
        await c.say("I would like to see a doctor, please.")
        await c.wait_for("speaking")
        await c.wait_for("idle")

    assert play(part).reason == "caller"


def test_actor_that_keeps_failing_ends_the_call_and_says_so(monkeypatch):
    def broken(self, pcm):
        raise RuntimeError("a bug")

    monkeypatch.setattr(Ear, "hear", broken)

    async def main():
        caller = Caller()
        stage = Stage(make_setup(caller, lambda request: ["Hello there, caller."]), caller)
        await stage.play(lambda c: c.ended.wait())
        return stage

    stage = run_virtual(main)
    assert stage.reason == "internal"
    assert [m.code for m in stage.caller.messages(ErrorNotice)] == ["internal"]
    assert len(stage.caller.messages(CallEnded)) == 1


def test_cancelled_call_ends_at_once_and_leaves_nothing():
    async def main():
        caller = Caller()
        stage = Stage(make_setup(caller, lambda request: ["Hello there, caller."]), caller)
        with trio.move_on_after(1.0):
            await stage.play(lambda c: c.ended.wait())
        return trio.current_time()

    assert run_virtual(main) < 1.5
