"""The command line from outside: helps, versions, errors and exit codes. Nothing here loads an engine."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
import trio

from actors.audio import write_wav
from statechart import mermaid
from web.cli import main


def test_help_lists_every_command(capsys):
    assert main(["--help"]) == 0
    out = capsys.readouterr().out
    for command in ("serve", "call", "chat", "doctor", "engines", "chart", "Examples:"):
        assert command in out


@pytest.mark.parametrize("command", ["serve", "call", "chat", "doctor", "chart"])
def test_every_command_explains_itself_with_examples(command, capsys):
    assert main([command, "--help"]) == 0
    out = capsys.readouterr().out
    assert f"bargein {command}" in out
    assert "Examples:" in out


def test_help_loads_no_engine_and_no_numpy():
    """The help is there at once: what is heavy is imported by the command that needs it."""
    code = (
        "import sys; from web.cli import main; main(['call', '--help'])\n"
        "heavy = {'numpy', 'trio', 'rich', 'sqlalchemy', 'onnxruntime', 'openai'} & set(sys.modules)\n"
        "sys.exit(f'loaded: {heavy}' if heavy else 0)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr


def test_version(capsys):
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("bargein ")


def test_chart_is_the_table_as_mermaid(capsys):
    assert main(["chart"]) == 0
    assert capsys.readouterr().out == mermaid()


def test_a_mistyped_command_is_guessed(capsys):
    assert main(["srve"]) == 2
    assert "Did you mean serve?" in capsys.readouterr().err


def test_a_mistyped_flag_is_guessed(capsys):
    assert main(["serve", "--prot", "1"]) == 2
    assert "--port" in capsys.readouterr().err


def test_a_wrong_value_names_its_flag(capsys):
    assert main(["serve", "--port", "many"]) == 2
    err = capsys.readouterr().err
    assert "--port" in err
    assert "many" in err


def test_a_call_needs_a_file(capsys):
    assert main(["call"]) == 2
    assert "FILE.wav" in capsys.readouterr().err


def test_a_file_that_is_not_there(tmp_path, capsys):
    assert main(["call", str(tmp_path / "none.wav")]) == 2
    assert "none.wav cannot be read: No such file" in capsys.readouterr().err


def test_a_file_that_is_no_wav(tmp_path, capsys):
    (tmp_path / "song.mp3").write_bytes(b"ID3" + bytes(100))
    assert main(["call", str(tmp_path / "song.mp3")]) == 2
    assert "ffmpeg" in capsys.readouterr().err


def test_a_silent_file(tmp_path, capsys):
    import numpy as np

    write_wav(tmp_path / "silence.wav", np.zeros(8000, np.int16), 8000)
    assert main(["call", str(tmp_path / "silence.wav")]) == 2
    assert "only silence" in capsys.readouterr().err


def test_a_recording_needs_a_directory(tmp_path, capsys):
    import numpy as np

    write_wav(tmp_path / "a.wav", np.full(800, 99, np.int16), 8000)
    assert main(["call", str(tmp_path / "a.wav"), "--out", str(tmp_path / "no" / "out.wav")]) == 2
    assert "there is no directory" in capsys.readouterr().err


def test_a_key_in_the_environment_is_never_shown(monkeypatch, capsys):
    from web.cli._checks import check_keys
    from web.config import load_config

    config = load_config(environ={"DEEPGRAM_API_KEY": "dg-secret"})
    checks = list(check_keys({"llm": "local"}, config))
    assert [(check.chosen, check.ok) for check in checks] == [
        ("OPENAI_API_KEY", None),
        ("DEEPGRAM_API_KEY", True),
        ("ELEVENLABS_API_KEY", None),
        ("SPEECH_API_KEY", None),
    ]
    assert "dg-secret" not in repr(checks)


def test_a_key_that_is_needed_and_missing_fails():
    from web.cli._checks import check_keys
    from web.config import load_config

    (openai, *_) = check_keys({"llm": "openai"}, load_config())
    assert openai.ok is False
    assert openai.advice == "set OPENAI_API_KEY"


def test_a_server_of_ones_own_needs_no_key():
    from web.cli._checks import check_keys
    from web.config import load_config

    config = load_config(environ={"OPENAI_BASE_URL": "http://localhost:11434/v1"})
    (openai, *_) = check_keys({"llm": "openai"}, config)
    assert openai.ok is None


def test_packages_of_the_embedded_engines_are_found():
    from web.cli._checks import check_packages
    from web.config import load_config

    names = {"vad": "silero", "stt": "moonshine", "llm": "local", "tts": "hibari"}
    checks = list(check_packages(names, load_config()))
    assert all(check.ok for check in checks), checks
    assert "SmolLM2" in checks[2].detail


def test_a_model_file_that_is_missing():
    from web.cli._checks import check_packages
    from web.config import load_config

    (check,) = check_packages({"llm": "local"}, load_config({"llm_model": "/nowhere/big.gguf"}))
    assert check.ok is False
    assert "/nowhere/big.gguf" in check.advice


def test_a_port_in_use(capsys):
    import socket

    from web.cli._checks import check_port
    from web.config import load_config

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        check = trio.run(check_port, load_config({"port": str(port)}))
        assert check.ok is False
        assert "--port" in check.advice
        assert main(["serve", "--port", str(port)]) == 2  # told at once, before anything is loaded
    assert "--port" in capsys.readouterr().err


def test_records_that_cannot_be_opened_hide_the_password():
    from web.cli._checks import check_records
    from web.config import load_config

    check = trio.run(check_records, load_config({"db": "sqlite:////nowhere/at/all.db"}))
    assert check.ok is False
    assert check.advice
    check = trio.run(check_records, load_config({"db": "what?"}))
    assert check.ok is False
    assert "URL" in check.detail


def test_page_is_installed():
    from web.cli._checks import check_page

    assert check_page().ok


def test_doctor_json_is_one_object_and_fails_when_something_is_broken(monkeypatch, capsys):
    from actors.self_test import SelfTest
    from web.cli import _checking

    async def self_test(options):
        return (
            SelfTest("vad", "silero", True, 0.2, "a window of 32 ms"),
            SelfTest("llm", "local", False, 0.0, "EngineMissing", "the package xllamacpp is not installed"),
        )

    monkeypatch.setattr(_checking, "self_test", self_test)
    assert main(["doctor", "--json", "--db", "sqlite:////nowhere/at/all.db", "--port", "0"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert found["ok"] is False
    broken = {check["part"]: check["advice"] for check in found["checks"] if check["ok"] is False}
    assert broken["llm"] == "the package xllamacpp is not installed"
    assert set(broken) == {"agent", "llm"}
    assert main(["doctor", "--db", "sqlite:////nowhere/at/all.db", "--port", "0"]) == 1
    assert "language model: the package xllamacpp is not installed" in capsys.readouterr().out


def test_the_doctor_sees_what_would_keep_calls_from_starting(monkeypatch, tmp_path, capsys):
    from web.cli import _checking

    async def self_test(options):
        return ()

    monkeypatch.setattr(_checking, "self_test", self_test)
    (tmp_path / "file").touch()
    arguments = ["doctor", "--json", "--port", "0", "--db", f"sqlite:///{tmp_path}/x.db"]
    assert main([*arguments, "--open-wait-ms", "900", "--journal", str(tmp_path / "file" / "journals")]) == 1
    found = json.loads(capsys.readouterr().out)
    broken = {check["part"]: check["advice"] for check in found["checks"] if check["ok"] is False}
    assert set(broken) == {"waits", "journal"}
    assert "rising" in broken["waits"]
    assert main([*arguments, "--max-calls", "3", "--judge-ms", "500", "--journal", str(tmp_path / "journals")]) == 0


def test_an_unknown_agent(capsys):
    assert main(["chat", "--agent", "nobody"]) == 2
    assert "no agent 'nobody'" in capsys.readouterr().err


def test_an_unknown_engine(capsys, tmp_path):
    wav = tmp_path / "a.wav"
    import numpy as np

    write_wav(wav, np.full(800, 99, np.int16), 8000)
    assert main(["call", str(wav), "--llm", "gpt", "--db", f"sqlite:///{tmp_path}/x.db"]) == 2
    assert "'gpt'" in capsys.readouterr().err


def test_an_unknown_time_zone(capsys):
    assert main(["chat", "--timezone", "Moon/Sea"]) == 2
    assert "Moon/Sea" in capsys.readouterr().err


def test_contradicting_waits(capsys):
    from actors.errors import ConfigurationError
    from web.compose import call_settings
    from web.settings import TurnSettings

    with pytest.raises(ConfigurationError, match="rising"):
        call_settings(TurnSettings(complete_wait_ms=2_000))


def test_a_models_name_without_a_server(capsys, tmp_path):
    assert main(["chat", "--llm-model", "gpt-4o", "--db", f"sqlite:///{tmp_path}/x.db"]) == 2
    assert "OPENAI_BASE_URL" in capsys.readouterr().err
    assert main(["doctor", "--llm-model", "gpt-4o", "--db", f"sqlite:///{tmp_path}/x.db", "--port", "0"]) == 1
    assert "OPENAI_BASE_URL" in capsys.readouterr().out
