"""Where and how ElevenLabs is to speak."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import attrs

__all__ = ["ElevenLabsSettings"]


@attrs.frozen
class ElevenLabsSettings:
    """Where and how to speak. ``base_url`` is http(s); ``connect``, ``first_audio`` and ``between_audio`` are deadlines
    in seconds; ``gap``: seconds without audio after which the end of a sentence is asked for; ``settle``: how long to
    wait for a pause behind a sentence that is complete; ``inactivity``: seconds after which the service may close a
    context that nothing was sent for (at most 180); ``voice_settings``: stability, similarity_boost, style,
    use_speaker_boost, speed (unset: the voice's own)."""

    api_key: str = attrs.field(repr=False)
    voice: str
    model: str
    base_url: str
    voice_settings: Mapping[str, Any] = attrs.field(factory=dict)
    connect: float = 2.0
    first_audio: float = 2.0
    between_audio: float = 2.0
    gap: float = 0.4
    settle: float = 0.08
    inactivity: float = 60.0

    @property
    def socket_url(self) -> str:
        query = urlencode(
            {
                "model_id": self.model,
                "output_format": "pcm_24000",
                "inactivity_timeout": max(1, round(self.inactivity)),
                "sync_alignment": "true",
                "auto_mode": "true",
            }
        )
        parts = urlsplit(self.base_url)
        scheme = {"https": "wss", "http": "ws"}.get(parts.scheme, parts.scheme)
        path = f"{parts.path.rstrip('/')}/v1/text-to-speech/{quote(self.voice, safe='')}/multi-stream-input"
        return f"{scheme}://{parts.netloc}{path}?{query}"
