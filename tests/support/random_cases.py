"""Random small cases of the best price, one per number: same seed and number, same case.

Every offer, layer and limit of promotions.md §4 is drawn often; ``features_of`` names what a case
holds, so that a test can assert how often. Prices and rates come in two kinds: *nice* ones collide
and meet thresholds to the cent, *ugly* ones do neither. Some sales hold few different units, some
many equal ones: brute force takes both.
"""

from __future__ import annotations

import random
from typing import Any, NamedTuple

Doc = dict[str, Any]

KINDS = ("unit_discount", "n_for_m", "bundle", "buy_get", "quantity_tiers")
BENEFITS = ("percent", "amount_off", "fixed_price")
SERIES = ("FRUEHLING", "GEBURTSTAG")

_ARTICLES: list[Doc] = [
    {"sku": "H1", "categories": ["mode", "hosen"], "brand": "Brax", "tags": ["neu"]},
    {"sku": "H2", "categories": ["mode", "hosen"], "brand": "Gant"},
    {"sku": "O1", "categories": ["mode", "hemden"], "brand": "Gant", "tags": ["neu"]},
    {"sku": "S1", "categories": ["schuhe"], "brand": "Brax"},
]
_PRICES_NICE = [600, 1200, 1200, 2400, 3600, 6000]
_PRICES_UGLY = [1, 333, 999, 1999, 4995]
_SELECTORS: list[Doc] = [
    {},
    {},
    {},
    {"any_of": [{"categories": ["hosen"]}]},
    {"any_of": [{"categories": ["mode"]}]},
    {"any_of": [{"brands": ["Gant"]}, {"skus": ["S1"]}]},
    {"any_of": [{"tags": ["neu"], "price_max_minor": 2400}]},
    {"any_of": [{"price_min_minor": 1200}]},
    {"none_of": [{"skus": ["O1"]}]},
    {"any_of": [{"skus": ["H1", "O1"]}], "none_of": [{"price_state": "markdown"}]},
]


class Case(NamedTuple):
    """A generation and a sale for it."""

    promotions: list[Doc]
    sale: Doc


def case_of(seed: int, number: int, *, max_units: int = 6, max_promotions: int = 5) -> Case:
    """Return the case with this number of a seed."""
    rng = random.Random(f"{seed}:{number}")  # noqa: S311 - repeatable on purpose
    return _Draw(rng, max_units, max_promotions).case()


def large_case_of(seed: int, number: int) -> Case:
    """Return a case whose lines hold hundreds to tens of thousands of equal pieces.

    Whole groups stand inside or outside a later base, so that the compact model can say them.
    """
    rng = random.Random(f"{seed}:large:{number}")  # noqa: S311 - repeatable on purpose
    return _LargeDraw(rng, 6, 5).case()


def piled_case_of(seed: int, number: int) -> Case:
    """Return a case of few lines of up to 60 equal pieces whose offers are limited or capped.

    What limits and caps leave over goes to the next best offer: no greedy choice finds it.
    """
    rng = random.Random(f"{seed}:piled:{number}")  # noqa: S311 - repeatable on purpose
    return _PiledDraw(rng, 6, 3).case()


def mixed_pile_case_of(seed: int, number: int) -> Case:
    """Return a case of few lines of up to 30 equal pieces, with every offer, limit and layer."""
    rng = random.Random(f"{seed}:mixed pile:{number}")  # noqa: S311 - repeatable on purpose
    return _MixedPileDraw(rng, 6, 4).case()


def told_apart(case: Case, seed: int) -> Case:
    """Return the same sale, its lines split into articles that no selector tells apart."""
    rng = random.Random(f"{seed}")  # noqa: S311 - repeatable on purpose
    lines = []
    for line in case.sale["lines"]:
        cut_milli = rng.randint(0, line["quantity_milli"] // 1000) * 1000
        for part, milli in enumerate((cut_milli, line["quantity_milli"] - cut_milli)):
            if milli:
                own = {"line_id": f"{line['line_id']}.{part}", "vat_rate_bp": 700 * part}
                lines.append(line | own | {"quantity_milli": milli})
    return Case(case.promotions, case.sale | {"lines": lines})


class _Draw:
    """One case, drawn piece by piece."""

    def __init__(self, rng: random.Random, max_units: int, max_promotions: int) -> None:
        self.rng = rng
        self.max_units = max_units
        self.max_promotions = max_promotions
        self.nice = rng.random() < 0.5
        self.gross_minor = 1

    def rarely(self, one_in: int) -> bool:
        return self.rng.randrange(one_in) == 0

    def case(self) -> Case:
        lines = self.lines()
        self.gross_minor = max(
            1,
            sum(
                line["unit_price_minor"] * max(line["quantity_milli"], 0) // 1000 for line in lines
            ),
        )
        sale: Doc = {
            "sale_id": "s",
            "shop": "001",
            "till": "1",
            "at": "2026-03-07T15:12:00+01:00",
            "lines": lines,
        }
        if self.rarely(3):
            names = self.rng.choices(SERIES, k=self.rng.randint(1, 3))
            sale["coupons"] = [{"code": f"C{n}", "series": s} for n, s in enumerate(names)]
        if self.rarely(2):
            sale["customer"] = {
                "id": "K1",
                "segments": self.rng.choice([[], ["stammkunde"]]),
                "instant_discount_bp": self.rng.choice([0, 300, 1000]),
                "uses": self.rng.choice([{}, {"P1": 1}]),
            }
        # Mostly many: what overlaps is what may go wrong.
        count = max(self.rng.randint(1, self.max_promotions) for _ in range(2))
        promotions = [self.promotion(f"P{n + 1}", sale) for n in range(count)]
        if self.rarely(4):
            promotions.append(self.twin(self.rng.choice(promotions)))
        self.rng.shuffle(promotions)
        return Case(promotions, sale)

    # --- the sale ---------------------------------------------------------------------------------

    def lines(self) -> list[Doc]:
        left = self.rng.randint(1, self.max_units)
        alike = self.rarely(4)  # many equal pieces on few lines
        lines: list[Doc] = []
        if alike:
            left = self.rng.randint(left, 2 * self.max_units)
        most_lines = max(4, self.max_units // 3)
        for number in range(2 if alike else self.rng.randint(1, most_lines)):
            pieces = self.rng.randint(1, left if alike else min(left, 3))
            left -= pieces
            lines.append(self.line(number, pieces, lines))
            if not left:
                break
        if self.rarely(12):
            lines.append(self.line(len(lines), 1, lines) | {"quantity_milli": -1000})
        return lines

    def line(self, number: int, pieces: int, before: list[Doc]) -> Doc:
        if before and self.rarely(6):  # the same article again, on a line of its own
            return before[-1] | {"line_id": str(number), "quantity_milli": 1000 * pieces}
        line = dict(self.rng.choice(_ARTICLES)) | {
            "line_id": str(number),
            "quantity_milli": 1000 * pieces,
            "unit_price_minor": self.price(),
        }
        if self.rarely(10):
            line |= {"quantity_milli": self.rng.choice([750, 1250]), "measured": True}
        if self.rarely(8):
            line["markdown"] = True
        if self.rarely(12):
            line["discountable"] = False
        return line

    def price(self) -> int:
        if self.rarely(16):
            return 0
        if self.nice:
            return self.rng.choice(_PRICES_NICE)
        return self.rng.choice([*_PRICES_UGLY, self.rng.randrange(10_000)])

    # --- the generation ---------------------------------------------------------------------------

    def near(self, minor: int) -> int:
        """An amount about as high as this one, and often exactly it."""
        step = self.rng.choice([0, 0, 1, -1, -600, -minor // 4, -minor // 3, -minor // 2])
        return max(1, minor + step)

    def benefit(self, kinds: tuple[str, ...] = BENEFITS) -> Doc:
        kind = self.rng.choice(kinds)
        if kind == "percent":
            bp = self.rng.choice([1000, 2500, 5000, 10_000])
            if not self.nice and bp < 10_000:
                bp = self.rng.randint(1, 6_000)
            return {"type": "percent", "bp": bp}
        if kind == "customer_rate":
            return {"type": "customer_rate", "max_bp": self.rng.choice([300, 500, 10_000])}
        minor = self.rng.choice([300, 600, 1200]) if self.nice else self.rng.randint(1, 3_000)
        return {"type": kind, "minor": minor}

    def selector(self) -> Doc:
        return self.rng.choice(_SELECTORS)

    def slots(self) -> list[Doc]:
        slots = [{"on": self.selector()} for _ in range(self.rng.choice([1, 1, 2]))]
        if self.rarely(3):
            slots[0]["quantity"] = 2
        return slots

    def article_offer(self) -> Doc:
        rng, kind = self.rng, self.rng.choice(KINDS)
        offer: Doc = {"kind": kind, "benefit": self.benefit()}
        if kind == "unit_discount":
            offer["on"] = self.selector()
            if self.rarely(3):
                offer["max_units"] = rng.randint(1, 3)
        elif kind == "n_for_m":
            offer |= {"on": self.selector(), "n": rng.choice([2, 2, 3, 3, 4])}
            offer["discounted"] = rng.choice([1, 1, rng.randint(1, offer["n"]), offer["n"]])
            if self.rarely(3):
                del offer["benefit"]  # free
        elif kind == "bundle":
            offer["slots"] = self.slots() + ([] if self.rarely(4) else self.slots()[:1])
            if offer["benefit"]["type"] != "percent":
                offer["benefit"]["minor"] = self.near(self.gross_minor // 2)
        elif kind == "buy_get":
            offer |= {"buy": self.slots(), "get": self.slots()[: rng.choice([1, 1, 2])]}
            offer["get_at_most_buy_price"] = rng.random() < 0.5
        else:
            numbers = rng.sample(range(1, 8), rng.randint(1, 3))
            del offer["benefit"]
            offer["on"] = self.selector()
            offer["tiers"] = [{"min_quantity": n, "benefit": self.benefit()} for n in numbers]
        return offer

    def later_offer(self, layer: str) -> Doc:
        kinds = ("percent", "amount_off") + (("customer_rate",) if layer == "customer" else ())
        least = self.rng.sample([0, self.near(self.gross_minor), self.near(self.gross_minor)], 2)
        tiers = [
            {"min_value_minor": minor, "benefit": self.benefit(kinds)} for minor in sorted({*least})
        ]
        return {
            "kind": "receipt_discount",
            "on": self.selector(),
            "tiers": tiers[: self.rng.randint(1, 2)],
        }

    def promotion(self, identity: str, sale: Doc) -> Doc:
        layer = self.rng.choice(["article"] * 6 + ["receipt"] * 2 + ["customer"])
        promotion: Doc = {"id": identity, "layer": layer}
        if layer == "article":
            promotion["offer"] = self.article_offer()
            if self.rarely(5):
                promotion["exclusive"] = "units"
        else:
            promotion["offer"] = self.later_offer(layer)
        if self.rarely(14):
            promotion["exclusive"] = "receipt"
        if limits := self.limits():
            promotion["limits"] = limits
        if when := self.when(sale):
            promotion["when"] = when
        return promotion

    def twin(self, promotion: Doc) -> Doc:
        """The same promotion with another benefit: mostly the lesser one is of no use."""
        offer = dict(promotion["offer"])
        if "benefit" in offer:
            offer["benefit"] = self.benefit((offer["benefit"]["type"],))
        return promotion | {"id": f"{promotion['id']}B", "offer": offer}

    def limits(self) -> Doc:
        limits: Doc = {}
        if self.rarely(6):
            limits["per_receipt"] = self.rng.randint(1, 3)
        if self.rarely(16):
            limits["per_customer"] = self.rng.randint(1, 2)
        if self.rarely(4):
            high = max(2, self.gross_minor // 3)
            limits["max_discount_minor"] = (
                self.rng.choice([300, 600, 900]) if self.nice else self.rng.randint(1, high)
            )
        return limits

    def when(self, sale: Doc) -> list[Doc]:
        coupons = [coupon["series"] for coupon in sale.get("coupons", ())]
        if coupons and not self.rarely(3):
            when = [{"type": "coupon", "series": self.rng.choice(coupons)}]
            if self.rarely(8):  # two series for one application
                when.append({"type": "coupon", "series": self.rng.choice(SERIES)})
            elif self.rarely(8):  # either series will do
                when.append({"type": "coupon", "series": self.rng.choice(SERIES)})
                return [{"type": "any", "of": when}]
            return when
        if self.rarely(12):
            return [{"type": "min_value", "minor": self.near(self.gross_minor)}]
        if self.rarely(12):
            return [
                {"type": "min_quantity", "quantity": self.rng.randint(1, 4), "of": self.selector()}
            ]
        if self.rarely(16):
            leaf = {"type": "in_segment", "any_of": ["stammkunde"]}
            return [self.rng.choice([{"type": "customer_known"}, leaf])]
        return []


class _LargeDraw(_Draw):
    """As a case, but in hundreds."""

    def lines(self) -> list[Doc]:
        skus = self.rng.sample(_ARTICLES, self.rng.randint(1, len(_ARTICLES)))
        pieces = [self.rng.choice([3, 40, 97, 500, 4_000, 70_000]) for _ in skus]
        return [
            self.line(number, 1, [])
            | article
            | {"quantity_milli": 1000 * (count - self.rng.randint(0, 2)), "measured": False}
            for number, (article, count) in enumerate(zip(skus, pieces, strict=True))
        ]

    def price(self) -> int:
        return self.rng.choice([600, 1200, 2400] if self.nice else [333, 999, 1999, 2995])

    def selector(self) -> Doc:
        return self.rng.choice([{}, {}, {"any_of": [{"categories": ["mode"]}]}])

    def article_offer(self) -> Doc:
        offer = super().article_offer()
        if offer["kind"] == "bundle" and offer["benefit"]["type"] != "percent":
            pieces = sum(slot.get("quantity", 1) for slot in offer["slots"])
            offer["benefit"]["minor"] = self.rng.randint(1, pieces * 333)
        if offer["kind"] == "buy_get" and offer["get_at_most_buy_price"]:
            offer |= {"buy": [{"on": self.selector()}], "get": [{"on": self.selector()}]}
        if offer["kind"] == "quantity_tiers":
            for tier in offer["tiers"]:
                tier["min_quantity"] = tier["min_quantity"] * self.rng.choice([1, 12, 48])
            offer["tiers"] = list({t["min_quantity"]: t for t in offer["tiers"]}.values())
        return offer

    def later_offer(self, layer: str) -> Doc:
        return super().later_offer(layer) | {"on": {}}

    def limits(self) -> Doc:
        limits = super().limits()
        for name, factor in (("per_receipt", 17), ("max_discount_minor", 23)):
            if name in limits:
                limits[name] = min(limits[name] * factor, 10**9)
        return limits


class _PiledDraw(_LargeDraw):
    """A pile or two, and groups of the article layer alone."""

    def lines(self) -> list[Doc]:
        return [
            self.line(number, 1, []) | article | {"quantity_milli": 1000 * self.rng.randint(1, 60)}
            for number, article in enumerate(self.rng.sample(_ARTICLES, self.rng.randint(1, 2)))
        ]

    def promotion(self, promotion_id: str, sale: Doc) -> Doc:  # noqa: ARG002 - no coupons here
        promotion: Doc = {"id": promotion_id, "layer": "article", "offer": self.groups()}
        limits: Doc = {}
        if self.rarely(2):
            limits["max_discount_minor"] = self.rng.randint(500, self.gross_minor + 500)
        if self.rarely(2):
            limits["per_receipt"] = self.rng.randint(1, 12)
        return promotion | ({"limits": limits} if limits else {})

    def groups(self) -> Doc:
        percent = {"type": "percent", "bp": self.rng.choice([1_000, 2_000, 4_500, 10_000])}
        if self.rarely(3):
            slots = [{"quantity": self.rng.randint(1, 3)} for _ in range(2)]
            return {"kind": "bundle", "slots": slots, "benefit": percent}
        pieces = self.rng.randint(2, 5)
        discounted = self.rng.randint(1, pieces - 1)
        return {"kind": "n_for_m", "n": pieces, "discounted": discounted, "benefit": percent}


class _MixedPileDraw(_LargeDraw):
    """Piles with whatever there is."""

    def lines(self) -> list[Doc]:
        return [
            self.line(number, 1, [])
            | article
            | {"quantity_milli": 1000 * self.rng.randint(3, 30), "measured": False}
            for number, article in enumerate(self.rng.sample(_ARTICLES, self.rng.randint(1, 3)))
        ]

    def limits(self) -> Doc:
        limits: Doc = {}
        if self.rarely(3):
            limits["per_receipt"] = self.rng.randint(1, 9)
        if self.rarely(2):
            limits["max_discount_minor"] = self.rng.randint(100, self.gross_minor // 2 + 100)
        return limits


def features_of(case: Case) -> set[str]:
    """Return the words of a case: offers, benefits, layers, limits, and what the sale holds."""
    promotions, sale = case
    found: set[str] = set()
    for promotion in promotions:
        offer, limits = promotion["offer"], promotion.get("limits", {})
        found |= {promotion["layer"], offer["kind"], f"exclusive {promotion.get('exclusive')}"}
        found |= {f"limit {name}" for name in limits}
        found |= {f"when {one['type']}" for one in promotion.get("when", ())}
        benefits = [tier["benefit"] for tier in offer.get("tiers", ())]
        benefits += [offer["benefit"]] if "benefit" in offer else []
        found |= {f"{offer['kind']} {benefit['type']}" for benefit in benefits}
        if offer.get("discounted", 1) > 1:
            found.add("n_for_m of several")
        if offer.get("get_at_most_buy_price"):
            found.add("buy_get no dearer")
        if any(tier.get("min_value_minor") for tier in offer.get("tiers", ())):
            found.add(f"threshold {promotion['layer']}")
    lines = sale["lines"]
    keys = [(line["sku"], line["unit_price_minor"]) for line in lines]
    found |= {"equal lines"} if len(set(keys)) < len(keys) else set()
    found |= {"coupons"} if sale.get("coupons") else set()
    found |= {"customer"} if sale.get("customer") else set()
    for line in lines:
        found |= {"zero price"} if not line["unit_price_minor"] else set()
        found |= {"measured"} if line.get("measured") else set()
        found |= {"return"} if line["quantity_milli"] < 0 else set()
        found |= {"several pieces"} if line["quantity_milli"] > 1000 else set()
        found |= {"many equal pieces"} if line["quantity_milli"] > 6000 else set()
        found |= {"price-bound"} if not line.get("discountable", True) else set()
        found |= {"markdown"} if line.get("markdown") else set()
    return found


def effects_of(case: Case, result: Doc) -> set[str]:
    """Return what took effect: applied offers, caps that bind, limits and coupons that are met."""
    by_id = {promotion["id"]: promotion for promotion in case.promotions}
    applied = [(by_id[entry["promotion"]], entry) for entry in result["promotions"]]
    found = {f"{len(applied)} promotions together"} if len(applied) > 1 else set()
    found |= {"layers together"} if len({p["layer"] for p, _ in applied}) > 1 else set()
    for promotion, entry in applied:
        offer, limits = promotion["offer"], promotion.get("limits", {})
        found |= {f"{promotion['layer']} {offer['kind']}"}
        if limits.get("max_discount_minor") == entry["discount_minor"]:
            found.add(f"cap binds {promotion['layer']}")
        if limits.get("per_receipt") == entry["applications"]:
            found.add("limit met")
        if promotion.get("exclusive", "no") != "no":
            found.add(f"exclusive {promotion['exclusive']}")
    if result["coupons_used"]:
        found.add("coupons used")
    return found
