import pytest
import trio

from actors import engines, errors
from actors.engines import EngineOptions, open_engines
from actors.local import intent
from actors.self_test import self_test


@pytest.fixture
def fakes(monkeypatch):
    """Engines that are there at once; the log of what was opened and closed."""
    log = []

    def part(name):
        @engines.asynccontextmanager
        async def open_part(options):
            await trio.sleep(1)
            log.append(f"{name} open")
            yield name

        return open_part

    @engines.asynccontextmanager
    async def llm(options, warm_up=None):
        await trio.sleep(2)
        log.append("llm open")
        try:
            yield "llm"
        finally:
            log.append("llm closed")

    for name in ("vad", "stt", "tts"):
        monkeypatch.setattr(engines, f"open_{name}", part(name))
    monkeypatch.setattr(engines, "open_intent", lambda: part("intent")(None))
    monkeypatch.setattr(engines, "open_llm", llm)
    return log


def run(main):
    return trio.run(main, clock=trio.testing.MockClock(autojump_threshold=0))


def test_engines_load_side_by_side_and_say_so(fakes):
    shown = []

    async def main():
        began = trio.current_time()
        async with open_engines(EngineOptions(), progress=shown.append) as opened:
            assert trio.current_time() - began == 2
            assert opened == engines.Engines("vad", "stt", "llm", "tts", "intent")
        assert fakes[-1] == "llm closed"

    run(main)
    parts = ("vad", "stt", "llm", "tts", "intent")
    assert {(step.part, step.ms is None) for step in shown} == {(part, m) for part in parts for m in (True, False)}


def test_calls_do_without_a_judge_of_sounds_that_is_not_installed(fakes, monkeypatch):
    shown = []

    @engines.asynccontextmanager
    async def nothing():
        yield None

    monkeypatch.setattr(engines, "open_intent", nothing)

    async def main():
        async with open_engines(EngineOptions(), progress=shown.append) as opened:
            assert opened.intent is None

    run(main)
    assert [(step.part, step.there) for step in shown if step.ms is not None and not step.there] == [("intent", False)]


def test_an_error_within_comes_out_as_it_is(fakes):
    async def main():
        async with open_engines(EngineOptions()):
            raise KeyError("mine")

    with pytest.raises(KeyError):
        run(main)
    assert fakes[-1] == "llm closed"


def test_one_that_is_missing_stops_the_others(fakes, monkeypatch):
    @engines.asynccontextmanager
    async def missing(options):
        if options is not None:
            raise errors.EngineMissing("moonshine", "install it")
        yield

    monkeypatch.setattr(engines, "open_stt", missing)

    async def main():
        async with open_engines(EngineOptions()):
            pytest.fail("opened")

    with pytest.raises(errors.EngineMissing, match="install it"):
        run(main)


def test_cancelling_closes_everything(fakes):
    async def main():
        with trio.move_on_after(5) as scope:
            async with open_engines(EngineOptions()):
                await trio.sleep_forever()
        assert scope.cancelled_caught

    run(main)
    assert fakes[-1] == "llm closed"


@pytest.mark.parametrize(
    ("options", "llm"),
    [
        (EngineOptions(), "local"),
        (EngineOptions(llm_model="/x/y.gguf", llm_api_key="k"), "local"),
        (EngineOptions(llm_api_key="k", llm_model="gpt"), "openai"),
        (EngineOptions(llm_base_url="http://localhost/v1"), "openai"),
        (EngineOptions(llm="local", llm_api_key="k"), "local"),
    ],
)
def test_auto_takes_the_server_whose_key_or_address_is_known(options, llm):
    assert options.names["llm"] == llm


@pytest.mark.parametrize(
    ("options", "part", "chain"),
    [
        (EngineOptions(), "stt", ("moonshine",)),
        (EngineOptions(deepgram_api_key="k"), "stt", ("deepgram",)),
        (EngineOptions(stt="deepgram-flux, moonshine"), "stt", ("deepgram-flux", "moonshine")),
        (EngineOptions(stt="auto,moonshine"), "stt", ("moonshine",)),
        (EngineOptions(), "tts", ("hibari",)),
        (EngineOptions(elevenlabs_api_key="k", speech_base_url="http://x/v1"), "tts", ("elevenlabs",)),
        (EngineOptions(speech_base_url="http://x/v1"), "tts", ("speech",)),
        (EngineOptions(elevenlabs_api_key="k", tts="auto,hibari"), "tts", ("elevenlabs", "hibari")),
    ],
)
def test_auto_and_chains(options, part, chain):
    assert options.chains[part] == chain
    assert options.names[part] == ",".join(chain)


def test_keys_are_not_shown():
    keys = ("llm_api_key", "deepgram_api_key", "elevenlabs_api_key", "speech_api_key")
    assert "sk-secret" not in repr(EngineOptions(**dict.fromkeys(keys, "sk-secret")))


def test_the_key_for_openai_goes_to_openai_alone():
    openai = EngineOptions(llm_api_key="k")
    assert openai.speech_key == "k"
    assert engines.attrs.evolve(openai, speech_base_url="http://x/v1").speech_key is None
    assert engines.attrs.evolve(openai, llm_base_url="http://azure/v1").speech_key is None


def test_a_fallback_has_its_own_model_and_voice():
    options = EngineOptions(
        tts="elevenlabs,hibari", tts_voice="abc", tts_model="m", llm="openai,local", llm_model="gpt"
    )
    assert options.only("tts", "elevenlabs").tts_voice == "abc"
    assert options.only("tts", "hibari").tts_voice is None
    assert options.only("tts", "hibari").tts_model is None
    assert options.only("llm", "local").llm_model is None
    assert options.only("llm", "openai").llm_model == "gpt"
    assert EngineOptions(llm="local", llm_model="/x/model").only("llm", "local").llm_model == "/x/model"


@pytest.mark.parametrize(
    ("options", "part", "variable"),
    [
        (EngineOptions(stt="deepgram"), "stt", "DEEPGRAM_API_KEY"),
        (EngineOptions(stt="moonshine,deepgram-flux"), "stt", "DEEPGRAM_API_KEY"),
        (EngineOptions(tts="elevenlabs,hibari"), "tts", "ELEVENLABS_API_KEY"),
        (EngineOptions(tts="speech"), "tts", "SPEECH_BASE_URL"),
        (EngineOptions(llm="local,openai", llm_model="gpt"), "llm", "OPENAI_API_KEY"),
    ],
)
def test_a_missing_key_is_told_before_anything_is_loaded(fakes, options, part, variable):
    async def main():
        async with open_engines(options):
            pytest.fail("opened")

    with pytest.raises(errors.ConfigurationError, match=variable):
        run(main)
    assert not fakes


def members(monkeypatch, **checks):
    """Engines of these names, with these checks."""
    for name, error in checks.items():

        @engines.asynccontextmanager
        async def maker(options, warm_up, name=name, error=error):
            async def check():
                await trio.lowlevel.checkpoint()
                if error is not None:
                    raise error

            yield engines.Member(name, f"the {name}", check)

        monkeypatch.setitem(engines.MAKERS, name, maker)


def test_a_wrong_key_stops_the_start_even_where_there_is_a_fallback(monkeypatch):
    members(monkeypatch, deepgram=errors.EngineRefused("deepgram", "check DEEPGRAM_API_KEY"), moonshine=None)

    async def main(stt):
        async with engines.open_stt(EngineOptions(stt=stt, deepgram_api_key="k")):
            pytest.fail("opened")

    for stt in ("deepgram", "deepgram,moonshine"):
        with pytest.raises(errors.EngineRefused, match="DEEPGRAM_API_KEY"):
            trio.run(main, stt)


def test_a_service_out_of_reach_stops_the_start_only_where_there_is_no_fallback(monkeypatch):
    members(monkeypatch, deepgram=errors.EngineUnavailable("deepgram", "cannot be reached"), moonshine=None)

    async def main(stt):
        async with engines.open_stt(EngineOptions(stt=stt, deepgram_api_key="k")) as opened:
            return opened.name

    assert trio.run(main, "deepgram,moonshine") == "deepgram,moonshine"
    with pytest.raises(errors.EngineUnavailable):
        trio.run(main, "deepgram")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (EngineOptions(llm="none"), "auto, local, openai"),
        (EngineOptions(llm="openai", llm_api_key="k"), "--llm-model"),
        (EngineOptions(llm="openai", llm_model="gpt"), "OPENAI_API_KEY"),
    ],
)
def test_wrong_choices_say_what_there_is(options, words):
    async def main():
        async with engines.open_llm(options):
            pass

    with pytest.raises(errors.ConfigurationError, match=words):
        trio.run(main)


@pytest.mark.engines
def test_the_doctor_finds_all_well_here():
    results = trio.run(self_test, EngineOptions(llm_slots=1))
    assert [(result.part, result.ok) for result in results] == [
        (p, True) for p in ("vad", "stt", "llm", "tts", "intent")
    ]
    assert all(result.ms > 0 for result in results)


@pytest.mark.engines
def test_the_doctor_has_advice():
    options = EngineOptions(vad="x", stt="x", tts_voice="/no.onnx", llm_model="/no.gguf")
    *results, judge = trio.run(self_test, options)
    assert not any(result.ok for result in results)
    assert all(result.advice for result in results)
    assert judge.ok, "which nobody chooses"


@pytest.mark.engines
def test_the_doctor_knows_that_calls_do_without_a_judge_of_sounds(monkeypatch):
    def missing(engine, *_):
        raise errors.EngineMissing(engine, "not installed")

    monkeypatch.setattr(intent, "package_file", missing)
    judge = trio.run(self_test, EngineOptions(vad="x", stt="x", llm="x", tts="x"))[-1]
    assert (judge.part, judge.ok, judge.detail) == ("intent", None, "EngineMissing")
    assert "words and length" in judge.advice


def test_slots_and_threads_reach_the_local_model(monkeypatch, tmp_path):
    from actors.local import llama

    specs = []

    @engines.asynccontextmanager
    async def open_llama(spec, warm_up=None):
        specs.append(spec)
        yield "llm"

    monkeypatch.setattr(llama, "open_llama", open_llama)

    async def main():
        options = EngineOptions(llm_model=str(tmp_path / "other.gguf"), llm_slots=2, llm_threads=3)
        async with engines.open_llm(options) as llm:
            assert llm == "llm"

    run(main)
    [spec] = specs
    assert (spec.name, spec.slots, spec.threads) == ("other", 2, 3)
