"""Making the embedded model's adapter: dialogues by program, training, export. See docs/training.md.

Map
    generate, train, export   the three steps, each a command; __main__ all of them
    hear                      measures what the transcriber makes of names (heard.json)

    _grammar, _values, _heard what people say: alternatives, slips, numbers, names; what is made of them
    _names                    names from lists, and of syllables
    _talk, _small_talk        a conversation in the making; lines that need no function
    _reception (scenes), _booking, _two, _refusals, _desk, _hospital, _shape   calls at the hospital
    _domains                  calls anywhere else, from a TOML file
    _made_up                  calls for jobs that do not exist
    _corpus                   all of them, from a seed
    _render, _tokens, _data   as text, as tokens, as arrays
    _model, _adapter          the model with its LoRA (needs torch); the GGUF file
"""
