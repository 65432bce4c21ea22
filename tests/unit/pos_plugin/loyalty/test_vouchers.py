from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace
from typing import Any

import pytest
import voucher_states
from hypothesis import given
from hypothesis import strategies as st
from till_builder import NOON

from pos_plugin.loyalty.voucher_code import read_code
from pos_plugin.loyalty.voucher_type import (
    GV_TYP,
    REDUCES_PRICE,
    LegalKind,
    VoucherType,
    in_language,
    read_voucher_type,
    rest_stays,
)
from pos_plugin.loyalty.vouchers import (
    TRANSITIONS,
    Accepted,
    Due,
    Standing,
    Voucher,
    VoucherState,
    after_redemption,
    after_rollback,
    check,
    due,
    issue,
)
from pos_plugin.notices import Refusal, Refused

TODAY = dt.date(2026, 3, 7)
VOUCHER = Voucher(
    id="v",
    type="TREUE5",
    legal_kind="promo",
    customer="K1",
    customer_bound=True,
    state="issued",
    value_minor=None,
    balance_minor=None,
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
        (replace(VOUCHER, state="cancelled"), "K1", TODAY, Refusal.VOUCHER_BLOCKED),
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


def test_voucher_with_a_rest_may_be_used_again() -> None:
    rest = replace(VOUCHER, state="partly_redeemed", value_minor=1000, balance_minor=1)
    assert answer(rest) == Accepted(rest)


@given(st.lists(st.integers(0, 500), max_size=6), st.booleans())
def test_redemptions_taken_back_in_any_order_leave_the_whole_value(
    wanted: list[int], rest_stays: bool
) -> None:
    voucher = replace(VOUCHER, value_minor=1000, balance_minor=1000)
    used: list[int] = []
    for wanted_minor in wanted:
        assert voucher.balance_minor is not None
        amount_minor = min(wanted_minor, voucher.balance_minor)
        if not amount_minor or voucher.state == "redeemed":
            continue
        used.append(amount_minor)
        voucher = moved(voucher, after_redemption(voucher, amount_minor, rest_stays=rest_stays))
    for amount_minor in sorted(used):
        voucher = moved(voucher, after_rollback(voucher, amount_minor))
    assert (voucher.state, voucher.balance_minor) == ("issued", 1000)


def moved(voucher: Voucher, standing: Standing) -> Voucher:
    """Return the voucher where it stands now; the state table allows the step."""
    assert (VoucherState(voucher.state), standing.state) in TRANSITIONS
    return replace(voucher, state=standing.state, balance_minor=standing.balance_minor)


@pytest.mark.parametrize(
    ("amount_minor", "rest_stays", "standing"),
    [
        (400, True, Standing(VoucherState.PARTLY_REDEEMED, 600)),
        # A rest that lapsed stays in the balance: taken back, all of it is there again.
        (400, False, Standing(VoucherState.REDEEMED, 600)),
        (1000, True, Standing(VoucherState.REDEEMED, 0)),
    ],
)
def test_use_takes_its_amount_off_the_balance(
    amount_minor: int, rest_stays: bool, standing: Standing
) -> None:
    voucher = replace(VOUCHER, value_minor=1000, balance_minor=1000)
    after = after_redemption(voucher, amount_minor, rest_stays=rest_stays)
    assert after == standing
    whole = after_rollback(replace(voucher, balance_minor=after.balance_minor), amount_minor)
    assert whole == Standing(VoucherState.ISSUED, 1000)


def test_coupon_is_used_up_at_once_and_comes_back_whole() -> None:
    assert after_redemption(VOUCHER, None, rest_stays=True) == Standing(VoucherState.REDEEMED, None)
    assert after_rollback(VOUCHER, None) == Standing(VoucherState.ISSUED, None)


def test_right_of_the_cashier_lifts_the_expiry_and_is_noted() -> None:
    late = answer(VOUCHER, on=dt.date(2026, 3, 8), rights=["override_expired_voucher"])
    assert late == Accepted(VOUCHER, rights_used=("override_expired_voucher",))
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


VALUE: dict[str, Any] = ROW["effect"] | {"kind": "value", "minor": 1000}
OPEN_VALUE: dict[str, Any] = ROW["effect"] | {"kind": "value"}


@pytest.mark.parametrize(
    ("row", "by_events"),
    [
        ({}, True),
        ({"effect": VALUE}, True),
        ({"effect": VALUE, "legal_kind": "earned_bonus"}, True),
        ({"effect": OPEN_VALUE, "legal_kind": "earned_bonus"}, False),
        ({"effect": OPEN_VALUE, "legal_kind": "gift_mpv"}, False),
        ({"effect": VALUE, "legal_kind": "gift_spv", "vat_rate_bp": 700}, False),
        ({"effect": VALUE, "legal_kind": "goods_credit"}, False),
    ],
)
def test_till_gives_away_only_what_nobody_paid_for(row: dict[str, Any], by_events: bool) -> None:
    kind = read_voucher_type(ROW | row)
    assert kind is not None
    assert kind.is_issued_by_events is by_events


def test_issued_voucher_holds_the_value_of_its_kind() -> None:
    kind = VoucherType.model_validate(ROW | {"effect": VALUE, "legal_kind": "earned_bonus"})
    voucher = issue(Due("TREUE5", None), kind, customer="K1", event="sale_completed", at=NOON)
    event = voucher.to_event()
    assert (voucher.value_minor, event["value_minor"]) == (1000, 1000)
    assert json.loads(json.dumps(event))["legal_kind"] == "earned_bonus"


@pytest.mark.parametrize("legal_kind", GV_TYP)
def test_only_free_value_lapses_with_its_rest(legal_kind: LegalKind) -> None:
    assert rest_stays(legal_kind, partial=True)
    assert rest_stays(legal_kind, partial=False) is (legal_kind is not LegalKind.PROMO)
    # Free or earned reduces a price as a discount; paid for pays as a voucher.
    assert (GV_TYP[legal_kind] == "Rabatt") is (legal_kind in REDUCES_PRICE)


@pytest.mark.parametrize(
    "broken",
    [
        {"legal_kind": "gift_mpv"},
        {"legal_kind": "reward", "effect": VALUE},
        {"effect": ROW["effect"] | {"minor": 1000}},
        {"effect": OPEN_VALUE},
        {"effect": VALUE | {"minor": 0}},
        {"effect": VALUE | {"kind": "percent"}},
        {"effect": VALUE, "legal_kind": "gift_spv"},
        {"validity": {"days": 0}},
        {"validity": {}},
        {"layout": {"title": {}}},
        {"layout": {"title": {"de": "x"}, "logo": "../../etc/passwd"}},
        {"effect": {"label": {"de": "x" * 2001}}},
    ],
)
def test_kind_this_version_cannot_issue_is_none(broken: dict[str, Any]) -> None:
    assert read_voucher_type(ROW | broken) is None


def test_other_language_serves_when_one_is_missing() -> None:
    assert in_language({"de": "Danke!"}, "en") == "Danke!"
    assert in_language(None, "en") == ""


def test_page_shows_the_table_of_the_code() -> None:
    assert voucher_states.shown() == voucher_states.table(), (
        "run `python tests/support/voucher_states.py --write`"
    )
