"""Templates of head office in ``cache.db``: signed like rules, the last three versions stay."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

    import apsw

VERSIONS_KEPT: Final = 3

SCHEMA: Final = (
    # What a voucher looks like; `content` is the JSON of a template (docs/printing.md).
    """CREATE TABLE template (
        template_id TEXT NOT NULL,
        lang TEXT NOT NULL,
        version INTEGER NOT NULL,
        content TEXT NOT NULL,
        PRIMARY KEY (template_id, lang, version)
    ) STRICT, WITHOUT ROWID""",
)


def versions(cache: apsw.Connection, template_id: str, lang: str) -> list[int]:
    """Return the versions of a template, the newest first."""
    rows: Any = cache.execute(
        "SELECT version FROM template WHERE template_id = ? AND lang = ? ORDER BY version DESC",
        (template_id, lang),
    )
    return [version for (version,) in rows]


def content(cache: apsw.Connection, template_id: str, lang: str, version: int) -> str:
    """Return the JSON of a version; empty if it is gone."""
    row: Any = cache.execute(
        "SELECT content FROM template WHERE template_id = ? AND lang = ? AND version = ?",
        (template_id, lang, version),
    ).get
    return row or ""


def store(cache: apsw.Connection, templates: Iterable[tuple[str, str, int, str]]) -> None:
    """Keep templates as id, language, version and JSON; older versions go.

    A version that is here already stays as it is: what was signed once does not change.
    """
    for template_id, lang, version, text in templates:
        cache.execute(
            "INSERT INTO template (template_id, lang, version, content) VALUES (?, ?, ?, ?) "
            "ON CONFLICT DO NOTHING",
            (template_id, lang, version, text),
        )
        cache.execute(
            "DELETE FROM template WHERE template_id = ? AND lang = ? AND version NOT IN ("
            "SELECT version FROM template WHERE template_id = ? AND lang = ? "
            "ORDER BY version DESC LIMIT ?)",
            (template_id, lang, template_id, lang, VERSIONS_KEPT),
        )
