"""Engines reached over the network, each behind its port of :mod:`actors.ports`; each module loads one SDK, lazily.

Map
    openai_llm      any OpenAI-compatible language model (OpenAI, Azure, vLLM, Ollama, llama.cpp)
    _openai_errors  its SDK's exceptions to the project's few errors
    _fragments      streamed fragments of function calls put together (pure)
    _tool_text      function calls that a model wrote as text (pure);  _loops: a model that goes round in circles (pure)
    elevenlabs_tts  ElevenLabs' voices: multi-context WebSocket with character times, HTTP as the way round
                    (_elevenlabs_alignment, _sentence, _contexts: pure; _wire: messages; _settings; _pool of _socket
                    over _stream; _http)
    speech_http_tts any voice behind OpenAI's /v1/audio/speech (Kokoro, Orpheus);  _pcm_stream: PCM out of what comes
    servers         the same protocols served by local engines
"""
