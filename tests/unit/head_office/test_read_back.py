"""Read back in words: every kind of offer and condition, and nothing that matters is left out."""

from __future__ import annotations

from functools import partial
from typing import Any, get_args

import pytest

from head_office.read_back.conditions import statement
from head_office.read_back.earnings import earning
from head_office.read_back.offers import sentence
from head_office.read_back.promotion import read_back
from head_office.read_back.times import period
from pos_plugin.promotions.conditions import AnyCondition
from pos_plugin.promotions.offers import AnyOffer
from pos_plugin.promotions.promotion import Promotion, Validity

UNITS = {"points": "POINTS", "bonus": "EUR_MINOR"}
HOSEN = {"any_of": [{"categories": ["hosen"]}]}
HEMDEN = {"any_of": [{"categories": ["hemden"]}], "none_of": [{"brands": ["Basic"]}]}
FREE = {"type": "percent", "bp": 10_000}
TEN_PERCENT = {"type": "percent", "bp": 1000}
FIVE_OFF = {"type": "amount_off", "minor": 500}
PRICE_99 = {"type": "fixed_price", "minor": 9900}

OFFERS: list[tuple[str, dict[str, Any], str, str]] = [
    (
        "article",
        {"kind": "unit_discount", "on": HOSEN, "benefit": TEN_PERCENT, "max_units": 2},
        "10 % Rabatt auf alle Teile aus Warengruppe hosen, auf höchstens 2 Teile je Bon.",
        "10% off every piece of product group hosen, at most 2 pieces a receipt.",
    ),
    (
        "article",
        {"kind": "unit_discount", "on": HEMDEN, "benefit": FIVE_OFF},
        "5,00 € Rabatt auf jedes Teil aus Warengruppe hemden (ausgenommen: von Basic).",
        "€5.00 off every piece of product group hemden (except: by Basic).",
    ),
    (
        "article",
        {"kind": "unit_discount", "benefit": PRICE_99},
        "Alle Teile kosten 99,00 €.",
        "Every piece is €99.00.",
    ),
    (
        "article",
        {"kind": "n_for_m", "on": HOSEN, "n": 3},
        (
            "Wer 3 Teile aus Warengruppe hosen nimmt, bezahlt nur 2: Das günstigste davon ist "
            "geschenkt."
        ),
        "Take 3 pieces of product group hosen, pay only 2: the cheapest of them is free.",
    ),
    (
        "article",
        {"kind": "n_for_m", "n": 5, "discounted": 2, "benefit": {"type": "percent", "bp": 5000}},
        "Wer 5 Teile nimmt, bekommt die 2 günstigsten davon mit 50 % Rabatt.",
        "Take 5 pieces and get the 2 cheapest of them with 50% off.",
    ),
    (
        "article",
        {
            "kind": "bundle",
            "slots": [{"on": HOSEN}, {"on": HEMDEN, "quantity": 2}],
            "benefit": PRICE_99,
        },
        (
            "1 Teil aus Warengruppe hosen und 2 Teile aus Warengruppe hemden (ausgenommen: von "
            "Basic) kosten zusammen 99,00 €."
        ),
        (
            "1 piece of product group hosen and 2 pieces of product group hemden (except: by "
            "Basic) cost €99.00 together."
        ),
    ),
    (
        "article",
        {
            "kind": "buy_get",
            "buy": [{"on": HOSEN, "quantity": 2}],
            "get": [{"on": HOSEN}],
            "benefit": FREE,
            "get_at_most_buy_price": True,
        },
        (
            "Wer 2 Teile aus Warengruppe hosen kauft, bekommt 1 Teil aus Warengruppe hosen "
            "geschenkt. Was man bekommt, kostet höchstens so viel wie das günstigste gekaufte Teil."
        ),
        (
            "Buy 2 pieces of product group hosen and get 1 piece of product group hosen for free. "
            "What one gets costs no more than the cheapest piece bought."
        ),
    ),
    (
        "article",
        {
            "kind": "quantity_tiers",
            "on": HOSEN,
            "tiers": [
                {"min_quantity": 6, "benefit": FIVE_OFF},
                {"min_quantity": 3, "benefit": TEN_PERCENT},
            ],
        },
        (
            "Teile aus Warengruppe hosen werden mit der Menge günstiger: ab 3 Teilen 10 % Rabatt; "
            "ab 6 Teilen 5,00 € Rabatt je Teil. "
            "Die höchste erreichte Stufe gilt für alle diese Teile."
        ),
        (
            "Pieces of product group hosen get cheaper by number: from 3 pieces on 10% off; from 6 "
            "pieces on €5.00 off a piece. The highest step reached holds for all of these pieces."
        ),
    ),
    (
        "receipt",
        {
            "kind": "receipt_discount",
            "tiers": [
                {"min_value_minor": 10_000, "benefit": {"type": "amount_off", "minor": 1000}}
            ],
        },
        "Auf den ganzen Einkauf: ab 100,00 € 10,00 € Rabatt.",
        "On the whole purchase: from €100.00 on €10.00 off.",
    ),
    (
        "customer",
        {
            "kind": "receipt_discount",
            "on": HOSEN,
            "tiers": [{"benefit": {"type": "customer_rate", "max_bp": 750}}],
        },
        (
            "Auf den Einkauf von Teilen aus Warengruppe hosen: der eigene Sofort-Rabatt des "
            "Kunden, höchstens 7,5 %."
        ),
        (
            "On the purchase of pieces of product group hosen: the customer's own instant "
            "discount, at most 7.5%."
        ),
    ),
    (
        "earn",
        {
            "kind": "earn",
            "account": "bonus",
            "per_value_minor": 100,
            "points": 4,
            "from_year_minor": 30_000,
        },
        (
            "Für je 1,00 €, die für Teile bezahlt werden, gibt es 0,04 € Bonus. Gezählt "
            "wird, was im Kalenderjahr über 300,00 € hinausgeht."
        ),
        (
            "Every €1.00 paid for pieces brings €0.04 bonus. Only what exceeds €300.00 in "
            "the calendar year counts."
        ),
    ),
    (
        "earn",
        {"kind": "earn_fixed", "account": "points", "on": HOSEN, "points": 50, "per": "unit"},
        "Jedes Teil aus Warengruppe hosen bringt 50 Punkte.",
        "Every piece of product group hosen brings 50 points.",
    ),
    (
        "earn",
        {"kind": "earn_fixed", "account": "points", "points": 50, "per": "receipt"},
        "Ein Bon mit einem Teil bringt einmal 50 Punkte.",
        "A receipt with a piece brings 50 points once.",
    ),
    (
        "earn",
        {"kind": "earn_multiplier", "account": "points", "on": HOSEN, "factor_bp": 25_000},
        "Was für Teile aus Warengruppe hosen bezahlt wird, zählt 2,5-fach für Punkte.",
        "What is paid for pieces of product group hosen counts 2.5 times for points.",
    ),
]

CONDITIONS: list[tuple[dict[str, Any], str, str]] = [
    (
        {"type": "min_value", "minor": 5000, "of": HOSEN},
        "auf dem Bon stehen Teile aus Warengruppe hosen für mindestens 50,00 € (vor Rabatten)",
        "the receipt holds pieces of product group hosen worth at least €50.00 (before discounts)",
    ),
    (
        {"type": "min_quantity", "quantity": 3, "distinct_skus": 2},
        "auf dem Bon stehen mindestens 3 Teile, davon 2 verschiedene Artikel",
        "the receipt holds at least 3 pieces, 2 different articles among them",
    ),
    ({"type": "customer_known"}, "die Kundenkarte ist gescannt", "the customer's card was scanned"),
    (
        {"type": "in_segment", "any_of": ["stammkunde", "abc:A"], "none_of": ["tier:gold"]},
        "der Kunde gehört zu Gruppe stammkunde oder Klasse A und gehört nicht zu Stufe gold",
        "the customer belongs to group stammkunde or class A and does not belong to tier gold",
    ),
    (
        {"type": "birthday", "days_before": 7, "days_after": 1},
        "der Tag liegt von 7 Tagen vor bis 1 Tag nach dem Geburtstag des Kunden",
        "the day lies from 7 days before to 1 day after the customer's birthday",
    ),
    (
        {"type": "age", "min": 60},
        "der Kunde ist mindestens 60 Jahre alt",
        "the customer is at least 60 years old",
    ),
    (
        {"type": "history", "metric": "revenue_minor_365d", "min": 20_000, "max": 50_000},
        "Umsatz der letzten 365 Tage: mindestens 200,00 € und höchstens 500,00 €",
        "turnover of the last 365 days: at least €200.00 and at most €500.00",
    ),
    (
        {"type": "coupon", "series": "MAI"},
        "ein Gutschein MAI ist gescannt",
        "a voucher MAI was scanned",
    ),
    (
        {"type": "tender", "any_of": ["bar", "ec"]},
        "bezahlt wird mit bar oder ec",
        "payment is by bar or ec",
    ),
    (
        {"type": "all", "of": [{"type": "customer_known"}, {"type": "coupon", "series": "M"}]},
        "(die Kundenkarte ist gescannt und ein Gutschein M ist gescannt)",
        "(the customer's card was scanned and a voucher M was scanned)",
    ),
    (
        {"type": "any", "of": [{"type": "customer_known"}, {"type": "coupon", "series": "M"}]},
        "(die Kundenkarte ist gescannt oder ein Gutschein M ist gescannt)",
        "(the customer's card was scanned or a voucher M was scanned)",
    ),
    (
        {"type": "not", "of": {"type": "customer_known"}},
        "es gilt nicht: die Kundenkarte ist gescannt",
        "it is not so that the customer's card was scanned",
    ),
]

PERIODS: list[tuple[dict[str, Any], str, str]] = [
    ({}, "Unbefristet.", "Without time limit."),
    (
        {"windows": [{"weekdays": [1, 2, 3, 4, 5], "from": "17:00", "until": "19:00"}]},
        "Unbefristet, montags bis freitags von 17:00 bis 19:00 Uhr.",
        "Without time limit, Mondays to Fridays from 17:00 to 19:00.",
    ),
    (
        {"windows": [{"weekdays": [7, 1, 6]}]},
        "Unbefristet, montags, samstags und sonntags.",
        "Without time limit, Mondays, Saturdays and Sundays.",
    ),
    (
        {"windows": [{"weekdays": [4, 5, 6], "from": "22:00", "until": "02:00"}]},
        "Unbefristet, donnerstags, freitags und samstags von 22:00 bis 02:00 Uhr am nächsten Tag.",
        "Without time limit, Thursdays, Fridays and Saturdays from 22:00 to 02:00 on the next day.",
    ),
]

BASE: dict[str, Any] = {
    "id": "HOSEN20",
    "layer": "article",
    "offer": {"kind": "unit_discount", "on": HOSEN, "benefit": TEN_PERCENT},
}
VARIED: list[dict[str, Any]] = [
    {"validity": {"from": "2026-03-01T00:00"}},
    {"validity": {"from": "2026-03-01T09:00"}},
    {"validity": {"until": "2026-04-01T00:00"}},
    {"validity": {"until": "2026-04-01T12:00"}},
    {"validity": {"windows": [{"weekdays": [6]}]}},
    {"validity": {"windows": [{"weekdays": [6, 7]}]}},
    {"validity": {"windows": [{"from": "15:00", "until": "17:00"}]}},
    {"validity": {"windows": [{"from": "22:00", "until": "02:00"}]}},
    {"scope": {"shops": ["001"]}},
    {"scope": {"tills": ["3"]}},
    {"when": [{"type": "customer_known"}]},
    {"limits": {"per_receipt": 2}},
    {"limits": {"per_customer": 2}},
    {"limits": {"max_discount_minor": 2000}},
    {"exclusive": "units"},
    {"exclusive": "receipt"},
    {"announced_publicly": True},
    {"hint_within_minor": 2000},
]
FIELDS_OF_MATCH: dict[str, Any] = {
    "skus": ["4711"],
    "categories": ["hemden"],
    "brands": ["Brax"],
    "seasons": ["FS26"],
    "tags": ["neu"],
    "tags_all": ["neu", "rot"],
    "price_min_minor": 2000,
    "price_max_minor": 9000,
    "price_state": "markdown",
}


def promotion(**changes: Any) -> Promotion:
    return Promotion.model_validate(BASE | changes)


@pytest.mark.parametrize(("layer", "offer", "german", "english"), OFFERS)
def test_every_offer_is_said(layer: str, offer: dict[str, Any], german: str, english: str) -> None:
    said = promotion(layer=layer, offer=offer)
    assert read_back(said, "de", UNITS)[0] == german
    assert read_back(said, "en", UNITS)[0] == english


@pytest.mark.parametrize(("condition", "german", "english"), CONDITIONS)
def test_every_condition_is_said(condition: dict[str, Any], german: str, english: str) -> None:
    held = promotion(when=[condition])
    assert f"Nur wenn: {german}." in read_back(held, "de", UNITS)
    assert f"Only if: {english}." in read_back(held, "en", UNITS)


def kinds(union: Any, field: str) -> set[str]:
    members = get_args(get_args(union)[0])
    return {get_args(one.model_fields[field].annotation)[0] for one in members}


def test_no_word_of_the_vocabulary_is_left_out() -> None:
    assert {offer["kind"] for _, offer, _, _ in OFFERS} == kinds(AnyOffer, "kind")
    assert {condition["type"] for condition, _, _ in CONDITIONS} == kinds(AnyCondition, "type")


@pytest.mark.parametrize("say", [sentence, statement, partial(earning, units=UNITS)])
def test_what_has_no_words_is_refused(say: Any) -> None:
    class Unknown:
        kind = type = "new"

    with pytest.raises(TypeError, match="no de words"):
        say(Unknown(), language="de")


@pytest.mark.parametrize(
    ("units", "german", "english"),
    [
        ({"treue": "POINTS"}, "1 Punkt.", "1 point."),
        ({"treue": "EUR_MINOR"}, "0,01 € Bonus.", "€0.01 bonus."),
        (
            {"treue": "POINTS", "app": "POINTS"},
            "1 Punkt auf das Konto treue.",
            "1 point on the account treue.",
        ),
        ({}, "1 auf das Konto treue.", "1 on the account treue."),
    ],
)
def test_an_account_is_said_by_what_it_holds(
    units: dict[str, str], german: str, english: str
) -> None:
    offer = {"kind": "earn_fixed", "account": "treue", "points": 1, "per": "unit"}
    held = promotion(layer="earn", offer=offer)
    assert read_back(held, "de", units)[0] == f"Jedes Teil bringt {german}"
    assert read_back(held, "en", units)[0] == f"Every piece brings {english}"
    offer = {"kind": "earn_multiplier", "account": "treue", "factor_bp": 20_000}
    held = promotion(layer="earn", offer=offer)
    kind = "das Konto treue" if not units else german[:-1].removeprefix("0,01 € ")
    kind = kind.replace("1 Punkt", "Punkte")
    assert read_back(held, "de", units)[0] == (
        f"Was für Teile bezahlt wird, zählt 2-fach für {kind}."
    )


@pytest.mark.parametrize("language", ["de", "en"])
def test_whatever_changes_a_price_changes_the_words(language: str) -> None:
    matches = [
        {"offer": BASE["offer"] | {"on": {"any_of": [{name: value}]}}}
        for name, value in FIELDS_OF_MATCH.items()
    ]
    said = [
        " ".join(read_back(promotion(**one), language, UNITS)) for one in [{}, *VARIED, *matches]
    ]
    assert len(set(said)) == len(said)


def test_a_label_changes_no_words() -> None:
    named = promotion(label={"de": "Hosentage"})
    assert read_back(named, "de", UNITS) == read_back(promotion(), "de", UNITS)


def test_the_last_day_is_the_one_before_midnight() -> None:
    march = {"from": "2026-03-01T00:00", "until": "2026-04-01T00:00"}
    assert read_back(promotion(validity=march), "de", UNITS)[1] == (
        "Vom 01.03.2026 bis einschließlich 31.03.2026."
    )
    assert read_back(promotion(validity=march), "en", UNITS)[1] == (
        "From 2026-03-01 to the end of 2026-03-31."
    )


@pytest.mark.parametrize(("validity", "german", "english"), PERIODS)
def test_a_period_is_said_as_a_shop_writes_it(
    validity: dict[str, Any], german: str, english: str
) -> None:
    known = Validity.model_validate(validity)
    assert (period(known, "de"), period(known, "en")) == (german, english)


def test_a_sentence_goes_on_behind_the_price_of_its_pieces() -> None:
    shoes = {"any_of": [{"categories": ["schuhe"], "price_min_minor": 10_000}]}
    gift = {"kind": "buy_get", "buy": [{"on": shoes}], "get": [{"on": HOSEN}], "benefit": FREE}
    promotion = Promotion.model_validate(BASE | {"offer": gift})
    assert read_back(promotion, "de", UNITS)[0] == (
        "Wer 1 Teil aus Warengruppe schuhe (Preis mindestens 100,00 €) kauft, "
        "bekommt 1 Teil aus Warengruppe hosen geschenkt."
    )
    reduced = {"any_of": [{"price_state": "markdown", "price_max_minor": 999}]}
    promotion = Promotion.model_validate(BASE | {"offer": BASE["offer"] | {"on": reduced}})
    assert read_back(promotion, "de", UNITS)[0] == (
        "10 % Rabatt auf alle Teile (Preis höchstens 9,99 €, schon reduziert)."
    )
