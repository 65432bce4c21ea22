"""The packing of the article layer where proofs are out of reach: what it finds all the same."""

from __future__ import annotations

from typing import Any

from pos_plugin.promotions.generation import RuleGeneration

PRICE_MINOR = 185


def test_groups_that_a_cap_does_not_pay_leave_their_units_to_others() -> None:
    """Of 216 equal pieces 60 fill the cap of "6 for 5", the others go into bundles of three."""
    offers = [
        _article(
            "N-CAPPED",
            {"kind": "n_for_m", "n": 6},
            limits={"max_discount_minor": 2_000},
        ),
        _article(
            "B-THREE",
            {"kind": "bundle", "slots": [{"quantity": 3}], "benefit": _percent(1_500)},
        ),
        _article("Q-ALL", _tiers({48: 300, 96: 500})),
        _article("Q-GARDEN", _tiers({12: 500, 48: 1_000, 96: 1_500})),
        _article("Q-DOTS", _tiers({6: 500, 12: 1_000})),
    ]
    line = {
        "line_id": "1",
        "sku": "A",
        "quantity_milli": 216_000,
        "unit_price_minor": PRICE_MINOR,
    }
    sale = {"sale_id": "cap", "at": "2026-03-07T12:00:00+01:00", "lines": [line]}

    result = RuleGeneration.from_value(offers).evaluate(sale)

    groups, bundles = 10, 52
    saved_minor = groups * PRICE_MINOR + bundles * 3 * PRICE_MINOR * 15 // 100
    assert result.discount_minor == saved_minor
    # One group more is paid by the cap in part only, and costs two bundles: less is saved so.
    assert saved_minor > 2_000 + (bundles - 2) * 3 * PRICE_MINOR * 15 // 100
    assert result.optimal or result.gap_minor


def _article(rule_id: str, offer: dict[str, Any], **more: object) -> dict[str, Any]:
    return {"id": rule_id, "layer": "article", "offer": offer, **more}


def _percent(bp: int) -> dict[str, Any]:
    return {"type": "percent", "bp": bp}


def _tiers(steps: dict[int, int]) -> dict[str, Any]:
    tiers = [{"min_quantity": step, "benefit": _percent(bp)} for step, bp in steps.items()]
    return {"kind": "quantity_tiers", "tiers": tiers}
