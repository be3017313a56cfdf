"""What the caller of a simulated call does: the acts of its script, each at its moment."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import trio

from actors.testing._caller import Caller
from actors.testing._office import Office
from actors.testing._script import Act, When
from actors.testing._trace import Drained, Entry, Faulted, Opened, Spoke, Typed

__all__ = ["Actor"]

_ENDING_S = 0.095  # while there is more to send, a lead of 200 ms less a frame of 100 never goes below this
_JUST_BEFORE_S = 0.002


class Actor:
    """``drain()`` makes the server stop; ``note`` is told of all that the caller does."""

    def __init__(
        self, caller: Caller, office: Office, drain: Callable[[], None], note: Callable[[Entry], None]
    ) -> None:
        self._caller, self._office, self._drain, self._note = caller, office, drain, note

    async def play(self, acts: Sequence[Act]) -> None:
        """Do these one after the other; then wait for a quiet moment, and hang up."""
        for act in acts:
            await self.do(act)
        await self._wait_for_quiet()
        self._caller.hang_up()

    async def _wait_for_quiet(self) -> None:
        """Half a second in which nobody has anything to say; a caller does not wait for that for ever."""
        with trio.move_on_after(20):
            quiet = False
            while not quiet:
                await self._caller.wait_for("idle")
                quiet = True
                with trio.move_on_after(0.5):
                    await self._caller.wait_for("listening", "processing", "speaking", "interrupted")
                    quiet = False

    async def do(self, act: Act) -> None:
        """Wait for the act's moment, and do it."""
        await self.wait(act.when, act.after_ms, act.patience_ms)
        caller, talk = self._caller, act.talk
        match act.do:
            case "say":
                self._note(Opened(talk))
                if talk.text:
                    await caller.say(talk.text, ms=talk.ms or None)
                else:
                    await caller.make_noise(talk.ms)
                self._note(Spoke(talk))
            case "type":
                self._note(Typed(talk.text))
                caller.type_text(talk.text)
            case "lose":
                self._note(Faulted("line", "disconnect"))
                caller.lose_line()
                if act.ms:
                    await trio.sleep(act.ms / 1000)
                    caller.regain_line()
            case "stall":
                self._note(Faulted("network", "stall"))
                caller.stall(act.ms / 1000)
            case "drain":
                self._note(Drained())
                self._drain()
            case "report":
                self._note(Faulted("client", "garbage"))
                caller.report(act.ms - 3, act.ms * 100_000)
            case "hang up":
                caller.hang_up()
            case "wait":
                pass

    async def wait(self, when: When, after_ms: int, patience_ms: int) -> None:
        """Until ``when``, at most ``patience_ms``, and ``after_ms`` more."""
        with trio.move_on_after(patience_ms / 1000):
            await self._wait_until(when)
        await trio.sleep(after_ms / 1000)

    async def _wait_until(self, when: When) -> None:
        match when:
            case "":
                pass
            case "commit" | "read":
                await self._office.started[when].wait()
            case "ending":
                await self._caller.wait_for("speaking")
                while not 0 < self._caller.left_s() < _ENDING_S:  # noqa: ASYNC110 - it is a clock, too
                    await trio.sleep(0.02)
            case "drying":
                await self._wait_until("ending")
                await trio.sleep(max(0.0, self._caller.left_s() - _JUST_BEFORE_S))
            case "ended":
                await self._caller.wait_until_answered()
            case _:
                await self._caller.wait_for(when)
