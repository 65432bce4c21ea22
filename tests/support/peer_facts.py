"""What ten other promotion systems answer, said in our words: promotions and a sale per fact.

``OURS`` translates each fact of ``peer_cases.json``; ``DIFFERENT`` lists, with the reason, where we
answer otherwise on purpose, and what we answer instead; ``OUTSIDE`` lists the facts that are none
of the price: points and cards that are spent or taken back. A fact is in one of the lists or its
answer is ours.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any, NamedTuple

Doc = dict[str, Any]


class Ours(NamedTuple):
    """A fact in our words.

    ``lines``: facts that the basket leaves out, by sku; ``more``: lines scanned besides, such as a
    gift, which we reduce where others add it.
    """

    promotions: list[Doc]
    lines: dict[str, Doc] = {}  # noqa: RUF012 - a default that nobody changes
    more: tuple[Doc, ...] = ()
    sale: Doc = {}  # noqa: RUF012


class Difference(NamedTuple):
    """Which of the expected words differ, why, and what we say."""

    words: set[str]
    reason: str
    ours: Doc


# --- words ----------------------------------------------------------------------------------------


def percent(value: str) -> Doc:
    return {"type": "percent", "bp": int(Fraction(value) * 100)}


def amount(value: str) -> Doc:
    return {"type": "amount_off", "minor": minor(value)}


def minor(value: str) -> int:
    return int(Fraction(value) * 100)


def skus(*names: str) -> Doc:
    return {"any_of": [{"skus": list(names)}]}


def category(*names: str) -> Doc:
    return {"any_of": [{"categories": list(names)}]}


def each(benefit: Doc, on: Doc | None = None, *, most: int | None = None, **facts: Any) -> Doc:
    offer = {"kind": "unit_discount", "on": on or {}, "benefit": benefit, "max_units": most}
    return {"layer": "article", "offer": offer} | facts


def group(n: int, *, reduced: int = 1, benefit: Doc | None = None, on: Doc | None = None) -> Doc:
    offer = {"kind": "n_for_m", "n": n, "discounted": reduced, "on": on or {}}
    return {"layer": "article", "offer": offer | ({"benefit": benefit} if benefit else {})}


def buy_get(buy: Doc, get: Doc, **facts: Any) -> Doc:
    offer = {"kind": "buy_get", "buy": [buy], "get": [get], "benefit": percent("100")} | facts
    return {"layer": "article", "offer": offer}


def whole(benefit: Doc, on: Doc | None = None, *, layer: str = "receipt", **facts: Any) -> Doc:
    return tiered([("0", benefit)], on, layer=layer, **facts)


def tiered(
    tiers: list[tuple[str, Doc]], on: Doc | None = None, *, layer: str = "receipt", **facts: Any
) -> Doc:
    offer = {
        "kind": "receipt_discount",
        "on": on or {},
        "tiers": [{"min_value_minor": minor(least), "benefit": one} for least, one in tiers],
    }
    return {"layer": layer, "offer": offer} | facts


def from_value(value: str, of: Doc | None = None) -> Doc:
    return {"type": "min_value", "minor": minor(value), "of": of or {}}


def from_pieces(quantity: int, of: Doc | None = None) -> Doc:
    return {"type": "min_quantity", "quantity": quantity, "of": of or {}}


def coupon(series: str) -> Doc:
    return {"type": "coupon", "series": series}


def segment(name: str) -> Doc:
    return {"type": "in_segment", "any_of": [name]}


def scanned(sku: str, price: str, pieces: int = 1) -> Doc:
    return {"sku": sku, "unit_price_minor": minor(price), "quantity_milli": 1000 * pieces}


def with_coupons(*series: str) -> Doc:
    return {"coupons": [{"code": f"C{n}", "series": name} for n, name in enumerate(series)]}


def known(**facts: Any) -> Doc:
    return {"customer": {"id": "K1"} | facts}


# --- the facts ------------------------------------------------------------------------------------

SANTA = "SANTA2016"
COTTON_EACH = [
    each(amount("200"), skus(name), most=1, when=[segment("VIP")]) for name in ("tshirt", "sweater")
]
TIERS_OF_TOTAL = tiered([("0", percent("10")), ("20", percent("15")), ("30", percent("20"))])
QUANTITY_TIERS = {
    "layer": "article",
    "offer": {
        "kind": "quantity_tiers",
        "on": category("clothes"),
        "tiers": [
            {"min_quantity": 1, "benefit": percent("10")},
            {"min_quantity": 10, "benefit": percent("15")},
        ],
    },
}
DEAR_BUNDLE = {
    "layer": "article",
    "offer": {
        "kind": "bundle",
        "slots": [{"quantity": 3}],
        "benefit": {"type": "fixed_price", "minor": 2000},
    },
}
PAIR_OF_A_AND_B = {
    "layer": "article",
    "offer": {
        "kind": "bundle",
        "slots": [{"on": skus("A")}, {"on": skus("B")}],
        "benefit": amount("5"),
    },
}
POINTS_WITH_CODE = {
    "layer": "earn",
    "offer": {"kind": "earn_fixed", "account": "points", "points": 10, "per": "receipt"},
    "when": [coupon("PROMO10")],
}
FULL_PRICE_10_TO_50 = {
    "any_of": [
        {"price_min_minor": 1000, "price_max_minor": 5000, "price_state": "full_price"},
    ]
}
SHELVES = {"on": skus("wall_shelf", "small_shelf"), "quantity": 2}
FOUR_X = {"on": skus("X1", "X2", "X3", "X4"), "quantity": 2}
JACKETS = category("jackets")
COTTON = category("cotton")

OURS: dict[str, Ours] = {
    "C001": Ours([each(percent("20"), when=[from_pieces(2)])]),
    "C003": Ours([each(percent("20"), when=[from_value("10.00")])]),
    "C006": Ours([each(percent("5"))]),
    "C008": Ours([whole(amount("3.00"), when=[from_pieces(2)])]),
    "C011": Ours([each(amount("3.00"), most=1, when=[from_pieces(2)])]),
    "C013": Ours([each(percent("5"), most=100)], {"V_no": {"discountable": False}}),
    "C016": Ours([each(amount("3.00"), when=[from_pieces(2)])]),
    "C018": Ours([group(3)]),
    "C021": Ours([each(percent("100"), most=1)]),
    "C023": Ours([DEAR_BUNDLE]),
    "C026": Ours([each(percent("20"), most=1, when=[from_pieces(3)])]),
    "C028": Ours([whole(amount("15"), skus("A"))]),
    "C031": Ours([tiered([("0", amount("10")), ("100", amount("15")), ("200", amount("20"))])]),
    "C033": Ours([TIERS_OF_TOTAL]),
    "C036": Ours([TIERS_OF_TOTAL]),
    "C038": Ours(
        [QUANTITY_TIERS], {"pants": {"unit_price_minor": 7000}, "mug": {"unit_price_minor": 500}}
    ),
    "C041": Ours([whole(percent("15"), limits={"max_discount_minor": 5000})]),
    "C043": Ours(
        [each(amount("1.13"), most=1), each(amount("2.11"), most=4)],
        {"A": {"unit_price_minor": 1000}},
    ),
    "C046": Ours([each(percent("15"))]),
    "C048": Ours([group(2, reduced=2, benefit=amount("5"))]),
    "C051": Ours([group(3, reduced=3, benefit=amount("5"))]),
    "C053": Ours([each(percent("20"), skus("shirt")), tiered([("60", amount("10"))])]),
    "C056": Ours([each(percent("20"), skus("shirt"))]),
    "C058": Ours(
        [buy_get({"on": skus("shirt")}, {"on": skus("goodie")})],
        more=(scanned("goodie", "4", 2),),
    ),
    "C061": Ours([whole(amount("10.00")), whole(percent("20"), exclusive="receipt")]),
    "C063": Ours([whole(amount("10.00"))]),
    "C066": Ours([whole(amount("20.00"), when=[from_pieces(2)])]),
    "C068": Ours([whole(amount("25.00"))]),
    "C071": Ours([whole(amount("20.00"))]),
    "C073": Ours([each(amount("10.00"), FULL_PRICE_10_TO_50)], {"T": {"markdown": True}}),
    "C076": Ours(
        [whole(amount("20.00"), when=[{"type": "history", "metric": "receipts_total", "min": 4}])],
        sale=known(history={"receipts_total": 3}),
    ),
    "C078": Ours([whole(percent("10"), when=[segment("Wholesale")])], sale=known()),
    "C081": Ours(
        [whole(amount("10.00"), when=[coupon(SANTA)], limits={"per_customer": 2})],
        sale=with_coupons(SANTA) | known(),
    ),
    "C083": Ours(
        [whole(amount("10.00"), when=[coupon(SANTA)], limits={"per_customer": 1})],
        sale=with_coupons(SANTA) | known(uses={"P1": 1}),
    ),
    "C086": Ours([whole(amount("10.00"), when=[coupon(SANTA)])], sale=with_coupons(SANTA)),
    "C088": Ours([whole(amount("20.00"), when=[from_value("50.00", category("mugs"))])]),
    "C091": Ours([whole(amount("10.00"), when=[from_pieces(3)])]),
    "C093": Ours([each(percent("15"), category("drinks"))]),
    "C096": Ours([each(percent("15"), category("drinks"))]),
    "C098": Ours([each(percent("50")), each(percent("30"), exclusive="receipt")]),
    "C101": Ours([each(percent("10"), JACKETS, when=[from_pieces(1, category("trousers"))])]),
    "C103": Ours([each(percent("10"), JACKETS), whole(amount("20.00"))]),
    "C106": Ours(COTTON_EACH, sale=known(segments=["VIP"])),
    "C108": Ours([whole(amount("30"), COTTON), whole(amount("50"), COTTON, layer="customer")]),
    "C111": Ours(
        [buy_get({"on": skus("X"), "quantity": 2}, {"on": skus("X"), "quantity": 2})],
    ),
    "C113": Ours([buy_get(FOUR_X, FOUR_X, get_at_most_buy_price=True)]),
    "C116": Ours([whole(percent("10.5"), when=[coupon("DPCC")])], sale=with_coupons("DPCC")),
    "C118": Ours([whole(amount("10.00"), skus("i1000"))]),
    "C121": Ours([each(percent("100"), skus("i1000")), each(percent("20"), skus("i1000"))]),
    "C123": Ours([each(amount("2")), each(amount("7"))]),
    "C126": Ours([whole(amount("10"))]),
    "C128": Ours(
        [whole(percent("1"), when=[from_value("50.01"), {"type": "not", "of": from_value("60")}])]
    ),
    "C131": Ours(
        [whole(percent("1"), when=[from_value("50"), {"type": "not", "of": from_value("60")}])]
    ),
    "C133": Ours([group(2, benefit=amount("4.44"))]),
    "C136": Ours([each(amount("10")), whole(amount("5"))]),
    "C138": Ours([tiered([("10", percent("20"))])]),
    "C141": Ours(
        [group(4, on=skus("cabinet")), whole(percent("10"), when=[coupon("test_10pc")])],
        {"cabinet": {"quantity_milli": 4000}},
        sale=with_coupons("test_10pc"),
    ),
    "C143": Ours([group(4, on=skus("cabinet"))], {"cabinet": {"quantity_milli": 100_000}}),
    "C146": Ours([whole(amount("249"))]),
    "C148": Ours([tiered([("100", amount("100"))], when=[coupon("K1")])], sale=with_coupons("K1")),
    "C151": Ours(
        [
            tiered([("100", amount("100"))], when=[coupon("testpromo")]),
            tiered([("100", amount("100"))], layer="customer", when=[coupon("K1")]),
        ],
        sale=with_coupons("testpromo", "K1"),
    ),
    "C153": Ours(
        [
            PAIR_OF_A_AND_B,
            each(amount("10"), skus("A")),
            whole(percent("10"), when=[coupon("test_10pc")]),
        ],
        sale=with_coupons("test_10pc"),
    ),
    "C156": Ours(
        [
            each(
                percent("100"),
                skus("chair"),
                when=[coupon("K3"), from_pieces(1, skus("cabinet"))],
                limits={"max_discount_minor": 20_000},
            )
        ],
        sale=with_coupons("K3"),
    ),
    "C158": Ours([]),
    "C161": Ours([each(percent("50"), category("base/office"))]),
    "C163": Ours([each(percent("10"), skus("A"), when=[from_value("40.00", skus("A"))])]),
    "C166": Ours([each(percent("90"), most=1)]),
    "C168": Ours([each(percent("10"), skus("P")) for _ in range(10)]),
    "C171": Ours([group(3, on=skus("organizer"))], {"organizer": {"quantity_milli": 7000}}),
    "C173": Ours(
        [buy_get(SHELVES, {"on": skus("desk_pad", "monitor_stand")})],
        more=(scanned("monitor_stand", "3.19"),),
    ),
    "C178": Ours([POINTS_WITH_CODE], sale=known()),
    "C191": Ours(
        [each(percent("10"), skus("A"), limits={"max_discount_minor": 900})],
        {"B": {"unit_price_minor": 11_400, "quantity_milli": -1000}},
    ),
    "C196": Ours(
        [
            each(percent("10"), skus("I")),
            each(percent("20"), skus("I"), when=[segment("C0")]),
        ],
        sale=known(segments=["C0"]),
    ),
    "C198": Ours(
        [
            each(percent("10"), skus("I")),
            each(percent("20"), skus("I"), when=[segment("C0")]),
            each(percent("15"), category("ALL")),
        ],
        sale=known(segments=["C1"]),
    ),
    "C201": Ours(
        [
            each(
                percent("17.5"),
                skus("I"),
                when=[from_pieces(5, skus("I")), {"type": "not", "of": from_pieces(8, skus("I"))}],
            )
        ]
    ),
    "C206": Ours([each(percent("100"), skus("p2"), when=[from_value("100.00")])]),
    "C208": Ours([each(percent(value)) for value in ("10", "20", "15")]),
    "C211": Ours([each(percent(value)) for value in ("10", "20", "15", "35")]),
    "C213": Ours([each(percent(value)) for value in ("10", "20")]),
}

SPREAD = "a discount belongs to all units of its application, so that a return of any is fair"
NO_FLOOR = "articles have no minimum price: what must not be reduced is price-bound"
ONE_EACH = "a unit is taken by one promotion of the article layer; nothing stacks inside a layer"
NO_PRIORITY = "no priority numbers: the lowest total holds"

DIFFERENT: dict[str, Difference] = {
    "C006": Difference(
        {"discount_total", "total"},
        "a promotion is rounded half up, in the customer's favour",
        {"discount_total": "0.88", "total": "16.62"},
    ),
    "C011": Difference(
        {"discount_total", "total"},
        "which unit a unit discount takes is free, and the lowest total takes the dearer one",
        {"discount_total": "2.00", "total": "4.00"},
    ),
    "C043": Difference(
        {"discount_total"},
        "a promotion has one benefit for all its units; of two promotions the better takes both",
        {"discount_total": "4.22"},
    ),
    "C066": Difference({"line_discounts"}, NO_FLOOR, {"line_discounts": ["14.29", "5.71"]}),
    "C068": Difference({"unit_discounts"}, NO_FLOOR, {"line_discounts": ["11.36", "13.64"]}),
    "C071": Difference(
        {"line_discounts", "discount_total", "total"},
        NO_FLOOR,
        {"line_discounts": ["1.82", "3.64", "9.09", "5.45"], "total": "90.00"},
    ),
    "C098": Difference(
        {"total", "discount_total"}, NO_PRIORITY, {"total": "50.00", "discount_total": "50.00"}
    ),
    "C113": Difference(
        {"line_discounts"},
        SPREAD,
        {"line_discounts": ["166.67", "166.67", "333.33", "333.33"]},
    ),
    "C133": Difference({"line_discounts"}, SPREAD, {"line_discounts": ["1.97", "2.47"]}),
    "C153": Difference(
        {"total", "discount_total"}, ONE_EACH, {"total": "12.60", "discount_total": "7.40"}
    ),
    "C158": Difference(
        {"coupons_issued", "coupon_valid_only_after"},
        "a voucher for the next purchase is issued when the sale is completed, not by the price",
        {"total": "640.00"},
    ),
    "C168": Difference(
        {"total", "discount_total"}, ONE_EACH, {"total": "90.00", "discount_total": "10.00"}
    ),
    "C191": Difference(
        {"total", "discount_total"},
        "a return takes no part in promotions and lowers no discount of what is sold",
        {"total": "-3.00", "discount_total": "9.00"},
    ),
    "C208": Difference(
        {"total", "discount_total", "applied"},
        ONE_EACH + "; " + NO_PRIORITY,
        {"total": "80.00", "applied": ["P2"]},
    ),
    "C211": Difference(
        {"total", "discount_total", "applied"},
        ONE_EACH + "; " + NO_PRIORITY,
        {"total": "65.00", "applied": ["P4"]},
    ),
    "C213": Difference(
        {"total", "discount_total"}, ONE_EACH, {"total": "80.00", "discount_total": "20.00"}
    ),
}

SPENDING = "points are spent as a voucher after all layers; no promotion takes them"
TAKING_BACK = "what a return takes back is decided on its receipt, not by the price of a sale"

OUTSIDE: dict[str, str] = {
    "C176": SPENDING,
    "C181": SPENDING,
    "C183": TAKING_BACK,
    "C186": TAKING_BACK,
    "C188": SPENDING,
    "C193": "paying a refund out as a card is a tender of the host",
    "C203": TAKING_BACK,
}


def sale_of(fact: Doc, ours: Ours) -> Doc:
    """The basket of a fact as a sale of promotions.md §3."""
    lines = []
    for one in fact["basket"]:
        path = (one.get("category") or "").split("/")
        line = {
            "sku": one["sku"],
            "quantity_milli": one["qty"] * 1000,
            "categories": ["/".join(path[: n + 1]) for n in range(len(path))] if path[0] else [],
        }
        if one["unit_price"] is not None and Fraction(one["unit_price"]) >= 0:
            line["unit_price_minor"] = minor(one["unit_price"])
        lines.append(line | ours.lines.get(one["sku"], {}))
    numbered = [line | {"line_id": str(number)} for number, line in enumerate([*lines, *ours.more])]
    return {"sale_id": "s", "at": "2026-03-07T15:12:00+01:00", "lines": numbered} | ours.sale


def promotions_of(ours: Ours) -> list[Doc]:
    return [one | {"id": f"P{number}"} for number, one in enumerate(ours.promotions, start=1)]


def say(result: Doc, fact: Doc, sale: Doc, word: str) -> Any:
    """What a result says in a word of the facts; amounts are in minor units."""
    lines = result["lines"][: len(fact["basket"])]
    skus_of = [line["sku"] for line in sale["lines"]]
    entries = [entry for line in result["lines"] for entry in line["discounts"]]
    applications = sum(entry["applications"] for entry in result["promotions"])
    discounts = [line["discount_minor"] for line in lines]
    pieces = [abs(line["quantity_milli"]) // 1000 for line in sale["lines"]]
    answers: dict[str, Any] = {
        "total": result["total_minor"],
        "discount_total": result["discount_minor"],
        "line_discounts": discounts,
        "line_discounts_partial": dict(zip(skus_of, discounts, strict=False)),
        "line_discounts_multiset": sorted(discounts),
        "unit_price_after": {
            sku: Fraction(line["paid_minor"], count)
            for sku, line, count in zip(skus_of, lines, pieces, strict=False)
        },
        "units_discounted": sum(entry["units_milli"] for entry in entries) // 1000,
        "units_consumed": sum(entry["units_milli"] for entry in entries) // 1000,
        "applicable_again": applications > 1,
        "per_promotion": [
            [
                sum(e["discount_minor"] for e in line["discounts"] if e["promotion"] == one["id"])
                for line in lines
            ]
            for one in promotions_of(OURS[fact["id"]])
        ],
        "added": [
            {"sku": line["sku"], "qty": line["quantity_milli"] // 1000}
            for line in OURS[fact["id"]].more
        ],
        "gross_incl_added": result["gross_minor"],
        "coupon_accepted": bool(result["coupons_used"]),
        "eligible": bool(result["promotions"]),
        "free_units": {
            (skus_of[-1] if OURS[fact["id"]].more else skus_of[0]): next(
                (entry["applications"] for entry in result["promotions"]), 0
            )
        },
        "applied": [entry["promotion"] for entry in result["promotions"]],
        "points_earned": sum(entry["amount"] for entry in result["earned"]),
    }
    return answers[word]


COUNTS = {"units_discounted", "units_consumed", "applicable_again", "eligible", "coupon_accepted"}
AS_THEY_ARE = COUNTS | {"added", "free_units", "applied"}


def expected(word: str, value: Any) -> Any:
    """An expected value as ``say`` puts it."""
    if word in AS_THEY_ARE:
        return value
    if word == "points_earned":
        return int(value)
    if isinstance(value, dict):
        return {key: expected(word, one) for key, one in value.items()}
    if isinstance(value, list):
        return [expected(word, one) for one in value]
    return int(Fraction(value) * 100)
