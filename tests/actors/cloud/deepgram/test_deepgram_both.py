"""What listen v1 and Flux do alike, over real sockets."""

from __future__ import annotations

from typing import Any

import pytest

from actors.cloud._deepgram_dialect import LinkSettings
from actors.cloud.deepgram_flux import DeepgramFluxStt
from actors.cloud.deepgram_v1 import DeepgramV1Stt

pytestmark = pytest.mark.parametrize("engine", [DeepgramV1Stt, DeepgramFluxStt])


def test_a_segment_that_is_begun_anew_with_the_same_audio(
    run_world: Any, feed: Any, fast: LinkSettings, key: str, engine: Any
) -> None:
    """What the ear does when a turn ends while the caller is speaking."""

    async def main(world: Any) -> None:
        async with engine(api_key=key, base_url=world.url, settings=fast) as stt:
            stream = await stt.open_stream()
            said = world.say("hold on a moment")
            for segment in range(3):
                stream.begin(segment)
                await feed(stream, said[: said.size * (segment + 1) // 3], speed=100.0)
            assert await stream.final() == "hold on a moment"

    run_world(main)
