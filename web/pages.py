"""The page's files, read once at start, and the answers that carry them. No other file can ever be served."""

from __future__ import annotations

import hashlib
import mimetypes
from collections.abc import Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Final

import attrs

from web.head import Answer, Head

__all__ = ["Asset", "answer_asset", "load_assets"]

# Not from the machine's own table, which differs from one to the next: a module served as text/plain does not load.
_TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/x-icon",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".map": "application/json",
    ".mjs": "text/javascript; charset=utf-8",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".wasm": "application/wasm",
    ".wav": "audio/wav",
    ".webmanifest": "application/manifest+json",
    ".webp": "image/webp",
    ".woff2": "font/woff2",
}


@attrs.frozen
class Asset:
    """One file of the page. ``etag`` is in quotes, as HTTP wants it."""

    body: bytes = attrs.field(repr=lambda body: f"<{len(body)} bytes>")
    content_type: str
    etag: str


def load_assets(root: Traversable | None = None) -> Mapping[str, Asset]:
    """Every file under ``root`` (default: the package's own page), by its name with forward slashes."""
    found: dict[str, Asset] = {}
    _collect(files("web") / "static" if root is None else root, "", found)
    return found


def _collect(folder: Traversable, prefix: str, found: dict[str, Asset]) -> None:
    if not folder.is_dir():
        return
    for entry in folder.iterdir():
        if entry.name.startswith("."):
            continue
        if entry.is_dir():
            _collect(entry, f"{prefix}{entry.name}/", found)
        else:
            body = entry.read_bytes()
            etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
            found[prefix + entry.name] = Asset(body, _content_type(entry.name), etag)


def _content_type(name: str) -> str:
    suffix = name[name.rfind(".") :].lower()
    return _TYPES.get(suffix) or mimetypes.guess_type(name)[0] or "application/octet-stream"


def answer_asset(asset: Asset, head: Head) -> Answer:
    """200 with the file, or 304 where the client names its present tag. Always to be asked for again."""
    headers = (("ETag", asset.etag), ("Cache-Control", "no-cache"))
    named = {tag.removeprefix("W/") for tag in head.get_all("if-none-match")}
    status = 304 if named & {asset.etag, "*"} else 200
    return Answer(status, asset.body, asset.content_type, headers)
