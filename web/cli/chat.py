"""``bargein chat``: the agent without sound."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from web.cli._options import AGENT, JOURNAL, OF_A_CALL, config_file_option, load, setting_options

__all__ = ["command"]


@click.command(
    "chat",
    short_help="Talk to the agent by typing.",
    epilog="\b\nExamples:\n"
    "  bargein chat\n"
    "  bargein chat --agent docs/examples/coffee_agent.py\n"
    "  printf 'Can I see Doctor Chen tomorrow?\\nThe first one, please.\\n' | bargein chat\n"
    "  OPENAI_API_KEY=... bargein chat --llm-model gpt-4.1-mini",
)
@setting_options(*AGENT, "llm", "llm_model", "llm_adapter", "llm_base_url", *JOURNAL, "log_level", groups=OF_A_CALL)
@config_file_option
def command(config_file: Path | None, **flags: Any) -> int:
    """Talk to the agent by typing.

    The same agent and the same call as by voice, only without sound: to try an agent's wording and its functions.
    /quit, Ctrl-D or the end of the input ends the call; what is piped in is said line by line, each after the answer
    to the one before.

    Further flags, for every other setting of agent, engines and turns: docs/configuration.md.
    """
    from web.cli._chatting import chat

    return chat(load(flags, config_file))
