"""What the command prints: the sums, what differs from the live rules, the limits."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pos_plugin.replay.compare_text import comparison_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pos_plugin.replay.compare import Comparison
    from pos_plugin.replay.gate import Limit, Verdict
    from pos_plugin.replay.summary import Summary


@dataclass(slots=True)
class Report:
    """A finished replay.

    Args:
        draft: its sums.
        both: the comparison with the live rules, where there are some.
        limits: that it has to keep.
    """

    draft: Summary
    both: Comparison | None
    limits: Sequence[Limit]
    verdicts: list[Verdict] = field(init=False)

    def __post_init__(self) -> None:
        self.verdicts = [limit.judge(self.draft, self.both) for limit in self.limits]

    @property
    def broken(self) -> list[Verdict]:
        """The limits that were not kept, in order."""
        return [verdict for verdict in self.verdicts if verdict.broken]

    def to_dict(self) -> dict[str, Any]:
        """Return the object of ``--json``: the sums of the draft, and what was asked for."""
        value = self.draft.to_dict()
        if self.both:
            value |= self.both.to_dict()
        if self.limits:
            value["limits"] = [verdict.to_dict() for verdict in self.verdicts]
        return value

    def to_text(self) -> str:
        """Return the tables a person reads."""
        text = comparison_text(self.both) if self.both else self.draft.to_text()
        kept = [verdict.to_text() for verdict in self.verdicts if not verdict.broken]
        return "\n".join([text, *(["", *kept] if kept else [])])
