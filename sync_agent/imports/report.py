"""What an import did, or would do: counts and wrong lines, German or English."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from sync_agent.imports.wrong import WrongCode, WrongLine

SHOWN_MAX: Final = 50
_WORDS: Final = {
    "taken": ("übernommen", "taken"),
    "nothing": ("nichts zu ändern", "nothing to change"),
    "dry": ("nur geprüft", "only checked"),
    "refused": ("nicht übernommen", "not taken"),
    "new": ("neu", "new"),
    "changed": ("geändert", "changed"),
    "unchanged": ("gleich", "unchanged"),
    "erased": ("gelöschte Personen übergangen", "erased persons left out"),
    "wrong": ("falsche Zeilen", "wrong lines"),
    "warnings": ("Hinweise", "warnings"),
    "more": ("… und {count} weitere", "… and {count} more"),
    "passed": ("Spalten ohne Bedeutung hier", "columns without a meaning here"),
}


@dataclass(slots=True)
class Report:
    """Counts of one file.

    Args:
        kind: ``articles``, ``customers`` …
        name: of the file, without its folder.
        new: rows that were not known.
        changed: rows that were known otherwise.
        unchanged: rows that were known exactly so.
        left_out: lines of persons that were erased here.
        wrong_count: lines that cannot be taken; with one nothing is taken.
        wrong: the first of them.
        passed_over: columns that mean nothing to us.
        warnings: lines that are taken and may be disputed.
        state: ``taken``, ``nothing``, ``dry`` or ``refused``.
        taken_at: instant, ISO 8601 UTC.
    """

    kind: str
    name: str
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    left_out: int = 0
    wrong_count: int = 0
    wrong: list[WrongLine] = field(default_factory=list)
    passed_over: list[str] = field(default_factory=list)
    warnings: list[WrongLine] = field(default_factory=list)
    state: str = "dry"
    taken_at: str = ""

    def add_wrong(self, line: int, column: str, code: WrongCode) -> None:
        """Count a wrong line and keep it while there is room."""
        self.wrong_count += 1
        if len(self.wrong) < SHOWN_MAX:
            self.wrong.append(WrongLine(line, column, code))

    @property
    def changes(self) -> int:
        """Rows that are new or changed."""
        return self.new + self.changed

    def to_text(self, language: str) -> str:
        """Return the report for a terminal."""
        lines = [f"{self.name} ({self.kind}): {word(self.state, language)}"]
        counts = [
            f"{getattr(self, name)} {word(name, language)}"
            for name in ("new", "changed", "unchanged")
        ]
        lines.append(", ".join(counts))
        if self.left_out:
            lines.append(f"{self.left_out} {word('erased', language)}")
        if self.passed_over:
            lines.append(f"{word('passed', language)}: {', '.join(self.passed_over)}")
        if self.warnings:
            lines.append(f"{word('warnings', language)}:")
            lines += [warning.to_text(language) for warning in self.warnings]
        if self.wrong_count:
            lines.append(f"{self.wrong_count} {word('wrong', language)}:")
            lines += [wrong.to_text(language) for wrong in self.wrong]
            more = self.wrong_count - len(self.wrong)
            if more:
                lines.append(word("more", language).format(count=more))
        return "\n".join(lines)

    def to_dict(self, language: str) -> dict[str, Any]:
        """Return the report as plain values."""
        return {
            "kind": self.kind,
            "name": self.name,
            "state": self.state,
            "taken_at": self.taken_at,
            "new": self.new,
            "changed": self.changed,
            "unchanged": self.unchanged,
            "left_out": self.left_out,
            "wrong_count": self.wrong_count,
            "wrong": [wrong.to_dict(language) for wrong in self.wrong],
            "passed_over": self.passed_over,
            "warnings": [warning.to_dict(language) for warning in self.warnings],
        }


def word(name: str, language: str) -> str:
    """Return a word of the reports, German or English."""
    return _WORDS[name][language != "de"]
