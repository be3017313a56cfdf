"""The command line: ``bargein serve | call | chat | doctor | engines | chart | replay | soak``.

Map
    serve call chat doctor engines chart replay soak   one module per command, imported only when it is asked for
    _serving _calling _chatting _checking _engines_serving   what they do;  _checks: what the doctor looks at
    _commands                      the group: which command is in which module, and errors turned into exit codes
    _options                       flags made from the settings
    _run                           running trio under Ctrl-C and SIGTERM
    _screen                        where things are shown: a terminal, a pipe; progress while models load
    _file_line _loudspeaker _playback   a caller made of WAV files, what it hears, and reports as played
    _text_line                     a caller who types, and engines for a call without sound
    _story _latency                a call told as it happens; its times
    _timeline                      a journalled call, told afterwards
"""

from __future__ import annotations

__all__ = ["main"]


def main(args: list[str] | None = None) -> int:
    """Run the command line (``sys.argv`` without ``args``) and return its exit code. Nothing that a user can cause ends
    in a traceback: not Ctrl-C either, which may come while the rest of this package is being imported."""
    try:
        from web.cli._commands import run

        return run(args)
    except KeyboardInterrupt:
        return 130
    except BaseExceptionGroup as group:
        if group.split(KeyboardInterrupt)[1] is not None:
            raise
        return 130
