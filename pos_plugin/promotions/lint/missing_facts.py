"""``not`` over a leaf whose fact may be missing: whoever is unknown gets what was meant for few."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pos_plugin.promotions.condition import walk
from pos_plugin.promotions.conditions import (
    Age,
    All,
    Birthday,
    CustomerKnown,
    History,
    InSegment,
    Not,
    Tender,
)
from pos_plugin.promotions.lint.finding import Finding, FindingCode, Sale, Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pos_plugin.promotions.condition import Condition
    from pos_plugin.promotions.lint.work import Work
    from pos_plugin.promotions.promotion import Promotion

_FACTS = {
    "in_segment": "the customer",
    "history": "the customer",
    "birthday": "the birthday",
    "age": "the birthday",
    "tender": "the means of payment, before the customer has chosen,",
}


def find(work: Work) -> Iterator[Finding]:
    """Yield promotions that hold for a missing fact, because ``not`` inverts that it is missing."""
    for promotion in work.promotions:
        known = _surely_known(promotion)
        for condition in walk(promotion.when):
            if not isinstance(condition, Not):
                continue
            leaf = next((one for one in _leaves(condition) if one.type not in known), None)  # type: ignore[attr-defined]
            if leaf is None:
                continue
            word: str = leaf.type  # type: ignore[attr-defined]
            yield Finding(
                FindingCode.NOT_OVER_MISSING_FACT,
                Severity.WARNING,
                (promotion.id,),
                f"{promotion.id} says not {word}: that holds, too, where {_FACTS[word]} is "
                "not known.",
                _without(work.showcase(promotion), word),
            )
            break


def _leaves(condition: Condition) -> Iterator[Condition]:
    """The leaves whose fact may be missing; a ``not`` inside is a finding of its own."""
    for inner in walk(condition.inner()):
        if isinstance(inner, InSegment | History | Birthday | Age | Tender):
            yield inner


def _surely_known(promotion: Promotion) -> set[str]:
    """The leaves whose fact is there whenever the rest of the conditions holds."""
    known: set[str] = set()
    if promotion.limits.per_customer is not None or promotion.layer == "earn":
        known |= {"in_segment", "history"}
    for condition in _needed(promotion.when):
        if isinstance(condition, CustomerKnown | InSegment | History | Birthday | Age):
            known |= {"in_segment", "history"}
        if isinstance(condition, Birthday | Age):
            known |= {"birthday", "age"}
        if isinstance(condition, Tender):
            known.add("tender")
    return known


def _needed(conditions: Sequence[Condition]) -> Iterable[Condition]:
    for condition in conditions:
        yield condition
        if isinstance(condition, All):
            yield from _needed(condition.of)


def _without(sale: Sale, word: str) -> Sale:
    """The sale without the fact."""
    if word == "tender":
        return {name: value for name, value in sale.items() if name != "tenders"}
    customer = sale.get("customer")
    if customer and word in ("birthday", "age"):
        kept = {name: value for name, value in customer.items() if name != "birthday"}
        return {**sale, "customer": kept}
    return {name: value for name, value in sale.items() if name != "customer"}
