"""You take orders at a coffee bar. Answer in one short spoken sentence."""

from typing import Literal

from actors.tools import tool

GREETING = "Corner Coffee, what can I get you?"
ORDERS: list[str] = []


@tool(effect="commit")
def order(drink: Literal["espresso", "latte", "tea"], cups: int = 1) -> dict[str, int]:
    """Order a drink. Give the number of the order to the guest."""
    ORDERS.append(f"{cups} {drink}")
    return {"order": len(ORDERS)}
