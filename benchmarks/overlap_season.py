"""Fifty promotions as the gift shop of the real receipts would run them in one season.

15 n-for-m, 9 bundles, 8 buy-get, 9 quantity tiers up to 96, 4 unit discounts, 4 receipt discounts
with 6 tiers together and a customer rate. They overlap as a merchant's do: a range has its offer by
category, a theme runs across ranges by words of the description (``tags``), small prices have
theirs, whole packs are cheaper for those who buy to sell, and one holds for everything.

How they were chosen: written by what such a shop sells, then measured by what the compact model of
promotions.md §7 needs (``overlap_hardness.py``), never by what this engine proves. A first draft
with "12 for 11" on everything and "10 for 9" on all small prices took CP-SAT more than 2 s on 8 of
40 sampled receipts; these two became offers on a theme and on a range. Then 36 of the 40 took at
most 2 s (median 0.09 s, one worker on a busy machine), 3 took 3 to 64 s and one had no proof: about
what the document measured for its own fifty (0.02 to 1.7 s), a little more on the longest receipts.
What the model cannot say exactly was left out: tiers on a part of the goods, bundles that may save
nothing.
"""

from __future__ import annotations

from typing import Any

Rule = dict[str, Any]


def promotions() -> list[Rule]:
    """The rules, as they stand in a PROMOTIONS.json."""
    return [
        *_n_for_m(),
        *_bundles(),
        *_buy_get(),
        *_quantity_tiers(),
        *_unit_discounts(),
        *_receipt_discounts(),
        _customer_rate(),
    ]


def _category(*names: str) -> Rule:
    return {"any_of": [{"categories": [*names]}]}


def _words(*words: str) -> Rule:
    return {"any_of": [{"tags": [*words]}]}


def _priced(least_minor: int = 0, most_minor: int = 10**9) -> Rule:
    return {"any_of": [{"price_min_minor": least_minor, "price_max_minor": most_minor}]}


def _percent(bp: int) -> Rule:
    return {"type": "percent", "bp": bp}


def _off(minor: int) -> Rule:
    return {"type": "amount_off", "minor": minor}


def _fixed(minor: int) -> Rule:
    return {"type": "fixed_price", "minor": minor}


def _slot(on: Rule, quantity: int = 1) -> Rule:
    return {"on": on, "quantity": quantity}


def _rule(rule_id: str, layer: str, offer: Rule, **more: object) -> Rule:
    return {"id": rule_id, "layer": layer, "label": {"de": rule_id}, "offer": offer, **more}


def _n_for_m() -> list[Rule]:
    def one(rule_id: str, on: Rule, n: int, bp: int = 10_000, **more: object) -> Rule:
        offer = {"kind": "n_for_m", "on": on, "n": n, "discounted": 1, "benefit": _percent(bp)}
        return _rule(rule_id, "article", offer, **more)

    return [
        one("N-JEWELLERY", _category("schmuck"), 3),
        one("N-BATH", _category("bad"), 3),
        one("N-CHRISTMAS", _category("weihnachten"), 2, 5_000),
        one("N-KITCHEN", _category("kueche"), 5),
        one("N-DECO", _category("deko"), 4),
        one("N-CHILDREN", _category("kinder"), 3, 5_000),
        one("N-MUGS", _words("mug", "cup", "bowl"), 4),
        one("N-LIGHTS", _words("t-light", "candle", "candles", "lantern"), 3, 5_000),
        one("N-CARDS", _words("card", "wrap", "tissue", "napkins"), 6),
        one("N-LUNCH", _words("lunch", "bottle"), 3, 4_000),
        one("N-HEARTS", _words("heart", "hearts", "love", "sweetheart"), 4, 8_000),
        one("N-SIGNS", _words("sign", "metal", "zinc"), 2, 3_000, limits={"per_receipt": 6}),
        one("N-POCKET", _priced(1, 100), 6),
        one("N-CHARACTERS", _words("spaceboy", "dolly", "babushka", "woodland", "skull"), 3, 5_000),
        one("N-GARDEN", _category("garten"), 6, limits={"max_discount_minor": 2_000}),
    ]


def _bundles() -> list[Rule]:
    def one(rule_id: str, slots: list[Rule], benefit: Rule, **more: object) -> Rule:
        offer = {"kind": "bundle", "slots": slots, "benefit": benefit}
        return _rule(rule_id, "article", offer, **more)

    tea = _words("tea", "teapot", "mug", "cup")
    cake = _words("cake", "cakestand", "cases")
    bag = _words("bag")
    bottle = _words("bottle", "box")
    sign = _words("sign", "hook", "drawer")
    return [
        one("B-TEA-TIME", [_slot(tea, 2), _slot(cake)], _percent(1_500)),
        one("B-BAG-BOTTLE", [_slot(bag), _slot(bottle)], _percent(1_200)),
        one("B-TABLE", [_slot(_category("kueche"), 2), _slot(_category("licht"))], _percent(1_000)),
        one("B-GIFT", [_slot(_category("papier")), _slot(_category("deko"))], _percent(1_000)),
        one("B-PARTY", [_slot(_category("papier"), 2), _slot(_words("party"))], _percent(2_000)),
        one("B-HALL", [_slot(sign), _slot(_words("clock", "doormat", "frame"))], _off(100)),
        one("B-GARDEN", [_slot(_category("garten"), 3)], _percent(1_500)),
        one("B-CREAM-TEA", [_slot(tea), _slot(_words("cream", "jam", "pantry"))], _off(30)),
        one(
            "B-FOUR-BAGS",
            [_slot({"any_of": [{"tags": ["bag"], "price_min_minor": 165}]}, 4)],
            _fixed(650),
        ),
    ]


def _buy_get() -> list[Rule]:
    def one(rule_id: str, buy: list[Rule], get: list[Rule], benefit: Rule, **more: object) -> Rule:
        limits = {"limits": more.pop("limits")} if "limits" in more else {}
        offer = {"kind": "buy_get", "buy": buy, "get": get, "benefit": benefit, **more}
        return _rule(rule_id, "article", offer, **limits)

    card = _words("card", "tag", "tags", "wrap")
    return [
        one("G-CARD", [_slot(_priced(500))], [_slot(card)], _percent(10_000)),
        one("G-CAKE-CASES", [_slot(_words("cake"), 2)], [_slot(_words("cases"))], _percent(5_000)),
        one("G-JEWELLERY", [_slot(_category("schmuck"))], [_slot(_words("bag"))], _percent(2_500)),
        one("G-LIGHT", [_slot(_words("holder"), 2)], [_slot(_category("licht"))], _percent(3_000)),
        one(
            "G-CHRISTMAS",
            [_slot(_category("weihnachten"), 2)],
            [_slot(_priced(1, 125))],
            _percent(5_000),
        ),
        one(
            "G-RETROSPOT",
            [_slot(_words("retrospot"))],
            [_slot(_words("retrospot"))],
            _percent(2_500),
            get_at_most_buy_price=True,
        ),
        one("G-SET", [_slot(_words("set"), 2)], [_slot(_words("set"))], _percent(2_500)),
        one(
            "G-POCKET",
            [_slot(_priced(295), 3)],
            [_slot(_priced(1, 85))],
            _percent(10_000),
            limits={"per_receipt": 5},
        ),
    ]


def _quantity_tiers() -> list[Rule]:
    def one(rule_id: str, on: Rule, steps: dict[int, int], **more: object) -> Rule:
        tiers = [{"min_quantity": step, "benefit": _percent(bp)} for step, bp in steps.items()]
        return _rule(
            rule_id, "article", {"kind": "quantity_tiers", "on": on, "tiers": tiers}, **more
        )

    return [
        one("Q-ALL", {}, {48: 300, 96: 500}),
        one("Q-KITCHEN", _category("kueche"), {12: 600, 24: 1_000, 96: 1_500}),
        one("Q-DECO", _category("deko"), {12: 500, 24: 900, 48: 1_200, 96: 1_500}),
        one("Q-BAGS", _category("taschen"), {10: 800, 50: 1_200, 96: 1_800}),
        one("Q-LIGHTS", _category("licht"), {6: 500, 24: 1_000, 72: 1_500}),
        one("Q-PAPER", _category("papier"), {12: 800, 24: 1_200, 96: 2_000}),
        one("Q-OTHER", _category("sonstiges", "garten"), {12: 500, 48: 1_000, 96: 1_500}),
        one("Q-POCKET", _priced(1, 85), {12: 500, 36: 1_000, 96: 1_500}),
        one("Q-RETROSPOT", _words("retrospot", "polkadot", "paisley"), {6: 500, 12: 1_000}),
    ]


def _unit_discounts() -> list[Rule]:
    def one(rule_id: str, on: Rule, benefit: Rule, **more: object) -> Rule:
        return _rule(
            rule_id, "article", {"kind": "unit_discount", "on": on, "benefit": benefit, **more}
        )

    return [
        one("U-FROM-995", _priced(995), _percent(700)),
        one("U-CHRISTMAS", _category("weihnachten"), _percent(2_000)),
        one("U-EASTER", _words("easter", "egg", "bunny", "chick"), _percent(1_000)),
        one("U-PINK", _words("pink", "rose"), _percent(1_000), max_units=12),
    ]


def _receipt_discounts() -> list[Rule]:
    def one(rule_id: str, tiers: dict[int, Rule]) -> Rule:
        offer: Rule = {
            "kind": "receipt_discount",
            "tiers": [{"min_value_minor": least, "benefit": gift} for least, gift in tiers.items()],
        }
        return _rule(rule_id, "receipt", offer)

    return [
        one("R-50-3", {5_000: _off(300)}),
        one("R-150-10", {15_000: _off(1_000)}),
        one("R-250-4PC", {25_000: _percent(400)}),
        one("R-500-6PC", {50_000: _percent(600), 100_000: _percent(800), 200_000: _percent(1_000)}),
    ]


def _customer_rate() -> Rule:
    tier = {"min_value_minor": 0, "benefit": {"type": "customer_rate", "max_bp": 500}}
    offer = {"kind": "receipt_discount", "tiers": [tier]}
    return _rule("CUSTOMER-RATE", "customer", offer, when=[{"type": "customer_known"}])
