"""Engines that run on this machine, each behind its port of :mod:`actors.ports`; each module loads one library, lazily.

Map
    silero         voice activity: Silero VAD's ONNX file, run inline
    intent         whether a sound over the agent means it: Moonshine's encoder and a small network
                   wording: whether its words do;  _network: the network of both (pure)
    moonshine      speech to text: Moonshine tiny (English)
    hibari         text to speech, with true word timings;  _word_timing: phonemes to words (pure)
    llama          the language model: a supervised llama.cpp child and the client that speaks to it
                   _llama_spec: which model and how;  _llama_server: the child's life;
                   _slots: whose turn goes where;  _examples: what it may guess function calls from;
                   _founded: its calls held to what was said;  _copying: arguments in the caller's words;
                   _grounding: none that nobody said;  _known, _arguments: what both read (all seven pure)
    llama_child    that child;  _merge: adapter and model made one, for speed;  _gguf: the file format
    _segment       caller audio of one segment: what of it is worth transcribing (pure)
    _transcript    what a recogniser made up (pure)
    _files         finding model files inside installed packages
"""
