from __future__ import annotations

from typing import Any

import pytest

from pos_plugin.loyalty.value_vouchers import ValueVoucher, settle_vouchers
from pos_plugin.loyalty.voucher_type import LegalKind
from pos_plugin.model import Line
from pos_plugin.voucher.effects import voucher_effects

LINES = [
    Line(line_id="1", sku="4711", quantity_milli=1000, unit_price_minor=4999, vat_rate_bp=1900),
    Line(line_id="2", sku="4712", quantity_milli=1000, unit_price_minor=1299, vat_rate_bp=700),
    Line(line_id="3", sku="4713", quantity_milli=1000, unit_price_minor=899, vat_rate_bp=1900),
]


def effect(
    legal_kind: LegalKind,
    balance_minor: int = 1000,
    asked_minor: int | None = None,
    *,
    language: str = "de",
) -> dict[str, Any]:
    voucher = ValueVoucher(
        code="C",
        voucher="v",
        legal_kind=legal_kind,
        balance_minor=balance_minor,
        asked_minor=asked_minor,
        valid_to_on="2026-12-31",
        rest="lapses" if legal_kind is LegalKind.PROMO else "stays",
    )
    done = settle_vouchers(LINES, [line.gross_minor for line in LINES], [voucher])
    labels = {"C": "10 € für Sie"}
    (one,) = voucher_effects(done, LINES, labels=labels, currency="EUR", language=language)
    return one


def test_price_reduction_says_what_each_line_and_each_rate_gets() -> None:
    assert effect(LegalKind.PROMO) == {
        "effect_id": "reduce:v",
        "kind": "price_reduction_voucher",
        "code": "C",
        "voucher": "v",
        "legal_kind": "promo",
        "gv_typ": "Rabatt",
        "discount_minor": 1000,
        "lines": [
            {"line_id": "1", "discount_minor": 695},
            {"line_id": "2", "discount_minor": 180},
            {"line_id": "3", "discount_minor": 125},
        ],
        "vat": [
            {"vat_rate_bp": 700, "discount_minor": 180},
            {"vat_rate_bp": 1900, "discount_minor": 820},
        ],
        "rest_minor": 0,
        "text": "10 € für Sie",
    }


def test_tender_says_what_it_pays_and_what_stays_on_it() -> None:
    assert effect(LegalKind.GIFT_MPV, balance_minor=8000) == {
        "effect_id": "tender:v",
        "kind": "tender_voucher",
        "code": "C",
        "voucher": "v",
        "legal_kind": "gift_mpv",
        "gv_typ": "MehrzweckgutscheinEinloesung",
        "amount_minor": 7197,
        "rest_minor": 803,
        "text": "10 € für Sie: Rest 8,03 € bleibt darauf",
    }


@pytest.mark.parametrize(
    ("legal_kind", "asked_minor", "de", "en"),
    [
        (LegalKind.PROMO, None, "", ""),
        (LegalKind.PROMO, 400, ": Rest 6,00 € verfällt", ": the rest of €6.00 lapses"),
        (LegalKind.EARNED_BONUS, 400, ": Rest 6,00 € bleibt darauf", ": €6.00 stays on it"),
        (LegalKind.PROMO, 2000, ": 10,00 € statt 20,00 €", ": €10.00 instead of €20.00"),
    ],
)
def test_text_says_what_would_surprise_later(
    legal_kind: LegalKind, asked_minor: int | None, de: str, en: str
) -> None:
    for language, said in (("de", de), ("en", en)):
        one = effect(legal_kind, asked_minor=asked_minor, language=language)
        assert one["text"] == "10 € für Sie" + said
