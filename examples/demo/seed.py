"""Writes a small German fashion shop for head office: master data and promotions.

    python examples/demo/seed.py FOLDER [--on 2026-03-07]

FOLDER/load holds one JSON-lines file a table for ``stammkunde head-office load``, PROMOTIONS.json
beside it is for ``stammkunde head-office publish``. The same day gives the same bytes: one customer
has her birthday on it.
"""

from __future__ import annotations

import argparse
import datetime as dt
import hashlib
import json
from pathlib import Path
from typing import Any

from pos_plugin.clock import SystemClock

SHOP = "001"
LOGO = Path(__file__).parent.parent / "vouchers" / "sonnenschein.pbm"
COLOURS = (
    "schwarz", "marine", "weiß", "grau", "beige", "jeansblau", "rot", "oliv", "senf", "altrosa",
)  # fmt: skip
LAST_SEASON = ("senf", "altrosa")  # marked down by 30 %

# Name, price in cents, brand, article groups from the widest to the narrowest.
KINDS = (
    ("Damen-Jeans Slim", 7999, "Brax", "damen hosen jeans"),
    ("Damen-Stoffhose", 6999, "Gerry Weber", "damen hosen"),
    ("Culotte", 5999, "Opus", "damen hosen"),
    ("Bluse", 4999, "Opus", "damen blusen"),
    ("Damen-T-Shirt", 1999, "Sonnenschein", "damen t-shirts"),
    ("Longshirt", 2499, "Sonnenschein", "damen t-shirts"),
    ("Kleid", 8999, "Gerry Weber", "damen kleider"),
    ("Sommerkleid", 6999, "Opus", "damen kleider"),
    ("Damen-Pullover", 5999, "Brax", "damen strick"),
    ("Strickjacke", 6999, "Gerry Weber", "damen strick"),
    ("Blazer", 11999, "Gerry Weber", "damen blazer"),
    ("Damenmantel", 18999, "Fuchs Schmitt", "damen maentel"),
    ("Herren-Jeans Regular", 8999, "Brax", "herren hosen jeans"),
    ("Chino", 6999, "Camel Active", "herren hosen"),
    ("Cordhose", 7999, "Brax", "herren hosen"),
    ("Freizeithemd", 4999, "Camel Active", "herren hemden"),
    ("Business-Hemd", 5999, "Olymp", "herren hemden"),
    ("Polohemd", 3999, "Olymp", "herren hemden"),
    ("Herren-T-Shirt", 1999, "Sonnenschein", "herren t-shirts"),
    ("Herren-Pullover", 6999, "Camel Active", "herren strick"),
    ("Sakko", 14999, "Digel", "herren sakkos"),
    ("Herrenmantel", 19999, "Digel", "herren maentel"),
    ("Kinderjeans", 3499, "Sonnenschein", "kinder hosen jeans"),
    ("Kinder-T-Shirt", 1299, "Sonnenschein", "kinder t-shirts"),
    ("Kinderkleid", 2999, "Sonnenschein", "kinder kleider"),
    ("Ledergürtel", 3499, "Lindenmann", "accessoires guertel"),
    ("Schal", 2499, "Fraas", "accessoires schals"),
    ("Socken", 799, "Falke", "accessoires socken"),
    ("Mütze", 1999, "Fraas", "accessoires muetzen"),
    ("Handtasche", 7999, "Gabor", "accessoires taschen"),
)
# No discount ever: a gift card is money, books and magazines have one price by law.
FIXED_PRICES = (
    ("Geschenkkarte 25 €", 2500, 0, "geschenkkarten"),
    ("Modezeitschrift", 650, 700, "zeitschriften"),
)
FIRST_NAMES = (
    "Anna", "Bernd", "Claudia", "Dieter", "Elif", "Franz", "Gülsüm", "Hans", "Ingrid", "Jörg",
    "Karin", "Lukas", "Monika", "Norbert", "Olga", "Peter", "Renate", "Stefan", "Ursula", "Yusuf",
)  # fmt: skip
LAST_NAMES = (
    "Bergmann", "Yildiz", "Huber", "Łukasiewicz", "Maier", "Groß", "Öttl", "Schneider", "Weiß",
    "Zimmermann",
)  # fmt: skip


def card_number(number: int) -> str:
    """Return a card: 29, ten digits, check digit of EAN-13."""
    digits = f"29{number:010d}"
    weighted = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(digits))
    return digits + str(-weighted % 10)


def articles() -> list[dict[str, Any]]:
    """Return 300 articles in ten colours each and two with fixed prices; skus from 10001 on."""
    rows = []
    for kind, (name, price_minor, brand, groups) in enumerate(KINDS):
        for place, colour in enumerate(COLOURS):
            old = colour in LAST_SEASON
            rows.append(
                {
                    "sku": str(10001 + kind * 10 + place),
                    "name": f"{name} {colour}",
                    "unit_price_minor": price_minor * 7 // 10 if old else price_minor,
                    "vat_rate_bp": 1900,
                    "categories": groups.split(),
                    "brand": brand,
                    "season": "HW25" if old else "FS26",
                    "markdown": old,
                }
            )
    for place, (name, price_minor, vat_rate_bp, group) in enumerate(FIXED_PRICES):
        rows.append(
            {
                "sku": str(10401 + place),
                "name": name,
                "unit_price_minor": price_minor,
                "vat_rate_bp": vat_rate_bp,
                "categories": [group],
                "discountable": False,
            }
        )
    return rows


def customers(on: dt.date) -> list[dict[str, Any]]:
    """Return 200 customers; the first is in class C, the second has her birthday on ``on``."""
    rows = []
    for place in range(200):
        birthday_on = dt.date(1950 + place % 55, 1, 1) + dt.timedelta(days=place * 37 % 365)
        if place == 1:
            birthday_on = on.replace(year=1984) if (on.month, on.day) != (2, 29) else on
        segments = ["abc:" + ("C" if place % 2 == 0 else "B" if place % 4 == 1 else "A")]
        if place % 3 == 0:
            segments.append("stammkunde")
        first = FIRST_NAMES[place % len(FIRST_NAMES)]
        last = LAST_NAMES[(place + place // len(FIRST_NAMES)) % len(LAST_NAMES)]
        rows.append(
            {
                "id": f"K{100001 + place}",
                "number": str(100001 + place),
                "name": f"{first} {last}",
                "home_shop": SHOP,
                "segments": segments,
                "birthday_on": birthday_on.isoformat(),
                "instant_discount_bp": 500 if place % 10 == 3 else 300 if place % 5 == 0 else 0,
                "discount_group": "Stammkunde" if place % 3 == 0 else None,
                "phone": f"0170 55{place + 1:05d}",
                "email": f"kunde{place + 1}@example.org",
            }
        )
    return rows


def vouchers() -> dict[str, list[dict[str, Any]]]:
    """Return what customers get with their receipt: class C a coupon, class B 10 € to spend."""
    return {
        "voucher_type": [
            {
                "code": "TREUE5",
                "legal_kind": "promo",
                "effect": {"label": {"de": "5,00 € Rabatt", "en": "5.00 € off"}},
                "conditions": {
                    "text": {
                        "de": "Ab 20 € Einkauf, einmal und nur von Ihnen einlösbar. "
                        "Keine Barauszahlung, nicht für preisgebundene Ware.",
                        "en": "From 20 € on, once and by you only. "
                        "No cash, not for goods with fixed prices.",
                    }
                },
                "validity": {"days": 30},
                "layout": {
                    "issuer": {"de": "Marktstraße 12 · 83512 Wasserburg am Inn"},
                    "title": {"de": "Danke für Ihre Treue!", "en": "Thank you!"},
                    "text": {
                        "de": "Für Ihren nächsten Einkauf bei uns:",
                        "en": "For your next purchase:",
                    },
                    "logo": hashlib.sha256(LOGO.read_bytes()).hexdigest(),
                },
            },
            {
                "code": "GUTHABEN10",
                "legal_kind": "promo",
                "effect": {
                    "kind": "value",
                    "minor": 1000,
                    "label": {"de": "10,00 € Guthaben", "en": "10.00 € to spend"},
                },
                "partial": True,
                "conditions": {
                    "text": {
                        "de": "Auch in Teilen und nur von Ihnen einlösbar, der Rest bleibt stehen. "
                        "Keine Barauszahlung, nicht für preisgebundene Ware.",
                        "en": "By you only, in parts if you like: the rest stays. "
                        "No cash, not for goods with fixed prices.",
                    }
                },
                "validity": {"days": 90},
                "layout": {
                    "issuer": {"de": "Marktstraße 12 · 83512 Wasserburg am Inn"},
                    "title": {"de": "Schön, dass Sie da waren!", "en": "Thank you!"},
                    "logo": hashlib.sha256(LOGO.read_bytes()).hexdigest(),
                },
            },
        ],
        "event_trigger": [
            {
                "event": "sale_completed",
                "voucher_type": "TREUE5",
                "conditions": {"in_segment": {"any_of": ["abc:C"]}},
            },
            {
                "event": "sale_completed",
                "voucher_type": "GUTHABEN10",
                "conditions": {"in_segment": {"any_of": ["abc:B"]}},
            },
        ],
    }


def promotions() -> list[dict[str, Any]]:
    """Return the twelve promotions of the shop."""
    return [
        article_promotion(
            "HOSEN20",
            ("20 % auf Hosen", "20% off trousers"),
            {"kind": "unit_discount", "on": group("hosen"), "benefit": percent(2000)},
        ),
        article_promotion(
            "SHIRT3F2",
            ("T-Shirts: 3 für 2", "T-shirts: 3 for 2"),
            {"kind": "n_for_m", "on": group("t-shirts"), "n": 3},
        ),
        article_promotion(
            "SOCKEN",
            ("Socken: zweites Paar halber Preis", "Socks: second pair half price"),
            {"kind": "n_for_m", "on": group("socken"), "n": 2, "benefit": percent(5000)},
            hint_within_minor=2000,
        ),
        article_promotion(
            "OUTFIT_ER",
            ("Outfit: Hose, Hemd, Gürtel 99 €", "Outfit: trousers, shirt, belt 99 €"),
            outfit(9900, "herren hosen", "hemden", "guertel"),
        ),
        article_promotion(
            "OUTFIT_SIE",
            ("Outfit: Hose, Bluse, Schal 99 €", "Outfit: trousers, blouse, scarf 99 €"),
            outfit(9900, "damen hosen", "blusen", "schals"),
        ),
        article_promotion(
            "SCHAL5",
            ("Schal zum Mantel: 5 € günstiger", "Scarf with a coat: 5 € off"),
            {
                "kind": "unit_discount",
                "on": group("schals"),
                "benefit": {"type": "amount_off", "minor": 500},
                "max_units": 1,
            },
            when=[{"type": "min_quantity", "quantity": 1, "of": group("maentel")}],
        ),
        receipt_promotion(
            "STAFFEL",
            ("Staffel: 10 € ab 150 €, 25 € ab 250 €", "10 € from 150 €, 25 € from 250 €"),
            tier(15000, amount_off(1000)),
            tier(25000, amount_off(2500)),
            hint_within_minor=5000,
        ),
        receipt_promotion(
            "GEBURTSTAG",
            ("10 % zum Geburtstag", "10% birthday discount"),
            tier(0, percent(1000)),
            when=[{"type": "birthday", "days_before": 3, "days_after": 7}],
        ),
        receipt_promotion(
            "TREUE5_GUTSCHEIN",
            ("Treuegutschein 5 €", "Loyalty voucher 5 €"),
            tier(2000, amount_off(500)),
            when=[{"type": "coupon", "series": "TREUE5"}],
        ),
        {
            **receipt_promotion(
                "SOFORT",
                ("Sofort-Rabatt", "Instant discount"),
                tier(0, {"type": "customer_rate", "max_bp": 1000}),
                when=[{"type": "customer_known"}],
            ),
            "layer": "customer",
        },
        {
            "id": "PUNKTE",
            "label": {"de": "1 Punkt je Euro", "en": "1 point per euro"},
            "layer": "earn",
            "offer": {"kind": "earn", "account": "points", "per_value_minor": 100, "points": 1},
        },
        {
            "id": "BONUS",
            "label": {"de": "2 % Bonus für Stammkunden", "en": "2% bonus for regulars"},
            "layer": "earn",
            "when": [{"type": "in_segment", "any_of": ["stammkunde"]}],
            "offer": {"kind": "earn", "account": "bonus", "per_value_minor": 100, "points": 2},
        },
    ]


def article_promotion(
    promotion: str,
    label: tuple[str, str],
    offer: dict[str, Any],
    **more: Any,  # noqa: ANN401
) -> dict[str, Any]:
    """Return a promotion of the article layer."""
    return {
        "id": promotion,
        "label": {"de": label[0], "en": label[1]},
        "layer": "article",
        "offer": offer,
        **more,
    }


def receipt_promotion(
    promotion: str,
    label: tuple[str, str],
    *tiers: dict[str, Any],
    **more: Any,  # noqa: ANN401
) -> dict[str, Any]:
    """Return a promotion of the receipt layer."""
    offer = {"kind": "receipt_discount", "tiers": list(tiers)}
    return {**article_promotion(promotion, label, offer, **more), "layer": "receipt"}


def group(*groups: str) -> dict[str, Any]:
    """Return the selector of article groups."""
    return {"any_of": [{"categories": list(groups)}]}


def outfit(price_minor: int, *slots: str) -> dict[str, Any]:
    """Return a bundle at a fixed price; a slot "herren hosen" wants trousers for men."""
    without = {"damen": ("herren", "kinder"), "herren": ("damen", "kinder")}
    wanted = []
    for slot in slots:
        *of, kind = slot.split()
        on = group(kind)
        if of:
            on["none_of"] = [{"categories": list(without[of[0]])}]
        wanted.append({"on": on})
    return {
        "kind": "bundle",
        "slots": wanted,
        "benefit": {"type": "fixed_price", "minor": price_minor},
    }


def tier(min_value_minor: int, benefit: dict[str, Any]) -> dict[str, Any]:
    """Return a tier of a receipt discount."""
    return {"min_value_minor": min_value_minor, "benefit": benefit}


def percent(bp: int) -> dict[str, Any]:
    """Return a benefit in basis points (10 % = 1000)."""
    return {"type": "percent", "bp": bp}


def amount_off(minor: int) -> dict[str, Any]:
    """Return a benefit in cents."""
    return {"type": "amount_off", "minor": minor}


def write_shop(folder: Path, on: dt.date) -> tuple[Path, Path]:
    """Write the shop; return the folder to load and the file to publish."""
    people = customers(on)
    tables = {
        "program": [{"code": "points", "unit": "POINTS"}, {"code": "bonus", "unit": "EUR_MINOR"}],
        **vouchers(),
        "article": articles(),
        "customer": people,
        "card": [
            {"code": card_number(int(row["number"])), "customer": row["id"]} for row in people
        ],
    }
    load = folder / "load"
    load.mkdir(parents=True, exist_ok=True)
    for table, rows in tables.items():
        lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        (load / f"{table}.jsonl").write_text(lines, encoding="utf-8")
    rules = folder / "PROMOTIONS.json"
    text = json.dumps({"promotions": promotions()}, ensure_ascii=False, indent=1)
    rules.write_text(text + "\n", encoding="utf-8")
    return load, rules


def main() -> None:
    """Write the shop into a folder."""
    parser = argparse.ArgumentParser(description="Write the shop of the demo.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--on", type=dt.date.fromisoformat, default=SystemClock().now().date())
    asked = parser.parse_args()
    load, rules = write_shop(asked.folder, asked.on)
    print(f"stammkunde head-office load {load}")
    print(f"stammkunde head-office publish {rules} --confirm-combined")


if __name__ == "__main__":
    main()
