"""The oracle of the best price on sales worked out by hand from promotions.md §4."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from oracle import best_total

Doc = dict[str, Any]

TROUSERS = {"any_of": [{"categories": ["hosen"]}]}
PERCENT_10 = {"type": "percent", "bp": 1000}
PERCENT_50 = {"type": "percent", "bp": 5000}


def line(sku: str, price_minor: int, *, pieces: int = 1, **facts: Any) -> Doc:
    return {"sku": sku, "unit_price_minor": price_minor, "quantity_milli": 1000 * pieces} | facts


def sale(*lines: Doc, **facts: Any) -> Doc:
    numbered = [one | {"line_id": str(number)} for number, one in enumerate(lines)]
    return {"sale_id": "s", "at": "2026-03-07T15:12:00+01:00", "lines": numbered} | facts


def article(identity: str, offer: Doc, **facts: Any) -> Doc:
    return {"id": identity, "layer": "article", "offer": offer} | facts


def off_each(benefit: Doc, on: Doc | None = None) -> Doc:
    return {"kind": "unit_discount", "on": on or {}, "benefit": benefit}


def later(layer: str, *tiers: tuple[int, Doc], on: Doc | None = None, **facts: Any) -> Doc:
    return {
        "id": layer,
        "layer": layer,
        "offer": {
            "kind": "receipt_discount",
            "on": on or {},
            "tiers": [{"min_value_minor": minor, "benefit": benefit} for minor, benefit in tiers],
        },
    } | facts


def test_without_promotions_the_scanned_prices_hold() -> None:
    assert best_total([], sale(line("A", 333, pieces=3))) == 999


def test_a_small_discount_is_forgone_for_a_threshold() -> None:
    off = article("A", off_each({"type": "amount_off", "minor": 500}))
    tier = later("receipt", (10_000, {"type": "amount_off", "minor": 1000}))
    assert best_total([off, tier], sale(line("A", 10_000))) == 9000
    assert best_total([off, tier], sale(line("A", 10_500))) == 9000  # here both fit


def test_a_set_discount_belongs_to_all_its_units() -> None:
    # 3 for 2 on 3 x 12.00 leaves 8.00 on each; 50 % on the trousers (one of them) gives 4.00.
    three = article("A", {"kind": "n_for_m", "on": {}, "n": 3})
    half = later("receipt", (0, PERCENT_50), on=TROUSERS)
    basket = sale(line("H", 1200, categories=["hosen"]), line("B", 1200, pieces=2))
    assert best_total([three, half], basket) == 3600 - 1200 - 400


def test_a_cap_cuts_all_applications_in_proportion() -> None:
    # 50 % of 100.00 and 20.00 is 60.00, capped to 30.00: 25.00 and 5.00.
    half = article("A", off_each(PERCENT_50), limits={"max_discount_minor": 3000})
    rest = later("receipt", (7500, PERCENT_10), on=TROUSERS)
    basket = sale(line("H", 10_000, categories=["hosen"]), line("B", 2000))
    assert best_total([half, rest], basket) == 12_000 - 3000 - 750


def test_an_unspent_cap_is_no_discount() -> None:
    half = article("A", off_each(PERCENT_50), limits={"max_discount_minor": 10_000})
    assert best_total([half], sale(line("A", 2000))) == 1000


def test_two_coupons_discount_two_units() -> None:
    half = article("A", off_each(PERCENT_50), when=[{"type": "coupon", "series": "X"}])
    coupons = [{"code": "1", "series": "X"}, {"code": "2", "series": "X"}]
    assert best_total([half], sale(line("A", 1000, pieces=3), coupons=coupons)) == 2000
    assert best_total([half], sale(line("A", 1000, pieces=3))) == 3000


def test_two_layers_do_not_share_one_coupon() -> None:
    when = [{"type": "coupon", "series": "X"}]
    promotions = [
        later("receipt", (0, PERCENT_10), when=when),
        later("customer", (0, PERCENT_50), when=when),
    ]
    one = [{"code": "1", "series": "X"}]
    assert best_total(promotions, sale(line("A", 1000), coupons=one)) == 500
    two = [*one, {"code": "2", "series": "X"}]
    assert best_total(promotions, sale(line("A", 1000), coupons=two)) == 450


def test_units_of_an_exclusive_promotion_leave_the_base() -> None:
    basket = sale(line("A", 1000, pieces=2))
    rest = later("receipt", (0, PERCENT_50))
    shared = article("A", off_each(PERCENT_10))
    assert best_total([shared, rest], basket) == 900
    assert best_total([shared | {"exclusive": "units"}, rest], basket) == 1000


def test_an_exclusive_receipt_promotion_is_alone_or_absent() -> None:
    basket = sale(line("A", 1000))
    half = article("A", off_each(PERCENT_50))
    alone = later("receipt", (0, PERCENT_10), exclusive="receipt")
    assert best_total([half, alone], basket) == 500
    assert best_total([alone], basket) == 900


def test_the_customer_rate_sees_what_the_receipt_layer_left() -> None:
    # 10.00 off 80.00 + 20.00 leaves 72.00 of the trousers; 3 % of them are 2.16.
    promotions = [
        later("receipt", (0, {"type": "amount_off", "minor": 1000})),
        later("customer", (0, {"type": "customer_rate", "max_bp": 500}), on=TROUSERS),
    ]
    basket = sale(line("H", 8000, categories=["hosen"]), line("B", 2000))
    assert best_total(promotions, basket) == 9000
    known = basket | {"customer": {"id": "K", "instant_discount_bp": 300}}
    assert best_total(promotions, known) == 9000 - 216


def test_a_bundle_that_saves_nothing_does_not_exist() -> None:
    slots = [{"on": TROUSERS}, {"on": {}}]
    outfit = article(
        "A", {"kind": "bundle", "slots": slots, "benefit": {"type": "fixed_price", "minor": 1500}}
    )
    assert best_total([outfit], sale(line("H", 1000, categories=["hosen"]), line("B", 400))) == 1400
    assert best_total([outfit], sale(line("H", 1000, categories=["hosen"]), line("B", 900))) == 1500


def test_a_measured_line_is_one_unit_and_a_return_only_counts() -> None:
    half = article("A", off_each(PERCENT_50) | {"max_units": 1})
    cloth = line("C", 333, measured=True) | {"quantity_milli": 2500}  # 832.5, half up 833
    returned = line("R", 500) | {"quantity_milli": -1000}
    assert best_total([half], sale(cloth, returned)) == Fraction(833, 2) - 500


def test_conditions_see_price_bound_goods_that_get_no_discount() -> None:
    when = [{"type": "min_value", "minor": 2000}]
    half = article("A", off_each(PERCENT_50), when=when)
    basket = sale(line("A", 1000), line("BOOK", 1000, discountable=False))
    assert best_total([half], basket) == 1500
    assert best_total([half], sale(line("A", 1000))) == 1000
