from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest
from till_builder import NOON

from pos_plugin.loyalty.voucher_code import read_code
from pos_plugin.loyalty.voucher_document import voucher_document
from pos_plugin.loyalty.voucher_type import VoucherType, in_language, read_voucher_type
from pos_plugin.loyalty.vouchers import Accepted, Due, Voucher, check, due, issue
from pos_plugin.notices import Refusal, Refused
from printers.document import Document

TODAY = dt.date(2026, 3, 7)
VOUCHER = Voucher(
    id="v",
    type="TREUE5",
    customer="K1",
    customer_bound=True,
    state="issued",
    valid_from_on="2026-03-01",
    valid_to_on="2026-03-07",
)
ROW: dict[str, Any] = {
    "code": "TREUE5",
    "legal_kind": "promo",
    "effect": {"label": {"de": "5 EUR Rabatt", "en": "5 EUR off"}},
    "conditions": {"text": {"de": "Ab 20 EUR."}},
    "validity": {"days": 30},
    "customer_bound": True,
    "layout": {"title": {"de": "Danke!"}, "logo": "ab" * 32},
}


def answer(voucher: Voucher | None, customer: str | None = "K1", **more: Any) -> object:
    on = more.pop("on", TODAY)
    return check(voucher, customer=customer, on=on, rights=more.pop("rights", ()))


def test_holder_may_redeem_up_to_the_last_day() -> None:
    assert answer(VOUCHER) == Accepted(VOUCHER)
    assert answer(VOUCHER, on=dt.date(2026, 3, 1)) == Accepted(VOUCHER)


@pytest.mark.parametrize(
    ("voucher", "customer", "on", "code"),
    [
        (None, "K1", TODAY, Refusal.VOUCHER_UNKNOWN),
        (replace(VOUCHER, state="redeemed"), "K1", TODAY, Refusal.VOUCHER_REDEEMED),
        (VOUCHER, None, TODAY, Refusal.VOUCHER_NEEDS_CUSTOMER),
        (VOUCHER, "K2", TODAY, Refusal.VOUCHER_OTHER_CUSTOMER),
        (VOUCHER, "K1", dt.date(2026, 2, 28), Refusal.VOUCHER_NOT_YET_VALID),
        (VOUCHER, "K1", dt.date(2026, 3, 8), Refusal.VOUCHER_EXPIRED),
    ],
)
def test_refusal_is_a_value_with_its_reason(
    voucher: Voucher | None, customer: str | None, on: dt.date, code: Refusal
) -> None:
    refused = answer(voucher, customer, on=on)
    assert isinstance(refused, Refused)
    assert refused.code is code
    assert refused.text("de")
    assert refused.text("en")


def test_right_of_the_cashier_lifts_the_expiry_and_is_noted() -> None:
    late = answer(VOUCHER, on=dt.date(2026, 3, 8), rights=["override_expired_voucher"])
    assert late == Accepted(VOUCHER, "override_expired_voucher")
    other = answer(VOUCHER, "K2", rights=["override_expired_voucher"])
    assert isinstance(other, Refused)


def test_anonymous_voucher_needs_nobody() -> None:
    free = replace(VOUCHER, customer_bound=False, customer=None)
    assert answer(free, None) == Accepted(free)


@pytest.mark.parametrize(
    ("conditions", "issued"),
    [
        ({}, [Due("T", None)]),
        ({"in_segment": {"any_of": ["abc:A", "abc:C"]}}, [Due("T", "abc:C")]),
        ({"in_segment": {"any_of": ["abc:A"]}}, []),
        ({"in_segment": {"any_of": []}}, []),
        # What this version does not know issues nothing.
        ({"min_rentals": 3}, []),
        ({"in_segment": {"any_of": ["abc:C"]}, "min_rentals": 3}, []),
        ({"in_segment": {"any_of": ["abc:C"], "none_of": ["x"]}}, []),
        ({"in_segment": ["abc:C"]}, []),
    ],
)
def test_trigger_issues_to_its_segment_only(conditions: dict[str, Any], issued: list[Due]) -> None:
    assert due([("T", conditions)], segments=["abc:C"], holds=[]) == issued


def test_nobody_gets_a_second_one_while_the_first_waits() -> None:
    assert due([("T", {}), ("U", {})], segments=[], holds=["T"]) == [Due("U", None)]


def test_issued_voucher_runs_its_days_and_hides_its_code() -> None:
    kind = read_voucher_type(VoucherType.model_validate(ROW))
    assert kind is not None
    voucher = issue(Due("TREUE5", "abc:C"), kind, customer="K1", event="sale_completed", at=NOON)
    assert (voucher.valid_from_on, voucher.valid_to_on) == ("2026-03-07", "2026-04-06")
    assert read_code(voucher.code) == voucher.code
    event = voucher.to_event()
    assert voucher.code not in str(event)
    assert event["class_at_issue"] == "abc:C"


@pytest.mark.parametrize(
    "broken",
    [
        {"legal_kind": "gift_mpv"},
        {"validity": {"days": 0}},
        {"validity": {}},
        {"layout": {"title": {}}},
        {"layout": {"title": {"de": "x"}, "logo": "../../etc/passwd"}},
        {"effect": {"label": {"de": "x" * 2001}}},
    ],
)
def test_kind_this_version_cannot_issue_is_none(broken: dict[str, Any]) -> None:
    assert read_voucher_type(ROW | broken) is None


def test_paper_says_everything_needed_to_redeem() -> None:
    kind = VoucherType.model_validate(ROW)
    voucher = issue(Due("TREUE5", None), kind, customer="K1", event="sale_completed", at=NOON)
    plain = voucher_document(voucher, holder="Frau Müller", shop="001", language="de")
    document = Document.from_dict(plain, customer_bound=True)
    text = document.to_json()
    for words in ("Filiale 001", "Für Frau Müller", "06.04.2026", "5 EUR Rabatt", "Ab 20 EUR."):
        assert words in text
    assert voucher.code in text
    assert document.assets() == {"ab" * 32}


def test_other_language_serves_when_one_is_missing() -> None:
    assert in_language({"de": "Danke!"}, "en") == "Danke!"
    assert in_language(None, "en") == ""
