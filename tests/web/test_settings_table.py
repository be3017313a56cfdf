from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest

from web.cli._options import OF_A_CALL, OF_A_SERVER
from web.config import all_settings
from web.settings_table import settings_page

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"


def test_configuration_page_is_what_the_settings_say():
    """If this fails: ``.venv/bin/python -m web.settings_table > docs/configuration.md``."""
    assert (DOCS / "configuration.md").read_text() == settings_page()


@pytest.mark.parametrize(
    ("command", "groups"),
    [("serve", OF_A_SERVER), ("doctor", OF_A_SERVER), ("call", OF_A_CALL), ("chat", OF_A_CALL)],
)
def test_every_setting_has_a_flag_and_no_key_has_one(command, groups):
    """As the page says."""
    flags = {flag for option in importlib.import_module(f"web.cli.{command}").command.params for flag in option.opts}
    assert {info.flag for info in all_settings()} & flags == {i.flag for i in all_settings() if i.group in groups}
    assert "keys" not in groups


def test_the_table_of_the_readme_is_what_the_settings_say():
    infos = {info.flag: info for info in all_settings()}
    rows = re.findall(r"^\| (`--.+?) \| (.+?) \| (.*?) ?\|", (ROOT / "README.md").read_text(), re.MULTILINE)
    assert len(rows) == 10
    for flags, variables, defaults in rows:
        settings = [infos[flag] for flag in re.findall(r"`(.+?)`", flags)]
        for info, variable in zip(settings, re.findall(r"`(.+?)`", variables), strict=False):
            assert variable in (info.env, "BARGEIN_...")
        if any(info.default is not None for info in settings):
            assert defaults == ", ".join(str(info.default) for info in settings)
