"""How a tool can fail, from the caller's point of view: told to the model, or not known."""

from __future__ import annotations

from typing import Any

from actors.errors import BargeinError

__all__ = ["ToolArgumentError", "ToolError", "ToolOutcomeUnknown", "ToolTimeout"]


class ToolError(BargeinError):
    """A tool says no. The message is meant for the model, which passes it on: short, plain, no inner details.

    ``details`` are further keys of the result, in front of "error": what the caller can have instead.
    """

    def __init__(self, message: str, **details: Any) -> None:
        super().__init__(message)
        self.details = details

    def result(self) -> dict[str, Any]:
        """What the model gets: the details, then the message as "error"."""
        return {**self.details, "error": str(self)}


class ToolArgumentError(BargeinError):
    """The model called a tool wrongly (unknown name, bad JSON, wrong arguments). The message is meant for the model."""


class ToolOutcomeUnknown(BargeinError):
    """Nobody can say whether the tool did its work. A commit is then never reported as an error to retry."""


class ToolTimeout(ToolOutcomeUnknown):
    """The tool did not answer in time. A commit may still have happened, or happen later: ask ``Toolbox.resolve``."""
