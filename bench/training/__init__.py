"""Making the embedded model's adapter: dialogues by program, training, export. See docs/training.md.

Map
    generate, train, export   the three steps, each a command; __main__ all of them
    lower                     an adapter of a lower rank, for the curve
    hear                      measures what the transcriber makes of names (heard.json)

    _grammar, _values, _heard what people say: alternatives, slips, numbers; what is made of them
    _births, _spelling, _numerals   dates of birth, names spelled out, numbers in words
    _names                    names from lists, and of syllables
    _talk, _small_talk        a conversation in the making; lines that need no function
    _reception                calls at the hospital, of one to four wishes
    _desk, _asking, _refusals, _booking   what all wishes share: vocabulary, questions, refusals, offers
    _collecting, _after, _cancelling, _doctors, _records, _two, _joined, _moments   the wishes
    _hospital, _shape         the hospital's functions on a seeded database; under other names
    _jobs                     other jobs, read from domains/*.toml; _results: what their functions return
    _calls, _domains, _missing, _strangers   calls in these jobs
    _made_up, _cases          calls for jobs that do not exist; with much to do about one numbered thing
    _corpus                   all of them, from a seed
    _render, _tokens, _data   as text, as tokens, as arrays
    _attention, _pieces       parts of the model, with backward passes of their own
    _model, _adapter          the model with its LoRA (needs torch); the GGUF file
"""
