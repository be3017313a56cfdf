"""Protocol servers: the wire formats of the cloud engines, served by the local ones, with faults to order.

For tests over real sockets, and for people without keys. Each takes its engines as ports.

Map
    deepgram      speech to text: listen v1 and Flux v2 (_deepgram_v1, _deepgram_flux: what each says to a connection's
                  audio; _deepgram_hearing: that audio, window by window; _recogniser: words with times)
    elevenlabs    text to speech: WebSockets and HTTP (_elevenlabs_session: one WebSocket; _elevenlabs_speech: a local
                  voice cut into pieces with the times of their characters)
    openai        chat completions and /v1/audio/speech (_openai_chat: requests and answers as JSON, pure)
    _http         HTTP/1.1 on a stream with faults, and the way to a WebSocket
    _faults       which fault strikes which connection when (pure), and how it is applied to a stream;  _orders: the
                  same in writing (pure)
"""

from actors.cloud.servers._faults import FaultDesk, Latency, Order
from actors.cloud.servers._orders import SERVICES, read_latency, read_order

__all__ = ["SERVICES", "FaultDesk", "Latency", "Order", "read_latency", "read_order"]
