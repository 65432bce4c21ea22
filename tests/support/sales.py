"""Hypothesis strategies: small generations and sales that overlap and touch thresholds.

Prices and rates come in two kinds: *nice* ones divide and collide (equal prices, thresholds met to
the cent), *ugly* ones do neither.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from hypothesis import strategies as st

Doc = dict[str, Any]

ARTICLES: list[Doc] = [
    {
        "sku": "H1",
        "categories": ["mode", "hosen"],
        "brand": "Brax",
        "season": "FS",
        "tags": ["neu"],
    },
    {"sku": "H2", "categories": ["mode", "hosen"], "brand": "Gant", "season": "HW", "tags": []},
    {"sku": "O1", "categories": ["mode", "hemden"], "brand": "Gant", "tags": ["neu", "rot"]},
    {"sku": "O2", "categories": ["mode", "hemden"], "brand": "Brax", "season": "FS", "tags": []},
    {"sku": "S1", "categories": ["schuhe"], "brand": "Gant", "season": "HW", "tags": ["rot"]},
]
PRICES_NICE = [600, 1200, 2400, 3600, 6000]
BP_NICE = [1000, 2000, 2500, 5000, 10_000]
SERIES = ["FRUEHLING", "GEBURTSTAG"]
SEGMENTS = ["stammkunde", "abc:A", "abc:C"]


class Case(NamedTuple):
    """A generation and a sale for it."""

    promotions: list[Doc]
    sale: Doc


def rarely(strategy: st.SearchStrategy[Any], otherwise: object = None) -> st.SearchStrategy[Any]:
    """About one draw in five."""
    return st.integers(0, 4).flatmap(lambda n: strategy if n == 4 else st.just(otherwise))


# --- the sale -------------------------------------------------------------------------------------


def prices(*, nice: bool) -> st.SearchStrategy[int]:
    if nice:
        return st.sampled_from(PRICES_NICE)
    return st.one_of(st.sampled_from([1, 333, 1999, 4995]), st.integers(0, 9_999))


@st.composite
def lines(draw: st.DrawFn, *, nice: bool, max_units: int) -> list[Doc]:
    result: list[Doc] = []
    units_left = max_units
    for number in range(draw(st.sampled_from([1, 2, 3, 3, 4, 4]))):
        line = dict(draw(st.sampled_from(ARTICLES)))
        kind = draw(st.sampled_from(["pieces"] * 14 + ["measured", "return"]))
        pieces = draw(st.integers(1, 3)) if kind == "pieces" else 1
        if kind != "return":
            pieces = min(pieces, units_left)
            units_left -= pieces
        if pieces == 0:
            break
        line |= {
            "line_id": str(number + 1),
            "quantity_milli": {"pieces": 1000 * pieces, "measured": 750, "return": -1000}[kind],
            "unit_price_minor": draw(prices(nice=nice)),
            "vat_rate_bp": 700 if line["brand"] == "Gant" else 1900,
            "markdown": draw(st.sampled_from([False, False, False, True])),
            "discountable": draw(st.sampled_from([True] * 9 + [False])),
        }
        if kind == "measured":
            line["measured"] = draw(st.booleans())  # not whole is enough
        result.append(line)
    return result


@st.composite
def sales(draw: st.DrawFn, *, nice: bool, max_units: int = 6) -> Doc:
    """A sale of promotions.md §3, mostly with a customer and now and then with coupons."""
    sale: Doc = {
        "sale_id": "s1",
        "shop": "001",
        "till": "3",
        "at": draw(st.sampled_from(["2026-03-07T15:12:00+01:00", "2028-02-28T23:30:00+01:00"])),
        "currency": "EUR",
        "lines": draw(lines(nice=nice, max_units=max_units)),
        "tenders": draw(st.lists(st.sampled_from(["cash", "card"]), max_size=1)),
        "declined": draw(rarely(st.just(["P1"]), otherwise=[])),
    }
    series = draw(rarely(st.lists(st.sampled_from(SERIES), min_size=1, max_size=3), otherwise=[]))
    sale["coupons"] = [{"code": f"C{n}", "series": name} for n, name in enumerate(series)]
    if draw(st.booleans()):
        sale["customer"] = {
            "id": "K100",
            "segments": draw(st.lists(st.sampled_from(SEGMENTS), max_size=2, unique=True)),
            "birthday": draw(st.sampled_from([None, "1980-03-09", "1992-02-29", "2010-12-30"])),
            "instant_discount_bp": draw(st.sampled_from([0, 300, 1000])),
            "uses": draw(st.sampled_from([{}, {"P2": 1}])),
            "history": draw(st.sampled_from([{}, {"receipts_365d": 4}])),
        }
    return sale


# --- the generation -------------------------------------------------------------------------------


def _matches() -> st.SearchStrategy[Doc]:
    plain = {
        "skus": st.lists(st.sampled_from([a["sku"] for a in ARTICLES]), min_size=1, max_size=2),
        "categories": st.lists(st.sampled_from(["hosen", "hemden", "mode", "schuhe"]), min_size=1),
        "brands": st.lists(st.sampled_from(["Brax", "Gant"]), min_size=1, max_size=1),
        "seasons": st.just(["FS"]),
        "tags": st.sampled_from([["neu"], ["neu", "rot"]]),
        "tags_all": st.just(["neu", "rot"]),
        "price_min_minor": st.sampled_from([1200, 2000]),
        "price_max_minor": st.sampled_from([2400, 5000]),
        "price_state": st.sampled_from(["any", "full_price", "markdown"]),
    }
    one = st.sampled_from(sorted(plain)).flatmap(
        lambda name: st.fixed_dictionaries({name: plain[name]})
    )
    return st.one_of(one, one, st.tuples(one, one).map(lambda two: two[0] | two[1]))


def selectors() -> st.SearchStrategy[Doc]:
    narrow = st.fixed_dictionaries({"any_of": st.lists(_matches(), min_size=1, max_size=2)})
    without = st.fixed_dictionaries({"none_of": st.lists(_matches(), min_size=1, max_size=1)})
    return st.one_of(st.just({}), st.just({}), narrow, narrow, without)


def _benefits(*, nice: bool) -> st.SearchStrategy[Doc]:
    bp = st.sampled_from(BP_NICE) if nice else st.integers(1, 10_000)
    minor = st.sampled_from([300, 600, 1200]) if nice else st.integers(1, 5_000)
    return st.one_of(
        st.builds(lambda v: {"type": "percent", "bp": v}, bp),
        st.builds(lambda v: {"type": "amount_off", "minor": v}, minor),
        st.builds(lambda v: {"type": "fixed_price", "minor": v}, minor),
    )


@st.composite
def _article_offers(draw: st.DrawFn, *, nice: bool, gross_minor: int) -> Doc:
    kinds = ["unit_discount", "n_for_m", "bundle", "buy_get", "quantity_tiers"]
    kind = draw(st.sampled_from([*kinds, *kinds[1:]]))
    if kind == "quantity_tiers":
        return draw(_quantity_tiers(nice=nice))
    offer: Doc = {"kind": kind, "benefit": draw(_benefits(nice=nice))}
    if kind == "unit_discount":
        offer |= {"on": draw(selectors()), "max_units": draw(rarely(st.integers(1, 2)))}
    elif kind == "n_for_m":
        offer |= {"on": draw(selectors()), "n": draw(st.integers(2, 3))}
        offer["discounted"] = draw(st.sampled_from([1, 1, offer["n"]]))
    elif kind == "buy_get":
        offer["buy"] = draw(st.lists(_slots(), min_size=1, max_size=2))
        offer["get"] = draw(st.lists(_slots(), min_size=1, max_size=2))
        offer["get_at_most_buy_price"] = draw(st.booleans())
    else:
        offer["slots"] = draw(st.lists(_slots(), min_size=1, max_size=2))
        if offer["benefit"]["type"] == "fixed_price":
            offer["benefit"]["minor"] = draw(_near(gross_minor // 2))
    return offer


def _slots() -> st.SearchStrategy[Doc]:
    return st.fixed_dictionaries({"on": selectors()}, optional={"quantity": st.integers(1, 2)})


@st.composite
def _quantity_tiers(draw: st.DrawFn, *, nice: bool) -> Doc:
    """Tiers in any order; a higher one is not always the better one."""
    quantities = draw(st.lists(st.integers(1, 6), min_size=1, max_size=3, unique=True))
    tiers = [{"min_quantity": n, "benefit": draw(_benefits(nice=nice))} for n in quantities]
    return {"kind": "quantity_tiers", "on": draw(selectors()), "tiers": tiers}


def _near(minor: int) -> st.SearchStrategy[int]:
    """An amount about as high as this one, and often exactly it."""
    return st.sampled_from(
        [0, 0, 1, -1, -600, -minor // 4, -minor // 3, -minor // 2, -minor // 2]
    ).map(lambda step: max(minor + step, 1))


@st.composite
def _tiers(draw: st.DrawFn, *, nice: bool, gross_minor: int, layer: str) -> list[Doc]:
    benefits = [_benefits(nice=nice).filter(lambda b: b["type"] != "fixed_price")]
    if layer == "customer":
        benefits.append(st.sampled_from([300, 10_000]).map(_customer_rate))
    thresholds = draw(st.sets(st.one_of(st.just(0), _near(gross_minor)), min_size=1, max_size=2))
    return [
        {"min_value_minor": minor, "benefit": draw(st.one_of(benefits))}
        for minor in sorted(thresholds)
    ]


def _customer_rate(max_bp: int) -> Doc:
    return {"type": "customer_rate", "max_bp": max_bp}


def _leaves(gross_minor: int) -> st.SearchStrategy[Doc]:
    of = {"of": selectors()}
    return st.one_of(
        st.sampled_from(SERIES).map(lambda series: {"type": "coupon", "series": series}),
        st.fixed_dictionaries({"type": st.just("min_value"), "minor": _near(gross_minor)} | of),
        st.fixed_dictionaries(
            {"type": st.just("min_quantity"), "quantity": st.integers(1, 4)} | of,
            optional={"distinct_skus": st.integers(1, 2)},
        ),
        st.sampled_from(
            [
                {"type": "customer_known"},
                {"type": "in_segment", "any_of": ["stammkunde", "abc:A"]},
                {"type": "in_segment", "none_of": ["abc:C"]},
                {"type": "birthday", "days_before": 7, "days_after": 2},
                {"type": "age", "min": 18},
                {"type": "history", "metric": "receipts_365d", "min": 1},
                {"type": "history", "metric": "receipts_total", "max": 0},
                {"type": "tender", "any_of": ["cash"]},
            ]
        ),
    )


def _conditions(gross_minor: int) -> st.SearchStrategy[Doc]:
    leaf = _leaves(gross_minor)
    # How coupons are spent is clear only where they stand outside `any` and `not`.
    inner = leaf.filter(lambda c: c["type"] != "coupon")
    return st.one_of(
        leaf,
        leaf,
        st.lists(leaf, min_size=1, max_size=2).map(lambda of: {"type": "all", "of": of}),
        st.lists(inner, min_size=1, max_size=2).map(lambda of: {"type": "any", "of": of}),
        inner.map(lambda of: {"type": "not", "of": of}),
    )


def _limits(*, nice: bool) -> st.SearchStrategy[Doc]:
    cap = st.sampled_from([600, 900]) if nice else st.integers(1, 2_000)
    return st.fixed_dictionaries(
        {},
        optional={
            "per_receipt": st.integers(1, 2),
            "per_customer": st.just(1),
            "max_discount_minor": cap,
        },
    )


@st.composite
def promotion(draw: st.DrawFn, *, identity: str, nice: bool, gross_minor: int) -> Doc:
    """A promotion of one of the three layers that change the price."""
    layer = draw(st.sampled_from(["article"] * 5 + ["receipt"] * 3 + ["customer"] * 2))
    result: Doc = {"id": identity, "layer": layer}
    exclusives = ["no"] * 12 + ["receipt"]
    if layer == "article":
        result["offer"] = draw(_article_offers(nice=nice, gross_minor=gross_minor))
        exclusives += ["units"] * 4
    else:
        tiers = draw(_tiers(nice=nice, gross_minor=gross_minor, layer=layer))
        result["offer"] = {"kind": "receipt_discount", "on": draw(selectors()), "tiers": tiers}
    result["exclusive"] = draw(st.sampled_from(exclusives))
    result["when"] = draw(rarely(st.lists(_conditions(gross_minor), min_size=1, max_size=2), []))
    result["limits"] = draw(rarely(_limits(nice=nice), {}))
    result["validity"] = draw(
        st.sampled_from(
            [{}] * 20
            + [
                {"from": "2027-01-01T00:00"},
                {"until": "2026-03-07T15:12"},
                {"windows": [{"weekdays": [6], "from": "15:12", "until": "17:00"}]},
                {"windows": [{"weekdays": [1], "from": "23:00", "until": "01:00"}]},
            ]
        )
    )
    result["scope"] = draw(st.sampled_from([{}] * 16 + [{"shops": ["001"]}, {"tills": ["1"]}]))
    return result


@st.composite
def cases(draw: st.DrawFn, *, max_units: int = 6, max_promotions: int = 5) -> Case:
    """A small sale with up to so many promotions that may touch it; ids in any order."""
    nice = draw(st.booleans())
    sale = draw(sales(nice=nice, max_units=max_units))
    gross_minor = sum(
        line["unit_price_minor"] * max(line["quantity_milli"], 0) // 1000 for line in sale["lines"]
    )
    count = draw(st.sampled_from([1, 2, *range(3, max_promotions + 1), max_promotions]))
    identities = draw(st.permutations([f"P{n + 1}" for n in range(count)]))
    promotions = [
        draw(promotion(identity=name, nice=nice, gross_minor=max(gross_minor, 1)))
        for name in identities
    ]
    if draw(rarely(st.just(True), otherwise=False)):
        promotions.append(EARN)
    return Case(promotions, sale)


EARN: Doc = {
    "id": "POINTS",
    "layer": "earn",
    "offer": {"kind": "earn", "account": "points", "on": {}, "per_value_minor": 100, "points": 1},
}
