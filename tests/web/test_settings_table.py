from __future__ import annotations

from pathlib import Path

from web.settings_table import settings_page

DOCS = Path(__file__).parents[2] / "docs"


def test_configuration_page_is_what_the_settings_say():
    """If this fails: ``.venv/bin/python -m web.settings_table > docs/configuration.md``."""
    assert (DOCS / "configuration.md").read_text() == settings_page()
