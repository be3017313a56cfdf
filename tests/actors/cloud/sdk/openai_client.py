"""The official openai SDK as a plain client, with asyncio and without. Arguments: base URL, key. Prints what it got."""

import asyncio
import json
import sys

import openai

URL, KEY = sys.argv[1:]
MESSAGES = [{"role": "system", "content": "Be kind."}, {"role": "user", "content": "Tuesday?"}]
TOOLS = [{"type": "function", "function": {"name": "find", "parameters": {"type": "object", "properties": {}}}}]


def sync_part() -> dict:
    client = openai.OpenAI(base_url=URL, api_key=KEY, max_retries=0)
    whole = client.chat.completions.create(model="bargein", messages=MESSAGES, tools=TOOLS)
    call = whole.choices[0].message.tool_calls[0]
    speech = client.audio.speech.create(model="bargein", voice="any", input="Good morning.", response_format="pcm")
    wav = client.audio.speech.create(model="bargein", voice="any", input="Good morning.", response_format="wav")
    try:
        openai.OpenAI(base_url=URL, api_key="wrong", max_retries=0).models.list()
        refused = None
    except openai.AuthenticationError as error:
        refused = error.code
    try:
        client.chat.completions.create(model="bargein", messages=[])
        bad = None
    except openai.BadRequestError as error:
        bad = error.param
    return {
        "text": whole.choices[0].message.content,
        "reason": whole.choices[0].finish_reason,
        "call": [call.id, call.function.name, call.function.arguments],
        "tokens": [whole.usage.prompt_tokens, whole.usage.completion_tokens],
        "models": [model.id for model in client.models.list()],
        "speech": len(speech.content),
        "wav": [wav.content[:4].decode(), len(wav.content)],
        "refused": refused,
        "bad": bad,
    }


async def async_part() -> dict:
    client = openai.AsyncOpenAI(base_url=URL, api_key=KEY, max_retries=0)
    async with client.chat.completions.stream(
        model="bargein", messages=MESSAGES, tools=TOOLS, stream_options={"include_usage": True}
    ) as stream:
        kinds = sorted({event.type async for event in stream})
        final = await stream.get_final_completion()
    message = final.choices[0].message
    failed = []
    for _ in range(2):  # by order: first a 429, then an error within the stream
        try:
            async for _ in await client.chat.completions.create(model="bargein", messages=MESSAGES, stream=True):
                pass
        except openai.RateLimitError as error:
            failed.append(["RateLimitError", error.response.headers["retry-after"]])
        except openai.APIError as error:
            failed.append([type(error).__name__, error.code])
    pieces = []
    async with client.audio.speech.with_streaming_response.create(
        model="bargein", voice="any", input="Good morning.", response_format="pcm"
    ) as response:
        pieces.extend([len(piece) async for piece in response.iter_bytes()])
    return {
        "kinds": kinds,
        "text": message.content,
        "call": [message.tool_calls[0].function.name, message.tool_calls[0].function.arguments],
        "tokens": final.usage.total_tokens,
        "failed": failed,
        "speech": [sum(pieces), len(pieces) > 1],
    }


print(json.dumps({"sync": sync_part(), "async": asyncio.run(async_part())}))
