"""What lint says: a closed set of codes, each finding with a sale that shows it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

Sale = dict[str, Any]
"""A sale of promotions.md §3, as ``stammkunde evaluate`` takes it."""


class FindingCode(StrEnum):
    """Every finding there is; docs/promotions.md explains each."""

    VALIDITY_EMPTY = "validity_empty"
    WINDOW_NEVER_OPENS = "window_never_opens"
    ALREADY_ENDED = "already_ended"
    CONDITIONS_CONTRADICT = "conditions_contradict"
    SELECTOR_EXCLUDES_ALL = "selector_excludes_all"
    NO_ARTICLE = "no_article"
    WORD_WITHOUT_ARTICLE = "word_without_article"
    ONLY_PRICE_BOUND = "only_price_bound"
    NEVER_SAVES = "never_saves"
    TIER_NEVER_USED = "tier_never_used"
    NEVER_APPLIED = "never_applied"
    SHADOWED = "shadowed"
    OVERLAP = "overlap"
    TIER_CLIFF = "tier_cliff"
    LOSS_CLIFF = "loss_cliff"
    COMBINED_REDUCTION = "combined_reduction"
    SEARCH_EFFORT = "search_effort"
    PRICE_BOUND = "price_bound"
    LABEL_DE_MISSING = "label_de_missing"
    LABEL_EN_MISSING = "label_en_missing"
    LABEL_NAMES_GROUP = "label_names_group"
    REFERENCE_PRICE_MISSING = "reference_price_missing"
    REFERENCE_PRICE_NOT_UNDERCUT = "reference_price_not_undercut"
    NOT_OVER_MISSING_FACT = "not_over_missing_fact"


class Severity(StrEnum):
    """``error`` must be put right, ``warning`` wants a look, ``info`` is good to know."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding.

    Args:
        code: which.
        severity: how bad.
        promotions: ids, the one to change first.
        message: one English sentence.
        example: a sale that shows it.
        beside: of a cliff, the sale on the other side of the threshold.
        figures: what names the size; units stand in the names.
    """

    code: FindingCode
    severity: Severity
    promotions: tuple[str, ...]
    message: str
    example: Sale
    beside: Sale | None = None
    figures: Mapping[str, int] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON object; ``beside`` only where there is one."""
        value: dict[str, Any] = {
            "code": str(self.code),
            "severity": str(self.severity),
            "promotions": list(self.promotions),
            "message": self.message,
            "figures": dict(self.figures),
            "example": self.example,
        }
        if self.beside is not None:
            value["beside"] = self.beside
        return value
