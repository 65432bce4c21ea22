"""What a draft changes: two replays of the same receipts, laid side by side receipt by receipt.

The events of both tills are read once and forgotten; kept are sums, uses by promotion and the
greatest changes. Each side has a till of its own, so that what counts over receipts (uses by
customer, histories) is counted under the rules that caused it.
"""

from __future__ import annotations

import heapq
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from pos_plugin.replay.past import plain_id

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from pos_plugin.replay.summary import Summary

    Body = Mapping[str, Any]

TOP_CHANGES: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A receipt whose discount is another one under the draft.

    Args:
        receipt: its number.
        live_minor: discount under the live rules, in minor units (cents).
        draft_minor: discount under the draft, in minor units (cents).
        live: what each live promotion gave.
        draft: what each promotion of the draft gave.
    """

    receipt: str
    live_minor: int
    draft_minor: int
    live: Mapping[str, int]
    draft: Mapping[str, int]

    @property
    def rise_minor(self) -> int:
        """What the draft gives more, in minor units (cents); negative when it gives less."""
        return self.draft_minor - self.live_minor

    def to_dict(self) -> dict[str, Any]:
        """Return the object of ``--json``."""
        return {
            "receipt": self.receipt,
            "live_minor": self.live_minor,
            "draft_minor": self.draft_minor,
            "rise_minor": self.rise_minor,
            "live": dict(self.live),
            "draft": dict(self.draft),
        }


@dataclass(slots=True)
class Comparison:
    """A draft against the live rules on the same receipts.

    Args:
        draft: sums of the replay with the draft.
        live: sums of the replay with the live rules.
        changed: receipts on which a line costs, or an account earns, something else.
        cheaper: receipts with a lower total under the draft.
        dearer: receipts with a higher total under the draft.
        greatest_rise_minor: that one receipt gets more under the draft, in minor units (cents).
    """

    draft: Summary
    live: Summary
    changed: int = 0
    cheaper: int = 0
    dearer: int = 0
    greatest_rise_minor: int = 0
    _seen: int = 0
    _greatest: list[tuple[int, int, Change]] = field(default_factory=list)

    def add(self, draft: Body, live: Body) -> None:
        """Add a receipt.

        Args:
            draft: body of its event under the draft.
            live: body of its event under the live rules.
        """
        self._seen += 1
        self.changed += _price(draft) != _price(live)
        draft_minor = draft["receipt"]["discount_minor"]
        live_minor = live["receipt"]["discount_minor"]
        rise_minor = draft_minor - live_minor
        if not rise_minor:
            return
        self.cheaper += rise_minor > 0
        self.dearer += rise_minor < 0
        self.greatest_rise_minor = max(self.greatest_rise_minor, rise_minor)
        # Of equal changes the first receipts stay: no two ranks are equal.
        rank = (abs(rise_minor), -self._seen)
        if len(self._greatest) == TOP_CHANGES and rank < self._greatest[0][:2]:
            return
        change = Change(
            receipt=plain_id(draft["receipt"]["sale_id"]),
            live_minor=live_minor,
            draft_minor=draft_minor,
            live=_given(live),
            draft=_given(draft),
        )
        heapq.heappush(self._greatest, (*rank, change))
        if len(self._greatest) > TOP_CHANGES:
            heapq.heappop(self._greatest)

    @property
    def top(self) -> list[Change]:
        """The greatest changes of the discount in either direction, the greatest first."""
        return [change for *_, change in sorted(self._greatest, key=lambda one: one[:2])[::-1]]

    @property
    def discount_rise_minor(self) -> int:
        """What the draft gives more on all receipts, in minor units (cents)."""
        return self.draft.discount_minor - self.live.discount_minor

    @property
    def promotions(self) -> list[str]:
        """The ids of both, in ascending order."""
        return sorted({*self.draft.per_promotion, *self.live.per_promotion})

    def to_dict(self) -> dict[str, Any]:
        """Return what ``--json`` says beside the sums of the draft."""
        sides = {"live": self.live, "draft": self.draft}
        return {
            "against": self.live.to_dict(),
            "changes": {
                "discount_rise_minor": self.discount_rise_minor,
                "changed_receipts": self.changed,
                "cheaper_receipts": self.cheaper,
                "dearer_receipts": self.dearer,
                "per_promotion": {
                    promotion: {
                        side: uses.to_dict()
                        if (uses := sums.per_promotion.get(promotion))
                        else None
                        for side, sums in sides.items()
                    }
                    for promotion in self.promotions
                },
                "top": [change.to_dict() for change in self.top],
            },
        }


def paired(draft: Iterable[Body], live: Iterable[Body]) -> Iterator[tuple[Body, Body]]:
    """Yield the bodies of each sale on both sides.

    Two tills book in the same order, unless one folder held some receipts before: only what is out
    of step is kept meanwhile. A sale of one side alone is passed over.
    """
    live_ones = iter(live)
    waiting: dict[str, Body] = {}
    for one in draft:
        sale_id = one["receipt"]["sale_id"]
        while sale_id not in waiting:
            other = next(live_ones, None)
            if other is None:
                break
            waiting[other["receipt"]["sale_id"]] = other
        if sale_id in waiting:
            yield one, waiting.pop(sale_id)


def _price(body: Body) -> tuple[list[int], dict[str, int]]:
    earned: Counter[str] = Counter()
    for entry in body["ledger"]:
        earned[entry["program"]] += entry["delta"]
    return [line["paid_minor"] for line in body["lines"]], dict(earned)


def _given(body: Body) -> dict[str, int]:
    given: Counter[str] = Counter()
    for one in body["promotion_results"]:
        given[one["promotion"]] += one["discount_minor"]
    return dict(sorted(given.items()))
