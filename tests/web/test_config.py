"""Settings: one precedence, one name, and keys that nothing shows."""

from __future__ import annotations

import copy
import pickle
from pathlib import Path

import attrs
import pytest

from actors.errors import ConfigurationError
from web.config import Secret, all_settings, load_config
from web.settings import Config, JournalSettings

KEY = "sk-very-secret"


def test_flags_go_before_environment_before_file_before_default(tmp_path):
    file = tmp_path / "b.toml"
    file.write_text('[server]\nport = 1\nhost = "a"\n[agent]\nagent = "x"\n[limits]\nhead_seconds = 2\n')
    environ = {"BARGEIN_PORT": "2", "BARGEIN_HOST": "b", "BARGEIN_DB": ""}
    config = load_config({"port": 3, "host": None}, environ, file)
    assert (config.server.port, config.server.host, config.agent.agent) == (3, "b", "x")
    assert config.limits.head_seconds == 2.0
    assert config.agent.db == Config().agent.db
    assert config.sources == {"port": "flag", "host": "environment", "agent": "file", "head_seconds": "file"}


def test_without_anything_all_is_at_its_default(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert load_config() == Config()


def test_a_file_in_the_working_directory_or_named_by_a_variable_counts(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    Path("bargein.toml").write_text("[server]\nport = 1\n")
    Path("other.toml").write_text("[server]\nport = 2\n")
    assert load_config().server.port == 1
    assert load_config(environ={"BARGEIN_CONFIG": "other.toml"}).server.port == 2
    assert load_config(environ={"BARGEIN_CONFIG": "other.toml"}, file=Path("bargein.toml")).server.port == 1


def test_values_get_their_types():
    environ = {
        "BARGEIN_TLS_CERT": "a.pem",
        "BARGEIN_ORIGINS": "https://a.org, https://b.org",
        "BARGEIN_STALL_SECONDS": "2.5",
        "OPENAI_API_KEY": KEY,
        "OPENAI_BASE_URL": "http://localhost:1/v1",
    }
    config = load_config({}, environ)
    assert config.server.tls_cert == Path("a.pem")
    assert config.server.origins == ("https://a.org", "https://b.org")
    assert config.limits.stall_seconds == 2.5
    assert config.keys.openai_api_key is not None
    assert config.keys.openai_api_key.reveal() == KEY
    assert config.engines.llm_base_url == "http://localhost:1/v1"


@pytest.mark.parametrize(("text", "on"), [("yes", True), ("True", True), ("1", True), ("off", False), ("0", False)])
def test_a_switch_is_yes_or_no(text, on, tmp_path):
    assert load_config({}, {"BARGEIN_JOURNAL_AUDIO": text}).journal.journal_audio is on
    file = tmp_path / "b.toml"
    file.write_text(f'[journal]\njournal = "here"\njournal_unmasked = {str(on).lower()}\n')
    config = load_config({"journal_audio": True}, {}, file)
    assert config.journal == JournalSettings(Path("here"), journal_audio=True, journal_unmasked=on)


@pytest.mark.parametrize(
    ("environ", "message"),
    [
        ({"BARGEIN_PORT": "abc"}, "BARGEIN_PORT: 'abc' is not a whole number."),
        ({"BARGEIN_JOURNAL_AUDIO": "maybe"}, "BARGEIN_JOURNAL_AUDIO: 'maybe' is not yes or no."),
        ({"BARGEIN_PORT": "1.5"}, "BARGEIN_PORT: '1.5' is not a whole number."),
        ({"BARGEIN_PORT": "70000"}, "'port' must be <= 65535"),
        ({"BARGEIN_STALL_SECONDS": "nan"}, "'stall_seconds' must be > 0"),
        ({"BARGEIN_LOG_LEVEL": "loud"}, "is not one of debug, info, warning, error."),
        ({"BARGEIN_CONFIG": "/no/such.toml"}, "cannot be read"),
    ],
)
def test_wrong_values_name_the_setting(environ, message):
    with pytest.raises(ConfigurationError) as caught:
        load_config({}, environ)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("toml", "message"),
    [
        ("[server]\nprot = 1", "prot in [server] is not a setting. Did you mean port?"),
        ("[sever]\nport = 1", "[sever] is not a table of settings. Did you mean server?"),
        ("port = 1", "[port] is not a table of settings."),
        ("[limits]\nport = 1", "port belongs in [server], not in [limits]."),
        ("[server]\nport = true", "port: True is not a whole number."),
        ("[server]\nport = 1.0", "port: 1.0 is not a whole number."),
        ("[server]\nhost = 1", "host: 1 is not text."),
        ("[server]\norigins = [1]", "origins: [1] is not a list of text."),
        ("[keys]\nopenai_api_key = 77123", "openai_api_key: is not text."),
        ("[server", "is not TOML"),
    ],
)
def test_mistakes_in_the_file_are_named(tmp_path, toml, message):
    file = tmp_path / "b.toml"
    file.write_text(toml)
    with pytest.raises(ConfigurationError) as caught:
        load_config({}, {}, file)
    assert message in str(caught.value).replace("openai_api_key: is", "openai_api_key: is")
    assert "77123" not in str(caught.value)


def test_an_unknown_flag_is_an_error():
    with pytest.raises(ConfigurationError, match=r"prot is not a setting\. Did you mean port"):
        load_config({"prot": 1})


def test_every_setting_has_one_name_and_a_help():
    infos = list(all_settings())
    for names in ([info.name for info in infos], [info.env for info in infos]):
        assert len(set(names)) == len(names)
    assert all(info.help for info in infos)
    assert {info.flag for info in infos} >= {"--port", "--tls-cert", "--llm-model", "--db", "--max-calls"}


def test_nothing_shows_a_key(tmp_path):
    config = load_config({"db": "postgresql://me:pa55@host/db"}, {"DEEPGRAM_API_KEY": KEY})
    secret = config.keys.deepgram_api_key
    shown = [
        repr(config),
        str(config),
        repr(secret),
        str(secret),
        f"{secret}",
        f"{secret!r:>20}",
        str(attrs.asdict(config)),
    ]
    assert not any(KEY in each for each in shown)
    assert "pa55" not in repr(config)
    assert "me" in repr(config.agent)
    with pytest.raises(TypeError):
        pickle.dumps(secret)
    with pytest.raises(TypeError):
        copy.deepcopy(secret)
    assert secret == Secret(KEY) != Secret("other")
    assert len({secret, Secret(KEY)}) == 1
