"""What the caller sees and can do with a keyboard, a narrow window, either colour scheme."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.browser

ARGUMENTS = {"doctor": "Chen", "date": "2026-12-01", "time": "10:30", "patient": "Anna Kowalski"}


def converse(call: Any) -> None:
    """A conversation that is cut once, ending while the agent speaks."""
    said = [
        (0, "agent", "Riverside clinic, good morning. How can I help you?", True, ""),
        (1, "user", "I'd like to see Doctor Chen next Tuesday.", True, ""),
        (1, "agent", "Doctor Chen is in all morning. Would you prefer", True, "nine o'clock or half past ten?"),
        (2, "user", "Half past ten, for Anna Kowalski.", True, ""),
    ]
    for turn, role, text, final, unheard in said:
        call.send("transcript", turn=turn, role=role, text=text, final=final, unheard=unheard)
    call.send("state", state="PROCESSING")
    tool = {"turn": 2, "id": "c-1", "name": "schedule_appointment", "arguments": ARGUMENTS}
    call.send("tool", **tool, status="running", result=None)
    call.send("tool", **tool, status="ok", result={"booked": True, "reference": "A-2047", "notes": ["x" * 90, 2]})
    parts = {"stt_ms": 96, "llm_ttft_ms": 188, "sentence_ms": 110, "tts_ttfb_ms": 58}
    call.send("metrics", turn=1, ttfa_ms=655, endpoint_ms=258, **parts, filler=False)
    call.send("metrics", turn=2, ttfa_ms=1210, endpoint_ms=251, **{**parts, "llm_ttft_ms": 640}, filler=True)
    call.send("agent_speaking", turn=2)
    call.send("state", state="SPEAKING")
    call.send("transcript", turn=2, role="agent", text="You are booked for", final=False, unheard="")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [(1280, 800), (390, 844), (360, 640)], ids=["wide", "phone", "small"])
def test_the_whole_page(
    server: Any, open_page: Any, artefacts: Path, agent_tone: Any, size: tuple[int, int], scheme: str
) -> None:
    """Loads without an error, shows a call, never scrolls sideways; a picture is kept."""
    page = open_page(server.url, size=size, scheme=scheme, scale=2 if size[0] < 400 else 1)
    sideways = "document.documentElement.scrollWidth - innerWidth"
    assert page.title() == "bargein"
    assert page.evaluate(sideways) == 0
    page.screenshot(path=artefacts / f"page-{size[0]}-{scheme}-before.png")
    page.click("#call")
    call = server.call()
    converse(call)
    call.send_audio(agent_tone(3.0))
    page.get_by_text("You are booked for").wait_for()
    page.wait_for_timeout(1200)
    assert page.evaluate(sideways) == 0
    page.screenshot(path=artefacts / f"page-{size[0]}-{scheme}-call.png")


def test_the_state_is_lit_with_the_edge_that_led_to_it(server: Any, open_page: Any) -> None:
    page = open_page(server.url)
    assert page.locator(".lit").count() == 0
    page.click("#call")
    call = server.call()
    for name in ("LISTENING", "PROCESSING", "SPEAKING", "INTERRUPTED", "LISTENING"):
        call.send("state", state=name)
        page.locator(f".node.lit[data-name={name}]").wait_for()
        assert page.locator(".node.lit").count() == 1
        assert page.locator(f".edge-lit.lit[data-to={name}]").count() == 1
        assert page.locator("#lamp").inner_text().upper() == name


def test_what_is_shown_of_a_call(server: Any, open_page: Any) -> None:
    page = open_page(server.url)
    page.click("#call")
    converse(server.call())
    page.get_by_text("You are booked for").wait_for()
    assert page.locator("del.unheard:visible").all_inner_texts() == ["nine o'clock or half past ten?"]
    card = page.locator(".tool")
    assert card.get_attribute("data-status") == "ok"
    for text in ("Anna Kowalski", "A-2047", "done"):
        assert text in card.inner_text()
    assert "655 ms" in page.locator("#waterfall").inner_text()
    assert "filler first" in page.locator("#waterfall .row").first.inner_text()
    spoken = page.locator("#announcer p").all_text_contents()
    assert spoken[0] == "Agent: Riverside clinic, good morning. How can I help you?"
    assert spoken[2].endswith("(interrupted; not heard: nine o'clock or half past ten?)")
    assert len(spoken) == 4, "words still forming are not announced"


def test_text_from_outside_is_only_text(server: Any, open_page: Any) -> None:
    page = open_page(server.url)
    page.click("#call")
    call = server.call()
    nasty = "<img src=x onerror=alert(1)><b>bold</b>"
    call.send("transcript", turn=1, role="user", text=nasty, final=True, unheard="")
    call.send("tool", turn=1, id="1", name=nasty, arguments={nasty: nasty}, status="ok", result=nasty)
    call.send("error", code="x", message=nasty)
    page.locator(".tool").wait_for()
    assert page.locator(".conversation img, .conversation b, #notice b").count() == 0
    assert page.locator("#notice-text").inner_text() == nasty


def test_a_call_by_keyboard_alone(server: Any, open_page: Any) -> None:
    page = open_page(server.url)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # the skip link
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "call"
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.keyboard.press("Enter")
    call = server.call()
    page.locator("body[data-phase=on]").wait_for()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "mute"
    page.keyboard.press("Space")
    page.get_by_role("button", name="Unmute").wait_for()
    page.keyboard.press("Tab")
    page.keyboard.type("By hand")
    page.keyboard.press("Enter")
    assert call.wait_message("text")["text"] == "By hand"
    assert page.locator("#text").input_value() == ""


def test_the_newest_words_stay_in_view_in_a_narrower_window(server: Any, open_page: Any) -> None:
    page = open_page(server.url)
    page.click("#call")
    converse(server.call())
    page.get_by_text("You are booked for").wait_for()
    page.set_viewport_size({"width": 390, "height": 700})
    from_the_end = "(({ scrollTop, scrollHeight, clientHeight }) => scrollHeight - scrollTop - clientHeight)"
    page.wait_for_function(f"{from_the_end}(document.getElementById('stage')) < 2")


def test_a_phrase_to_begin_with(server: Any, open_page: Any) -> None:
    page = open_page(server.url)
    page.get_by_role("button", name="Which doctors").click()
    assert server.call().wait_message("text")["text"] == "Which doctors are in on Friday?"
    assert page.locator("#welcome").is_hidden()


def test_nothing_moves_for_those_who_want_no_motion(server: Any, open_page: Any) -> None:
    page = open_page(server.url, motion="reduce")
    page.click("#call")
    server.call().send("state", state="LISTENING")
    lit = page.locator(".edge-lit.lit")
    lit.wait_for()
    assert lit.evaluate("(edge) => getComputedStyle(edge).animationName") == "none"


@pytest.mark.e2e
def test_the_scripted_conversation(scripted_server: Any, open_page: Any, artefacts: Path) -> None:
    """A whole call in hibari's voice: held and resumed, cut once, two tools; each turn is played to its last sample."""
    page = open_page(scripted_server.url)
    page.click("#call")
    page.set_default_timeout(60_000)
    page.locator("body[data-state=IDLE] .turn[data-turn='3'] .line-agent:not(.forming)").wait_for()
    page.screenshot(path=artefacts / "conversation.png")
    assert page.locator("del.unheard:visible").count() == 1
    assert page.locator(".tool[data-status=ok]").count() == 2
    assert page.locator("#waterfall .row").count() == 3
