"""One line of the doctor: what was looked at, how it is, and what to do."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


class Level(IntEnum):
    """How a thing is; the greatest of all findings is how the till is."""

    GOOD = 0
    WARN = 1
    BAD = 2


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found.

    Args:
        check: what was looked at, one word.
        level: how it is.
        code: stable word of what was found.
        texts: language to sentences; for what is not good they say what to do.
    """

    check: str
    level: Level
    code: str
    texts: Mapping[str, str]

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON object of the line; it speaks English on every till."""
        return {
            "check": self.check,
            "level": self.level.name.lower(),
            "code": self.code,
            "message": self.texts["en"],
        }


class Words:
    """The sentences of some checks.

    Args:
        texts: code to language to sentence, with places for figures.
    """

    def __init__(self, texts: Mapping[str, Mapping[str, str]]) -> None:
        self.texts = texts

    def good(self, check: str, code: str, **values: object) -> Finding:
        """Return a finding that nobody has to do anything about."""
        return self._found(check, Level.GOOD, code, values)

    def warn(self, check: str, code: str, **values: object) -> Finding:
        """Return a finding that somebody should look at."""
        return self._found(check, Level.WARN, code, values)

    def bad(self, check: str, code: str, **values: object) -> Finding:
        """Return a finding that keeps the till from doing its work, or risks its data."""
        return self._found(check, Level.BAD, code, values)

    def _found(self, check: str, level: Level, code: str, values: dict[str, object]) -> Finding:
        texts = {language: text.format(**values) for language, text in self.texts[code].items()}
        return Finding(check, level, code, texts)
