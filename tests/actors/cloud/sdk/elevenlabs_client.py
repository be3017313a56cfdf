"""The official elevenlabs SDK as a plain client, with asyncio and without; for the multi-context WebSocket, which it
has only types for, those types and its own WebSocket library. Arguments: base URL, key. Prints what it got."""

import asyncio
import base64
import json
import sys

import websockets
from elevenlabs import types
from elevenlabs.client import AsyncElevenLabs, ElevenLabs
from elevenlabs.core.api_error import ApiError

URL, KEY = sys.argv[1:]
TEXT = "Doctor Chen is free at nine."
WAY = {"voice_id": "george", "text": TEXT, "model_id": "eleven_flash_v2_5", "output_format": "pcm_24000"}


def sync_part() -> dict:
    client = ElevenLabs(base_url=URL, api_key=KEY)
    speech = client.text_to_speech
    whole = speech.convert_with_timestamps(**WAY)
    speech._ws_base_url = speech._ws_base_url.replace("wss:", "ws:")  # it knows TLS only
    realtime = b"".join(speech.convert_realtime(**{**WAY, "text": iter(["Doctor Chen is ", "free at nine."])}))
    try:
        b"".join(ElevenLabs(base_url=URL, api_key="wrong").text_to_speech.convert(**WAY))
        refused = None
    except ApiError as error:
        refused = [error.status_code, error.body["detail"]["status"]]
    return {
        "convert": len(b"".join(speech.convert(**WAY))),
        "stream": len(b"".join(speech.stream(**WAY))),
        "timed": [len(base64.b64decode(whole.audio_base_64)), "".join(whole.alignment.characters)],
        "realtime": len(realtime),
        "refused": refused,
    }


async def async_part() -> dict:
    client = AsyncElevenLabs(base_url=URL, api_key=KEY)
    size, chars, ends = 0, "", []
    async for chunk in client.text_to_speech.stream_with_timestamps(**WAY):
        size += len(base64.b64decode(chunk.audio_base_64))
        chars += "".join(chunk.alignment.characters)
        ends += chunk.alignment.character_end_times_seconds
    return {"timed": [size, chars, ends == sorted(ends), round(ends[-1], 3)], "multi": await multi()}


async def multi() -> dict:
    address = URL.replace("http:", "ws:") + "/v1/text-to-speech/george/multi-stream-input?output_format=pcm_24000"
    sizes: dict[str, int] = {}
    chars: dict[str, str] = {}
    final = []
    async with websockets.connect(address, additional_headers={"xi-api-key": KEY}) as ws:

        async def send(message: object) -> None:
            await ws.send(json.dumps(message.model_dump(by_alias=True, exclude_none=True)))

        for name in ("a", "b"):
            await send(types.InitializeConnectionMulti(context_id=name, voice_settings={"stability": 0.5}))
            await send(types.SendTextMulti(text=f"This is {name}. ", context_id=name))  # too short: held back
            await send(types.KeepContextAlive(context_id=name))
        await send(types.FlushContext(context_id="a", text="And more. ", flush=True))
        await send(types.CloseContext(context_id="b", close_context=True))
        await send(types.CloseContext(context_id="a", close_context=True))
        while len(final) < 2:
            value = json.loads(await ws.recv())
            if value.get("isFinal"):
                final.append(types.FinalOutputMulti.model_validate(value).context_id)
                continue
            output = types.AudioOutputMulti.model_validate(value)
            name = output.context_id
            sizes[name] = sizes.get(name, 0) + len(base64.b64decode(output.audio))
            chars[name] = chars.get(name, "") + "".join(output.alignment.chars)
            assert len(output.alignment.chars) == len(output.alignment.char_durations_ms)
    async with websockets.connect(address, additional_headers={"xi-api-key": KEY}) as ws:
        for i in range(6):
            await ws.send(json.dumps({"text": " ", "context_id": f"c{i}"}))
        value = json.loads(await ws.recv())
        try:
            await ws.recv()
        except websockets.exceptions.ConnectionClosed as closed:
            code = closed.rcvd.code
    return {"sizes": sizes, "chars": chars, "final": sorted(final), "sixth": [value["error"], code]}


print(json.dumps({"sync": sync_part(), "async": asyncio.run(async_part())}))
