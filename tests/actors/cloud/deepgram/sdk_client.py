"""The official SDK as a plain client (asyncio), for a process of its own: says a file, prints what comes.

python sdk_client.py v1|v2 ADDRESS KEY FILE     (FILE: raw PCM, 16 kHz)
"""

import asyncio
import json
import sys
from pathlib import Path

from deepgram import AsyncDeepgramClient
from deepgram.environment import DeepgramClientEnvironment
from deepgram.listen.v1.types import ListenV1CloseStream, ListenV1Finalize, ListenV1KeepAlive


async def main(version: str, address: str, key: str, pcm: bytes) -> None:
    environment = DeepgramClientEnvironment(
        base=address.replace("ws", "http"), production=address, agent=address, agent_rest=address.replace("ws", "http")
    )
    client = AsyncDeepgramClient(api_key=key, environment=environment)
    options = {"encoding": "linear16", "sample_rate": 16000}
    if version == "v1":
        connect = client.listen.v1.connect(
            model="nova-3", interim_results=True, endpointing=300, vad_events=True, utterance_end_ms=1000, **options
        )
    else:
        connect = client.listen.v2.connect(
            model="flux-general-en", eot_threshold=0.7, eager_eot_threshold=0.4, **options
        )
    async with connect as connection:
        for at in range(0, len(pcm), 2560):
            await connection.send_media(pcm[at : at + 2560])
        if version == "v1":
            await connection.send_keep_alive(ListenV1KeepAlive(type="KeepAlive"))
            await connection.send_finalize(ListenV1Finalize(type="Finalize"))
            await connection.send_close_stream(ListenV1CloseStream(type="CloseStream"))
        else:
            await connection.send_force_end_turn()
            await connection.send_close_stream()
        async for message in connection:
            type(message).model_validate(message.dict())  # the SDK itself does not check
            print(json.dumps({"class": type(message).__name__, **message.dict()}, default=str), flush=True)


asyncio.run(main(*sys.argv[1:4], Path(sys.argv[4]).read_bytes()))
