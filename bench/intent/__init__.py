"""Fits what tells from the sound alone whether somebody means the agent (``actors/local/data/intent.npz``).

    python -m bench.intent.examples --out artefacts/intent   some thousand sounds over an agent, and the encoder's view
    python -m bench.intent.fit artefacts/intent              fits and writes the weights; needs torch (group "training")

Map: phrases.toml (what is said), _sounds (voices and further noises), examples, fit. Nothing of the held-out part of
``bench/overlaps.toml`` is in it: no voice, no phrase outside its plain lists, no kind of noise that only it has.
"""
