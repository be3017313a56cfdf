"""Every setting as Markdown: ``python -m web.settings_table > docs/configuration.md``."""

from __future__ import annotations

from typing import Any, Final

from web.config import all_settings
from web.settings import SettingInfo

__all__ = ["settings_page"]

_HEAD: Final = """# Configuration

Every setting has a flag (`--tls-cert` for `tls_cert`), an environment variable and a place in `bargein.toml` (or the
file that `--config` or `BARGEIN_CONFIG` names). Flags go before the environment, the environment before the file, the
file before the default. An empty variable counts as absent. Keys are given by variable or file only.

`bargein serve` and `bargein doctor` take the flags of all settings, `bargein call` and `bargein chat` those of
`[agent]`, `[engines]`, `[turns]`, `[journal]` and `[logging]`; `--help` lists the most used ones.

```toml
[server]
port = 8443
tls_cert = "cert.pem"

[engines]
llm_model = "/models/other.gguf"
```

This page is generated from the settings themselves: `python -m web.settings_table`.
"""


def settings_page() -> str:
    """The whole page, one table a group."""
    lines = [_HEAD]
    group = ""
    for info in all_settings():
        if info.group != group:
            group = info.group
            lines += [f"## [{group}]", "", "| setting | variable | default | meaning |", "|---|---|---|---|"]
        lines.append(f"| `{info.name}` | `{info.env}` | {_default(info)} | {info.help} |")
        if _last_of_group(info):
            lines.append("")
    return "\n".join(lines)


def _last_of_group(info: SettingInfo) -> bool:
    return [each.name for each in all_settings() if each.group == info.group][-1] == info.name


def _default(info: SettingInfo) -> str:
    value: Any = info.default
    if value is None or value == ():
        return "not set"
    return f"`{value}`"


if __name__ == "__main__":
    print(settings_page(), end="")  # noqa: T201 - its purpose
