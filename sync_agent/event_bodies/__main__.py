"""Writes the JSON Schemas of the events into a folder: ``docs/contract/events`` by default."""

from __future__ import annotations

import sys
from pathlib import Path

from sync_agent.event_bodies.documents import schema_texts


def main() -> None:
    """Write every file; an argument names another folder."""
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "docs/contract/events")
    for name, text in schema_texts().items():
        (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
