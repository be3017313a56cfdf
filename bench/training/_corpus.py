"""The training's dialogues, in order, without end: a pure function of the seed (and of the repository's own tools)."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from actors.agents import load_agent
from actors.tools import Resources, ToolArgumentError, run_tool
from bench.training._calls import converse
from bench.training._cases import case_domain
from bench.training._grammar import Draw
from bench.training._heard import Ear
from bench.training._hospital import hospital_specs, open_hospital
from bench.training._jobs import Domain, read_domain, read_domains
from bench.training._made_up import made_up_domain
from bench.training._reception import receive
from bench.training._shape import shape_hospital
from bench.training._talk import Dialogue

__all__ = ["corpus", "own_domain"]

_CALLS_A_HOSPITAL: Final = 12
#: of dialogues; of the text the hospital's are more, since they are longer
_HOSPITAL_SHARE, _MADE_UP_SHARE, _CASES_SHARE = 0.46, 0.11, 0.13


def corpus(seed: int, own: Domain | None = None) -> Iterator[Dialogue]:
    """Dialogues: the hospital's and other domains' mixed; with ``own`` three in five are of that domain instead of the
    hospital."""
    draw = Draw(seed)
    domains = read_domains()
    specs = hospital_specs()
    while True:
        ear = Ear(draw)
        if own is not None:
            yield converse(draw, own, ear) if draw.chance(0.6) else _one(draw, domains, ear)
            continue
        with open_hospital(draw) as hospital:
            made = 0
            while made < _CALLS_A_HOSPITAL:
                if draw.chance(_HOSPITAL_SHARE):
                    yield receive(draw, hospital, shape_hospital(draw, specs), ear)
                    made += 1
                elif draw.chance((_MADE_UP_SHARE + _CASES_SHARE) / (1 - _HOSPITAL_SHARE)):
                    made_up = draw.chance(_MADE_UP_SHARE / (_MADE_UP_SHARE + _CASES_SHARE))
                    job = made_up_domain(draw) if made_up else case_domain(draw)
                    yield converse(draw, job, ear, domains)
                else:
                    yield _one(draw, domains, ear)


def _one(draw: Draw, domains: Sequence[Domain], ear: Ear) -> Dialogue:
    domain = draw.one(domains)
    return converse(draw, domain, ear, [other for other in domains if other is not domain])


def own_domain(grammar: Path) -> Domain:
    """A user's own agent: the file has the form of a domain in ``domains/*.toml``, and ``agent = "my_agent.py"``, whose
    functions are really called (beside the file, or a built-in agent's name)."""
    table = tomllib.loads(grammar.read_text(encoding="utf-8"))
    where = table["agent"]
    agent = load_agent(str(grammar.parent / where) if where.endswith(".py") else where)
    by_name = {tool.name: tool for tool in agent.tools}
    domain = read_domain({"role": [agent.system], "place": [agent.name], **table})
    unknown = {action.tools[0] for action in domain.actions} - set(by_name)
    if unknown:
        raise ValueError(f"{grammar}: the agent has no function {min(unknown)}")
    return Domain(
        domain.places,
        domain.roles,
        domain.kinds,
        domain.asks,
        domain.actions,
        run=_runner({name: tool.function for name, tool in by_name.items()}),
        greeting=agent.greeting,
    )


def _runner(functions: Mapping[str, Callable[..., Any]]) -> Callable[[str, Mapping[str, str]], Any]:
    def run(name: str, arguments: Mapping[str, str]) -> Any:
        try:
            given: dict[str, Any] = dict(arguments)
            return run_tool(functions[name], resources=Resources(limiter=None), **given)
        except ToolArgumentError as error:
            return {"error": str(error)}

    return run
