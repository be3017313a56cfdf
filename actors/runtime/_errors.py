"""What the runtime raises. It has its own root, because it is used without the rest of the project, too."""

from __future__ import annotations

import trio

__all__ = [
    "ChildStartFailed",
    "MailboxClosed",
    "MailboxFull",
    "SupervisionError",
    "SupervisorEscalated",
    "SupervisorStopped",
]


class SupervisionError(Exception):
    """Root of what a supervisor raises. A wrong argument is a ``ValueError``, an unknown child a ``KeyError``."""


class ChildStartFailed(SupervisionError):
    """Child ``child`` ended, or took too long, before it was ready; ``__cause__`` says why."""

    def __init__(self, supervisor: str, child: str) -> None:
        super().__init__(f"supervisor {supervisor!r}: child {child!r} did not start")
        self.supervisor = supervisor
        self.child = child


class SupervisorEscalated(SupervisionError):
    """The supervisor gave up: ``reason`` says why, ``__cause__`` is the error of ``child`` (None if it had none)."""

    def __init__(self, supervisor: str, child: str, reason: str) -> None:
        super().__init__(f"supervisor {supervisor!r}: {reason}")
        self.supervisor = supervisor
        self.child = child
        self.reason = reason


class SupervisorStopped(SupervisionError):
    """The supervisor is stopping, has stopped or has not been entered: it takes no child."""


class MailboxFull(trio.WouldBlock):
    """There is no room, and the mailbox's rule (or the ``_nowait`` in the name) forbids waiting for it."""


class MailboxClosed(Exception):
    """Nothing can be put into a closed mailbox, and nothing is left to get out of it."""
