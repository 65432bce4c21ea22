"""The files of the reference till's page, read once; they hold no secret and need no token."""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib.resources import files
from typing import Final

_MEDIA_TYPES: Final = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
INDEX: Final = "till.html"


@dataclass(frozen=True, slots=True)
class PageFile:
    """A file as it is sent."""

    content: bytes
    media_type: str

    def policy(self, demo_port: str) -> str:
        """Return what the page may load: its own files, and the demo's switch when asked for.

        Args:
            demo_port: of the demo on this machine; anything but a port is ignored.
        """
        demo = f" http://127.0.0.1:{demo_port}" if re.fullmatch(r"[1-9]\d{0,4}", demo_port) else ""
        return (
            f"default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'{demo}; "
            "img-src 'self' blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        )


def page_files() -> dict[str, PageFile]:
    """Return path to file; the page itself is ``/``."""
    found: dict[str, PageFile] = {}
    for entry in (files("pos_plugin.service") / "page").iterdir():
        name = entry.name
        media_type = _MEDIA_TYPES.get(name[name.rfind(".") :])
        if media_type is not None:
            path = "/" if name == INDEX else f"/{name}"
            found[path] = PageFile(entry.read_bytes(), media_type)
    return found
