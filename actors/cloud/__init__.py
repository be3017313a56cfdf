"""Engines reached over the network, each behind its port of :mod:`actors.ports`; each module loads one SDK, lazily.

Map
    openai_llm      any OpenAI-compatible language model (OpenAI, Azure, vLLM, Ollama, llama.cpp)
    _openai_answer  one answer of it, as it streams in
    _openai_client  the SDK with its own patience taken away
    _openai_errors  its SDK's exceptions to the project's few errors
    _fragments      streamed fragments of function calls put together (pure)
    _tool_text      function calls that a model wrote as text (pure);  _loops: a model that goes round in circles (pure)
    deepgram_v1 deepgram_flux   Deepgram's recognisers, each a dialect (_deepgram_dialect); what they share:
                    _deepgram_stt (the engine), _deepgram_stream (one call's, over any number of connections),
                    _deepgram_link (one of them, over a _deepgram_socket), _deepgram_errors; pure: _deepgram_audio (what
                    is to be sent, and when), _deepgram_words (what was heard where), _deepgram_turns (turn signals)
    elevenlabs_tts  ElevenLabs' voices: multi-context WebSocket with character times, HTTP (_elevenlabs_http) as the way
                    round; pure: _elevenlabs_alignment, _elevenlabs_sentence, _elevenlabs_contexts; _elevenlabs_wire:
                    messages; _elevenlabs_settings; _elevenlabs_pool of _elevenlabs_socket over _elevenlabs_stream
    speech_http_tts any voice behind OpenAI's /v1/audio/speech (Kokoro, Orpheus);  _pcm_stream: PCM out of what comes
    _wrapped        a stream around another one
    servers         the same protocols served by local engines
"""
