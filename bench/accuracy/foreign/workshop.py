"""You answer the phone of Hartley's Garage. Answer in one or two short spoken sentences."""

# A domain that no embedded model is trained on: only for measuring (see ../README.md).

from __future__ import annotations

import re
from typing import Any

from actors.tools import ToolError, tool

GREETING = "Hartley's Garage, hello. How can I help?"

_PRICES = {"oil change": 89, "tire change": 60, "brake check": 45, "inspection": 120, "battery": 175}
_CARS = {"KLM482": ("blue Toyota Corolla", "ready"), "TRX901": ("Ford Transit", "waiting for a part")}


def _service(said: str) -> str:
    words = said.casefold().replace("tyre", "tire").replace("brakes", "brake")
    for known in _PRICES:
        if known.split()[0] in words:
            return known
    raise ToolError("we do not do that")


@tool(effect="read")
def check_slots(service: str, day: str = "") -> dict[str, Any]:
    """Find free times in the workshop.

    Args:
        service: What is to be done to the car.
        day: Day, as the caller said it.
    """
    return {"service": _service(service), "day": day or "Thursday", "times": ["8 a.m.", "1 p.m."]}


@tool(effect="commit")
def book_service(plate: str, service: str, day: str, time: str) -> dict[str, Any]:
    """Book a car in.

    Args:
        plate: Number plate, letters and digits.
        service: What is to be done to the car.
        day: Day, as the caller said it.
        time: Time, as the caller said it.
    """
    plate = re.sub(r"\W", "", plate).upper()
    return {"status": "booked", "plate": plate, "service": _service(service), "day": day, "time": time}


@tool(effect="read")
def get_repair_status(plate: str) -> dict[str, Any]:
    """Tell how far the work on a car is.

    Args:
        plate: Number plate, letters and digits.
    """
    found = _CARS.get(re.sub(r"\W", "", plate).upper())
    if found is None:
        raise ToolError("no car with that plate here")
    return {"car": found[0], "status": found[1]}


@tool(effect="read")
def get_price(service: str) -> dict[str, Any]:
    """Tell what something costs.

    Args:
        service: What is to be done to the car.
    """
    known = _service(service)
    return {"service": known, "price": f"${_PRICES[known]}"}
