"""Acts, on trio: carries out what :mod:`statechart` decides.

Map
    runtime        supervised actors: mailboxes, child specs, restart policy; embeddable alone
    ports          what an engine must be able to do;  line: what passes between a call and its caller
    audio          frames, levels, resampling, WAV;  errors: the few errors that engines are allowed
    call           one call: conductor, ear, answers, playout, side effects
    journal        what a call took, did and heard, kept beside it; replayed, drawn, made into tests
    tools          functions for a model: schema, checking, running;  agents: the hospital, and how to load yours
    local cloud    the engines;  fallback: chains of them
    engines        choosing and loading them (_engine_options: which, and what each needs; _engine_makers: opening one)
    self_test      each engine tried and measured
    testing        fakes for every port and a caller with ears, for whole calls in virtual time
"""
