"""The stress set: fifty promotions that want nearly everything at once, for the real receipts.

14 n-for-m, 10 bundles, 8 buy-get, 8 quantity tiers, 4 unit discounts, 5 receipt discounts with 6
tiers together and a customer rate. Each gives what merchants give, 5 to 30 % of what it takes; they
are hard together, as most articles are wanted by a dozen of them, by category, price, words of the
description (``tags``) or because everything is wanted. No merchant runs such a season; it shows
what the search does far beyond one (``overlap_season``).
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


def _on(**fields: Any) -> Rule:  # noqa: ANN401 - the fields of a match
    return {"any_of": [fields]}


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
    def one(rule_id: str, on: Rule, n: int, discounted: int, bp: int, **more: object) -> Rule:
        benefit = _percent(bp)
        offer = {"kind": "n_for_m", "on": on, "n": n, "discounted": discounted, "benefit": benefit}
        return _rule(rule_id, "article", offer, **more)

    return [
        one("N02-ALL", {}, 2, 1, 2000),
        one("N02-JEWELLERY", _on(categories=["schmuck"]), 2, 1, 5000),
        one("N03-DECO", _on(categories=["deko", "licht"]), 3, 1, 6000),
        one("N03-TO-200", _on(price_max_minor=200), 3, 1, 5000),
        one("N03-COLOURS", _on(tags=["pink", "red", "blue"]), 3, 2, 2500),
        one("N04-KITCHEN", _on(categories=["kueche", "bad"]), 4, 1, 10000),
        one("N04-100-400", _on(price_min_minor=100, price_max_minor=400), 4, 2, 3000),
        one("N05-HEARTS", _on(tags=["heart", "rose", "flower", "star"]), 5, 1, 10000),
        one("N05-FROM-150", _on(price_min_minor=150), 5, 2, 3500, limits={"per_receipt": 4}),
        one("N06-PAPER", _on(categories=["papier", "kinder"]), 6, 1, 10000),
        one("N06-ALL", {}, 6, 2, 4000),
        one("N08-VINTAGE", _on(tags=["vintage", "retrospot", "polkadot", "design"]), 8, 3, 4500),
        one("N10-TO-300", _on(price_max_minor=300), 10, 1, 10000),
        one("N12-ALL", {}, 12, 2, 10000, limits={"max_discount_minor": 5000}),
    ]


def _bundles() -> list[Rule]:
    def one(rule_id: str, slots: list[Rule], benefit: Rule, **more: object) -> Rule:
        offer = {"kind": "bundle", "slots": slots, "benefit": benefit}
        return _rule(rule_id, "article", offer, **more)

    deco = _on(categories=["deko"])
    light = _on(categories=["licht"])
    kitchen = _on(categories=["kueche"])
    paper = _on(categories=["papier"])
    dear = _on(price_min_minor=400)
    cheap = _on(price_max_minor=150)
    bags = _on(categories=["taschen"])
    middle = _on(price_min_minor=150, price_max_minor=350)
    return [
        one("B-DECO-LIGHT", [_slot(deco), _slot(light)], _percent(1500)),
        one("B-TABLE", [_slot(kitchen, 2), _slot(paper), _slot(light)], _percent(2000)),
        one("B-DEAR-CHEAP", [_slot(dear), _slot(cheap, 2)], _percent(1200)),
        one("B-THREE-BAGS", [_slot(bags, 3)], _fixed(495)),
        one("B-MIDDLE-FOUR", [_slot(middle, 4)], _fixed(850), limits={"per_receipt": 5}),
        one("B-GIFT", [_slot(_on(tags=["box", "bag"])), _slot(paper), _slot(deco)], _fixed(595)),
        one("B-TEA", [_slot(_on(tags=["tea", "mug", "cake"]), 2), _slot(kitchen)], _off(120)),
        one("B-GLASS", [_slot(_on(tags=["glass"])), _slot(light), _slot({})], _off(90)),
        one("B-CHILD", [_slot(_on(categories=["kinder"])), _slot(paper, 2)], _percent(2500)),
        one("B-GARDEN", [_slot(_on(categories=["garten"]), 2), _slot(dear)], _off(200)),
    ]


def _buy_get() -> list[Rule]:
    def one(rule_id: str, buy: list[Rule], get: list[Rule], benefit: Rule, **more: object) -> Rule:
        limits = {"limits": more.pop("limits")} if "limits" in more else {}
        offer = {"kind": "buy_get", "buy": buy, "get": get, "benefit": benefit, **more}
        return _rule(rule_id, "article", offer, **limits)

    deco = _on(categories=["deko"])
    jewellery = _on(categories=["schmuck"])
    dear = _on(price_min_minor=500)
    cheap = _on(price_max_minor=125)
    christmas = _on(categories=["weihnachten"])
    free = _percent(10000)
    return [
        one("G-DEAR-GIFT", [_slot(dear, 2)], [_slot(cheap)], free),
        one("G-DECO-HALF", [_slot(deco, 2)], [_slot(deco)], _percent(5000)),
        one("G-ANY-LESS", [_slot({}, 3)], [_slot({})], _percent(4000), get_at_most_buy_price=True),
        one("G-JEWELLERY", [_slot(jewellery)], [_slot(_on(categories=["taschen"]))], _off(60)),
        one("G-LIGHT", [_slot(_on(categories=["licht"]), 4)], [_slot(cheap, 2)], _percent(8000)),
        one("G-CHRISTMAS", [_slot(christmas, 2)], [_slot(christmas)], _percent(6000)),
        one(
            "G-HEART",
            [_slot(_on(tags=["heart"])), _slot(_on(tags=["white", "metal", "vintage"]))],
            [_slot(_on(price_max_minor=300))],
            _percent(3000),
            limits={"per_receipt": 6},
        ),
        one("G-KITCHEN", [_slot(_on(categories=["kueche"]), 5)], [_slot(cheap)], _fixed(10)),
    ]


def _quantity_tiers() -> list[Rule]:
    def one(rule_id: str, on: Rule, steps: dict[int, int], **more: object) -> Rule:
        tiers = [{"min_quantity": step, "benefit": _percent(bp)} for step, bp in steps.items()]
        return _rule(
            rule_id, "article", {"kind": "quantity_tiers", "on": on, "tiers": tiers}, **more
        )

    return [
        one("Q-ALL", {}, {24: 500, 48: 800, 96: 1200}),
        one("Q-TO-100", _on(price_max_minor=100), {6: 500, 12: 1000, 48: 1800, 96: 2500}),
        one("Q-DECO", _on(categories=["deko"]), {3: 500, 6: 800, 12: 1200, 24: 1500}),
        one("Q-LIGHT-BATH", _on(categories=["licht", "bad"]), {3: 600, 12: 1400, 48: 2000}),
        one("Q-PAPER-BAGS", _on(categories=["papier", "taschen"]), {6: 700, 24: 1500, 96: 2200}),
        one("Q-RED", _on(tags=["red", "retrospot", "christmas"]), {3: 500, 6: 1000, 12: 1500}),
        one("Q-200-600", _on(price_min_minor=200, price_max_minor=600), {6: 600, 24: 1300}),
        one(
            "Q-OTHER",
            _on(categories=["sonstiges", "garten"]),
            {3: 400, 12: 900, 24: 1400, 48: 1900, 96: 2400},
        ),
    ]


def _unit_discounts() -> list[Rule]:
    def one(rule_id: str, on: Rule, benefit: Rule, **more: object) -> Rule:
        return _rule(
            rule_id, "article", {"kind": "unit_discount", "on": on, "benefit": benefit, **more}
        )

    return [
        one("U-FROM-800", _on(price_min_minor=800), _percent(1000)),
        one("U-SIGNS", _on(tags=["sign", "mirror", "cushion", "set"]), _percent(1500)),
        one("U-CHRISTMAS", _on(categories=["weihnachten"]), _off(25)),
        one("U-SIX-TEN-OFF", _on(categories=["kueche", "sonstiges"]), _percent(2000), max_units=6),
    ]


def _receipt_discounts() -> list[Rule]:
    def one(rule_id: str, on: Rule, tiers: dict[int, Rule]) -> Rule:
        offer: Rule = {
            "kind": "receipt_discount",
            "on": on,
            "tiers": [{"min_value_minor": least, "benefit": gift} for least, gift in tiers.items()],
        }
        return _rule(rule_id, "receipt", offer)

    part = {"any_of": [], "none_of": [{"categories": ["weihnachten", "schmuck"]}]}
    return [
        one("R-100-5", {}, {10000: _off(500)}),
        one("R-200-3PC", {}, {20000: _percent(300)}),
        one("R-300-20", {}, {30000: _off(2000)}),
        one("R-PART-150-6PC", part, {15000: _percent(600)}),
        one("R-500-8PC-1000-10PC", {}, {50000: _percent(800), 100000: _percent(1000)}),
    ]


def _customer_rate() -> Rule:
    tier = {"min_value_minor": 0, "benefit": {"type": "customer_rate", "max_bp": 500}}
    offer = {"kind": "receipt_discount", "tiers": [tier]}
    return _rule("CUSTOMER-RATE", "customer", offer, when=[{"type": "customer_known"}])
