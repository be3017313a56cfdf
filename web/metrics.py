"""What the server counts, as Prometheus text. Numbers and names of our own only: never anything a caller said or is."""

from __future__ import annotations

from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

from actors.line import CallEnded, ErrorNotice, Flush, Hold, Outgoing, Resume, TurnMetrics

__all__ = ["Metrics"]

_BUCKETS: Final = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.85, 1.0, 1.2, 1.5, 2.0, 2.5, 3.5, 5.0, 10.0)
_PARTS: Final = ("ttfa", "endpoint", "stt", "llm_ttft", "sentence", "tts_ttfb")
_MAX_LABELS: Final = 64


class _Names:
    """Label values come from code outside this module; a bound keeps a mistake there from growing without end."""

    def __init__(self) -> None:
        self._known: set[str] = set()

    def bounded(self, name: str) -> str:
        if name not in self._known:
            if len(self._known) >= _MAX_LABELS:
                return "other"
            self._known.add(name)
        return name


class Metrics:
    """One process's numbers, in a registry of their own, so that several servers in one process do not mix."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._codes, self._reasons = _Names(), _Names()

        def counter(name: str, text: str, *labels: str) -> Counter:
            return Counter(f"bargein_{name}", text, labels, registry=self.registry)

        def gauge(name: str, text: str) -> Gauge:
            return Gauge(f"bargein_{name}", text, registry=self.registry)

        self.calls_active = gauge("calls_active", "Calls under way.")
        self.connections_active = gauge("connections_active", "Open connections of any kind.")
        self.calls = counter("calls", "Calls begun.")
        self.calls_refused = counter("calls_refused", "Calls refused, by reason.", "reason")
        self._calls_ended = counter("calls_ended", "Calls ended, by reason.", "reason")
        self.sockets_lost = counter("sockets_lost", "Sockets lost while their call went on.")
        self.sockets_resumed = counter("sockets_resumed", "Calls resumed on a new socket.")
        self.requests = counter("http_requests", "HTTP requests answered, by status.", "status")
        self.received = counter("received_bytes", "Bytes received in messages, by kind.", "kind")
        self.sent = counter("sent_bytes", "Bytes sent in messages, by kind.", "kind")
        self.audio_dropped = counter("audio_dropped_bytes", "Audio dropped, by direction.", "direction")
        self._errors = counter("errors", "Errors reported to callers or that ended something, by code.", "code")
        self._cuts = counter("cuts", "Agent turns cut by the caller.")
        self._holds = counter("holds", "Times that playback was held.")
        self._resumes = counter("resumes", "Times that held playback went on.")
        self._fillers = counter("fillers", "Turns that began with a spoken filler.")
        self._turn_parts = Histogram(
            "bargein_turn_seconds",
            "Latency of a turn, by part; docs/protocol.md defines them.",
            ("part",),
            buckets=_BUCKETS,
            registry=self.registry,
        )

    def count_error(self, code: str) -> None:
        """Count an error by its code."""
        self._errors.labels(self._codes.bounded(code)).inc()

    def observe(self, message: Outgoing) -> None:
        """Take what there is to count from a message on its way to a caller."""
        match message:
            case TurnMetrics():
                for part in _PARTS:
                    value = getattr(message, f"{part}_ms")
                    if value is not None:
                        self._turn_parts.labels(part).observe(value / 1000.0)
                if message.filler:
                    self._fillers.inc()
            case Flush():
                self._cuts.inc()
            case Hold():
                self._holds.inc()
            case Resume():
                self._resumes.inc()
            case ErrorNotice(code):
                self.count_error(code)
            case CallEnded(reason):
                self._calls_ended.labels(self._reasons.bounded(reason)).inc()
            case _:
                pass

    def render(self) -> tuple[bytes, str]:
        """The text and its content type."""
        return generate_latest(self.registry), CONTENT_TYPE_PLAIN_0_0_4
