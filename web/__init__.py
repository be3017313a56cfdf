"""Faces out: server, browser client, command line, configuration. The only package that composes the others.

A map, from pure to acting:

- ``wire``         JSON and the values of :mod:`actors.line`; what a client's message means. Sans-I/O.
- ``head``         HTTP request heads and answers. ``route``: what each gets, or why not. Sans-I/O.
- ``limits``       every bound, and the token bucket. ``settings``: all other settings, as values.
- ``config``       the only reader of flags, environment and TOML.
- ``pages``        the page's files, read once. ``metrics``: what is counted.
- ``inbox``        from caller to call: bounded, drops the oldest audio. ``outlet``: to one socket, with one writer.
- ``line``         a call's line to its caller, whatever happens to the socket beneath it.
- ``switchboard``  calls under way; how each ends; draining.
- ``connection``   one socket: reads, writes, pings. ``replay``: the stream it is made of.
- ``listen``       address, certificate, signals. ``server``: the shell; start here with :func:`web.server.serve`.
- ``trouble``      what may be said of an error in a log. ``version``: the program's.
- ``compose``      settings to something that can take a call: where the three floors come together.
- ``cli``          the command line. ``settings_table``: docs/configuration.md from the settings.

docs/protocol.md is what a client needs to know of all this.
"""
