"""Measurements. Each is a program of its own, `python -m bench.NAME --help`, and never part of the test suite.

Map
    ttfa      time to first audio of answers, and how often a caller is cut off
    echo      whether the agent interrupts itself, and still hears its caller
    overlap   sounds over the agent's speech: who is let pass, who cuts, how soon (overlaps*.toml, labelled)
    heard     what the caller heard, against the audio itself, in words
    waits     where the chosen wait is shorter than a pause: endpointing without a clock
    intent    fits what judges sounds over the agent (actors/local/data/intent.npz)
    gate      which setting of the echo gate: the voice detector alone
    barge_in  talking over answers at random points, over a real socket: hold, cut, stale audio, words heard; a picture
    pipeline  the paper's latencies over real sockets: one after the other, streamed, begun early
    memory    200 calls over real sockets, well-behaved and otherwise: memory, tasks, open files
    tool_accuracy  does the model call the right functions and say only what it knows, on accuracy/ (see its README)
    training  making the embedded model's adapter: dialogues by program, training, export (docs/training.md)
    model_speed  the embedded model alone: first token, calls, speech; with and without guessing ahead
    speech    the callers: what they say (corpus.toml), in which voices, with which pauses

    _stage    engines, scratch database, calls with notes taken; where results go
    _caller   a caller in real time on a call's line, who notes when everything came and went
    _probe    engines that note when they were asked and when they answered
    _turn     from these notes to the times of one turn; pure
    _figures  percentiles, intervals, and what machine this is
    _plot     the waterfall;  _ttfa_report: the tables of ttfa;  _barge_in_plot _pipeline_plot: those benches' pictures
    _load     how much of the machine others take meanwhile
    _overlap_cases  the labelled overlaps as sounds; _noises: those made by program;  _overlap_report: the tables
    _lifelike  callers that sound like people
    _patient  time that leaps over waiting and charges for work; _recorded: a voice that says everything once
    _hall     a server to be called and talked over; _socket_caller: _caller behind a socket; _interruption: the figures
    _services the paper's three services in a process of their own: _oracle, a recogniser that knows the truth, in
              Flux's protocol; _paced, a model and a voice as slow as told; _tap, their end of the sockets
    _profiles what the paper measured, and what a turn must cost at least; _account: what a turn took, and who took it;
              _pipeline_report, _pipeline_plot: told and drawn
    _clients  callers over real sockets, well-behaved and otherwise; _memory_server is what they call

    _scenes   the evaluation's conversations;  _scripted: its callers with a goal;  _attempt: a model in one turn;
    _measuring: in all of them;  _values: whether two function calls mean the same;  _invented: what an agent cannot
    know;  _judge: verdicts and shares;  _spoken: the lines as a transcriber hears them
"""
