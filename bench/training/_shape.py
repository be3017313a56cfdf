"""The same functions under other names, in another order, or fewer of them: what counts is the prompt. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import attrs

from actors.ports import ToolSpec
from bench.training._grammar import Draw

__all__ = ["Shape", "shape_hospital"]

_FUNCTIONS: Final[Mapping[str, Sequence[str]]] = {
    "check_availability": ("find_free_slots", "get_openings", "search_times", "availability", "list_free_times"),
    "schedule_appointment": ("book_appointment", "create_booking", "make_appointment", "reserve_slot", "add_visit"),
    "cancel_appointment": ("delete_booking", "cancel_booking", "remove_appointment", "drop_visit"),
    "get_doctor_info": ("doctor_details", "lookup_doctor", "describe_physician", "staff_info"),
    "get_patient_info": ("find_patient", "lookup_record", "patient_record", "get_file"),
}
_PARAMETERS: Final[Mapping[str, Sequence[str]]] = {
    "doctor": ("physician", "doctor_name", "provider", "with_whom", "clinician"),
    "date": ("day", "when", "on_day", "preferred_date"),
    "time": ("at", "hour", "start_time", "slot"),
    "patient": ("patient_name", "full_name", "for_whom", "client"),
    "appointment_id": ("number", "booking_number", "id", "reference"),
    "name": ("patient", "full_name", "patient_name"),
    "date_of_birth": ("born", "birth_date", "dob", "birthday"),
}


@attrs.frozen
class Shape:
    """``functions``: real name to shown name, of those that are offered; ``parameters`` likewise, by real function."""

    functions: Mapping[str, str]
    parameters: Mapping[str, Mapping[str, str]]
    tools: tuple[tuple[str, tuple[str, ...]], ...]

    def has(self, name: str) -> bool:
        return name in self.functions

    def shown(self, name: str, arguments: Mapping[str, str]) -> tuple[str, dict[str, str]]:
        """A call as the model is to write it: in the order of the prompt."""
        names = self.parameters[name]
        return self.functions[name], {shown: arguments[real] for real, shown in names.items() if real in arguments}

    def real(self, shown: str, arguments: Mapping[str, str]) -> tuple[str, dict[str, str]]:
        """The real function and its arguments."""
        name = next(real for real, as_shown in self.functions.items() if as_shown == shown)
        back = {as_shown: real for real, as_shown in self.parameters[name].items()}
        return name, {back[key]: value for key, value in arguments.items()}


def shape_hospital(draw: Draw, specs: Sequence[ToolSpec]) -> Shape:
    """The hospital's own list in two cases out of three; else renamed, reordered or shortened."""
    chosen = list(specs)
    renamed = shuffled = False
    if draw.chance(0.36):
        renamed, shuffled = draw.chance(0.6), draw.chance(0.7)
        if draw.chance(0.5):
            chosen = [spec for spec in specs if spec.name == "check_availability" or draw.chance(0.7)]
        if shuffled:
            chosen = draw.some(chosen, len(chosen))
    functions, parameters, tools = {}, {}, []
    for spec in chosen:
        functions[spec.name] = draw.one(_FUNCTIONS[spec.name]) if renamed and draw.chance(0.8) else spec.name
        names = list(spec.parameters["properties"])
        if shuffled and draw.chance(0.5):
            names = draw.some(names, len(names))
        shown = {name: draw.one(_PARAMETERS[name]) if renamed and draw.chance(0.7) else name for name in names}
        parameters[spec.name] = shown
        required = spec.parameters["required"]
        tools.append((functions[spec.name], tuple(shown[n] if n in required else f"{shown[n]}?" for n in names)))
    return Shape(functions, parameters, tuple(tools))
