"""Texts of a promotion: missing ones, and those that tell others which group somebody is in."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pos_plugin.promotions.condition import walk
from pos_plugin.promotions.conditions import InSegment
from pos_plugin.promotions.lint.finding import Finding, FindingCode, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pos_plugin.promotions.lint.work import Work
    from pos_plugin.promotions.promotion import Promotion

_SHORTEST = 3  # letters of a group's name that mean something inside a sentence


def find(work: Work) -> Iterator[Finding]:
    """Yield what is wrong with the labels; those of ``earn`` stand on no receipt.

    German is asked for always, English of a shop that speaks it: one label of its promotions does.
    No setting says which languages a shop has; that of a till is of its screen and its paper.
    """
    speaks_english = any("en" in promotion.label for promotion in work.promotions)
    for promotion in work.promotions:
        earns = promotion.layer == "earn"
        if "de" not in promotion.label:
            yield Finding(
                FindingCode.LABEL_DE_MISSING,
                Severity.INFO if earns else Severity.ERROR,
                (promotion.id,),
                f"{promotion.id} has no German label: the receipt says only 'Rabatt'.",
                work.showcase(promotion),
            )
        if speaks_english and "en" not in promotion.label:
            yield Finding(
                FindingCode.LABEL_EN_MISSING,
                Severity.INFO if earns else Severity.WARNING,
                (promotion.id,),
                f"{promotion.id} has no English label, others of this file have one.",
                work.showcase(promotion),
            )
        group = _group_named(promotion)
        if group is not None:
            yield Finding(
                FindingCode.LABEL_NAMES_GROUP,
                Severity.WARNING,
                (promotion.id,),
                f"The label of {promotion.id} names the group {group!r}: whoever reads the "
                "display or the receipt learns what the shop thinks of the customer.",
                work.showcase(promotion),
            )


def _group_named(promotion: Promotion) -> str | None:
    groups = [
        group
        for leaf in walk(promotion.when)
        if isinstance(leaf, InSegment)
        for group in (*leaf.any_of, *leaf.none_of)
    ]
    text = " ".join(promotion.label.values()).casefold()
    for group in groups:
        for name in {group, *group.split(":")[-1:]}:
            word = name.casefold()
            if len(word) >= _SHORTEST and re.search(rf"(?<!\w){re.escape(word)}", text):
                return group
    return None
