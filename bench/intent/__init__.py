"""Fits what tells from sound and words whether somebody means the agent (``intent.npz`` and ``wording.npz`` of
``actors/local/data``).

    python -m bench.intent.examples --out artefacts/intent   some thousand sounds over an agent, and what encoder and
                                                             recogniser make of them (see _lifelike for the voices)
    python -m bench.intent.fit artefacts/intent              fits the judge of sounds; needs torch (group "training")
    python -m bench.intent.wordings artefacts/intent         fits the judge of words; needs torch, too

Map: phrases.toml and families.toml (what is said), _phrases (both read, less what may not be taught), _sounds (voices
and further noises), examples, fit; _vectors (words as points), wordings (judged on whole families that were left out).
Nothing of the held-out parts of ``bench/overlaps*.toml`` is in it: no voice, no phrase outside their plain lists, no
kind of noise that only they have.
"""
