"""The socket: its first message, its loss and return, its end."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.browser


def start(server: Any, open_page: Any) -> tuple[Any, Any]:
    page = open_page(server.url)
    page.click("#call")
    call = server.call()
    page.locator("body[data-phase=on]").wait_for()
    return page, call


def test_hello_comes_first_and_a_hang_up_last(server: Any, open_page: Any) -> None:
    page, call = start(server, open_page)
    call.wait(lambda heard: bool(heard.audio))
    page.get_by_role("button", name="Hang up").click()
    call.wait_message("hangup")
    assert call.heard[0].message == {"type": "hello", "resume": None, "received": 0}
    assert len(call.messages("hello")) == 1
    page.locator("body[data-phase=over]").wait_for()
    page.get_by_role("button", name="Start call").wait_for()


def test_a_lost_line_comes_back_and_loses_nothing(
    server: Any, open_page: Any, agent_tone: Callable[[float], bytes]
) -> None:
    """Playback stands while the line is down; what was not played comes again from the sample; JSON is replayed."""
    page, call = start(server, open_page)
    call.send("agent_speaking", turn=1)
    call.send_audio(agent_tone(2.0))
    call.wait(lambda heard: bool(heard.message) and heard.message.get("samples", 0) > 6000)
    server.accepting = False
    call.drop()
    page.get_by_text("Connection dropped").wait_for()
    call.send("transcript", turn=1, role="agent", text="Said while you were away", final=False, unheard="")
    call.send("agent_done", turn=1)
    time.sleep(0.5)
    page.fill("#text", "Typed while away")
    page.press("#text", "Enter")
    server.accepting = True
    server.call(sockets=2)
    back = call.messages("hello")[-1]
    assert back["resume"] == call.token
    assert back["received"] == 2
    page.get_by_text("Said while you were away").wait_for()
    assert call.wait_message("text")["text"] == "Typed while away"
    call.wait_message("playback", turn=1, samples=48000)
    assert page.locator("#notice").is_hidden()
    assert len(server.calls) == 1


def test_a_call_that_is_forgotten_begins_anew(server: Any, open_page: Any) -> None:
    page, call = start(server, open_page)
    call.send("transcript", turn=1, role="agent", text="Of the old call", final=True, unheard="")
    page.locator(".conversation").get_by_text("Of the old call").wait_for()
    call.token = "forgotten"
    call.drop()
    page.get_by_text("A new call has begun").wait_for()
    assert len(server.calls) == 2
    page.locator(".conversation").get_by_text("Of the old call").wait_for(state="detached")


@pytest.mark.parametrize(
    ("code", "title"),
    [
        (1008, "The server ended the call"),
        (1009, "The server ended the call"),
        (1011, "Something went wrong on the server"),
        (1012, "The server is restarting"),
        (1013, "All lines are busy"),
    ],
)
def test_a_close_code_is_told_and_not_fought(server: Any, open_page: Any, code: int, title: str) -> None:
    server.refuse = (code, "test")
    page = open_page(server.url)
    page.click("#call")
    page.get_by_text(title).wait_for()
    page.locator("body[data-phase=over]").wait_for()
    time.sleep(0.5)
    assert server.calls == []


def test_a_server_that_is_still_loading_is_waited_for(server: Any, open_page: Any) -> None:
    server.refuse = (1013, "not_ready")
    page = open_page(server.url)
    page.click("#call")
    page.get_by_text("The server is getting ready").wait_for()
    server.refuse = None
    page.locator("body[data-phase=on]").wait_for()
    assert page.locator("#notice").is_hidden()


def test_a_server_that_does_not_answer_is_told(server: Any, open_page: Any) -> None:
    page = open_page(server.url)
    server.accepting = False
    page.click("#call")
    page.get_by_text("The server does not answer").wait_for()


def test_the_end_of_the_call_is_quiet(server: Any, open_page: Any) -> None:
    page, call = start(server, open_page)
    call.send("call_ended", reason="farewell")
    call.close(1000)
    page.locator("body[data-phase=over]").wait_for()
    assert page.locator("#lamp").inner_text() == "Call ended"
    assert page.locator("#notice").is_hidden()


def test_a_second_call_begins_with_a_clean_page(server: Any, open_page: Any) -> None:
    page, call = start(server, open_page)
    call.send("transcript", turn=0, role="agent", text="The first call", final=True, unheard="")
    page.locator(".conversation").get_by_text("The first call").wait_for()
    call.close(1000)
    page.locator("body[data-phase=over]").wait_for()
    page.click("#call")
    page.locator("body[data-phase=on]").wait_for()
    assert len(server.calls) == 2
    assert page.locator(".turn").count() == 0
