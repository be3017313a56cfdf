"""You are at the front desk of the Harbor Lights Hotel. Answer in one or two short spoken sentences."""

# A domain that no embedded model is trained on: only for measuring (see ../README.md).

from __future__ import annotations

from typing import Any, Literal

from actors.tools import ToolError, tool

GREETING = "Harbor Lights Hotel, front desk. How may I help you?"


@tool(effect="read")
def find_rooms(arrival: str, nights: int, guests: int = 1) -> dict[str, Any]:
    """Look for free rooms.

    Args:
        arrival: Day of arrival, as the caller said it.
        nights: How many nights.
        guests: How many people.
    """
    if guests > 4:
        raise ToolError("no room for so many")
    return {"arrival": arrival, "nights": nights, "free": ["double, $140", "suite, $260"]}


@tool(effect="commit")
def reserve_room(guest: str, arrival: str, nights: int, kind: Literal["double", "suite"]) -> dict[str, Any]:
    """Reserve a room.

    Args:
        guest: Name of the guest.
        arrival: Day of arrival, as the caller said it.
        nights: How many nights.
        kind: Kind of room.
    """
    return {"status": "reserved", "code": "H-3071", "guest": guest, "room": kind, "arrival": arrival, "nights": nights}


@tool(effect="commit")
def cancel_reservation(code: str) -> dict[str, Any]:
    """Cancel a reservation.

    Args:
        code: Code of the reservation, a letter and digits.
    """
    return {"status": "cancelled", "code": code}


@tool(effect="idempotent")
def set_wake_up_call(room: str, time: str) -> dict[str, Any]:
    """Have a guest called in the morning.

    Args:
        room: Number of the room.
        time: Time, as the caller said it.
    """
    return {"status": "set", "room": room, "time": time}


@tool(effect="commit")
def send_to_room(room: str, item: str) -> dict[str, Any]:
    """Have something brought to a room, such as towels.

    Args:
        room: Number of the room.
        item: What to bring.
    """
    return {"status": "on its way", "room": room, "item": item}
