"""Accounts outside a sale: statement, pay-out, correction, rewards."""

from __future__ import annotations

import json
from contextlib import closing
from typing import TYPE_CHECKING, Any

import apsw
import pytest
from till_builder import TillBuilder, card_number

from pos_plugin import Plugin, Receipt, Refused, SaleError
from pos_plugin.notices import Refusal

if TYPE_CHECKING:
    from pathlib import Path

CARD = card_number(1)
HEAD_OFFICE = '[head_office]\nurl = "http://127.0.0.1:9"\n'


def bonus(bp: int = 300) -> dict[str, Any]:
    return {
        "id": "BONUS",
        "layer": "earn",
        "offer": {"kind": "earn", "account": "bonus", "per_value_minor": 10_000, "points": bp},
    }


@pytest.fixture
def till(tmp_path: Path) -> TillBuilder:
    till = TillBuilder(tmp_path / "till", printer=True)
    till.rules(bonus())
    till.program("bonus", "EUR_MINOR", payout_voucher_type="BONUS", payout_threshold=500)
    till.program("points")
    till.voucher_type(
        "BONUS",
        legal_kind="earned_bonus",
        effect={"kind": "value", "label": {"de": "Bonus", "en": "Bonus"}},
    )
    till.customer("K1", card=CARD)
    return till


def sell(plugin: Plugin, sale_id: str, minor: int) -> Receipt:
    now = plugin._till.clock.now()
    sold = plugin.sales.complete(
        sale_id,
        {"total_minor": minor},
        snapshot={
            "sale_id": sale_id,
            "at": now.isoformat(),
            "customer": {"id": "K1"},
            "lines": [
                {
                    "line_id": "1",
                    "sku": "4711",
                    "quantity_milli": 1000,
                    "unit_price_minor": minor,
                }
            ],
        },
    )
    assert isinstance(sold, Receipt)
    return sold


def account(plugin: Plugin, program: str = "bonus") -> dict[str, Any]:
    found = plugin.accounts.statement("K1")
    assert isinstance(found, dict)
    [one] = [one for one in found["accounts"] if one["program"] == program]
    return dict(one)


def pay_out(plugin: Plugin, request: str = "A1", **more: Any) -> Receipt | Refused:
    return plugin.accounts.pay_out(
        {"request_id": request, "customer": "K1", "program": "bonus", **more}
    )


def refused(answer: object) -> Refused:
    assert isinstance(answer, Refused)
    assert answer.text("de")
    assert answer.text("en")
    return answer


def done(answer: object) -> Receipt:
    assert isinstance(answer, Receipt), answer
    return answer


def rows(till: TillBuilder, sql: str) -> list[Any]:
    with closing(apsw.Connection(str(till.data_dir / "journal.db"))) as db:
        return db.execute(sql).fetchall()


def events(till: TillBuilder, kind: str) -> list[dict[str, Any]]:
    found = rows(till, f"SELECT line FROM event WHERE kind = '{kind}' ORDER BY seq")  # noqa: S608
    return [json.loads(line)["body"] for (line,) in found]


@pytest.mark.capability("B1")
def test_three_per_cent_of_33_33_is_99_cents(till: TillBuilder) -> None:
    with till.open() as plugin:
        assert sell(plugin, "S1", 3333).values["earned"] == [{"account": "bonus", "amount": 99}]
        assert account(plugin)["value"] == 99


@pytest.mark.capability("B1")
def test_partial_return_takes_its_share_of_the_bonus_back(till: TillBuilder) -> None:
    with till.open() as plugin:
        plugin.sales.complete(
            "S1",
            {"total_minor": 20_000},
            snapshot={
                "sale_id": "S1",
                "at": till.clock.now().isoformat(),
                "customer": {"id": "K1"},
                "lines": [
                    {
                        "line_id": "1",
                        "sku": "4711",
                        "quantity_milli": 4000,
                        "unit_price_minor": 5000,
                    }
                ],
            },
        )
        assert account(plugin)["value"] == 600
        back = plugin.sales.return_items(
            "S1", {"return_id": "R1", "lines": [{"line_id": "1", "quantity_milli": 1000}]}
        )
        assert isinstance(back, Receipt)
        assert account(plugin)["value"] == 450


@pytest.mark.capability("B1", "B2")
def test_return_after_the_pay_out_is_a_debt_that_is_repaid_first(till: TillBuilder) -> None:
    with till.open() as plugin:
        sell(plugin, "S1", 20_000)
        done(pay_out(plugin))
        assert account(plugin)["value"] == 0
        assert isinstance(plugin.sales.void("S1", {}), Receipt)
        assert (account(plugin)["value"], account(plugin)["debt"]) == (-600, 600)
        sell(plugin, "S2", 30_000)
        after = account(plugin)
        assert (after["value"], after["available"], after["debt"]) == (300, 300, 0)


@pytest.mark.capability("B2")
def test_pay_out_is_a_voucher_with_its_paper_and_one_event(till: TillBuilder) -> None:
    with till.open() as plugin:
        sell(plugin, "S1", 20_000)
        paid = done(pay_out(plugin, cashier="17"))
        assert paid.values["amount_minor"] == 600
        [issued] = paid.vouchers
        assert paid.print_jobs
        again = done(pay_out(plugin, cashier="17"))
        assert again.vouchers == [issued]
        assert refused(pay_out(plugin, cashier="18")).code is Refusal.CONFLICT
        [event] = events(till, "bonus_paid_out")
        assert [entry["kind"] for entry in event["ledger"]] == ["payout"]
        assert event["entries"] == [{"customer": "K1", "key": "bonus", "delta": -600}]
        assert event["vouchers"][0]["value_minor"] == 600
        assert account(plugin)["value"] == 0
        used = plugin.sales.evaluate(
            {
                "sale_id": "S2",
                "at": till.clock.now().isoformat(),
                "customer": {"id": "K1"},
                "codes": [{"code": issued["code"]}],
                "lines": [
                    {
                        "line_id": "1",
                        "sku": "4711",
                        "quantity_milli": 1000,
                        "unit_price_minor": 5000,
                    }
                ],
            }
        )
        assert used.charge_minor == 4400


@pytest.mark.capability("B2")
def test_reached_but_immature_names_the_day(till: TillBuilder) -> None:
    till.program(
        "bonus",
        "EUR_MINOR",
        payout_voucher_type="BONUS",
        payout_threshold=500,
        maturity_days=14,
    )
    with till.open() as plugin:
        sell(plugin, "S1", 20_000)
        answer = refused(pay_out(plugin))
        assert answer.code is Refusal.BALANCE_NOT_MATURE
        assert answer.params["matures_on"] == "2026-03-21"
        assert "21.03.2026" in answer.text("de")
        till.clock.advance(days=13)
        assert refused(pay_out(plugin)).code is Refusal.BALANCE_NOT_MATURE
        till.clock.advance(days=1)
        assert done(pay_out(plugin)).values["amount_minor"] == 600


@pytest.mark.capability("B2")
def test_too_little_is_not_paid_out(till: TillBuilder) -> None:
    with till.open() as plugin:
        sell(plugin, "S1", 10_000)
        answer = refused(pay_out(plugin))
        assert answer.code is Refusal.PAYOUT_THRESHOLD
        assert answer.text("de") == "Auszahlung ab 5,00 €, verfügbar sind 3,00 €."
        sell(plugin, "S2", 20_000)
        assert refused(pay_out(plugin, "A2", amount_minor=901)).code is Refusal.BALANCE_TOO_LOW
        assert done(pay_out(plugin, "A3", amount_minor=900)).values["amount_minor"] == 900


@pytest.mark.capability("B2")
def test_denominations_leave_a_rest_on_the_account(till: TillBuilder) -> None:
    till.program(
        "bonus", "EUR_MINOR", payout_voucher_type="BONUS", payout_denominations=[500, 1000]
    )
    with till.open() as plugin:
        sell(plugin, "S1", 60_000)
        values = [one["value_minor"] for one in _issued(till, done(pay_out(plugin)))]
        assert values == [1000, 500]
        assert account(plugin)["value"] == 300
        answer = pay_out(plugin, "A2", amount_minor=200)
        assert refused(answer).code is Refusal.PAYOUT_DENOMINATION


def _issued(till: TillBuilder, _paid: Receipt) -> list[dict[str, Any]]:
    return list(events(till, "bonus_paid_out")[-1]["vouchers"])


@pytest.mark.capability("B2")
def test_with_a_head_office_only_the_caps_are_paid_out(till: TillBuilder) -> None:
    text = till.config_path.read_text(encoding="utf-8")
    till.config_path.write_text(text + HEAD_OFFICE, encoding="utf-8")
    with till.open() as plugin:
        sell(plugin, "S1", 400_000)
        assert account(plugin)["value"] == 12_000
        answer = refused(pay_out(plugin, amount_minor=6000))
        assert (answer.code, answer.params) == (Refusal.OFFLINE_CAP, {"cap_minor": 5000})
        assert done(pay_out(plugin, "A2")).values["amount_minor"] == 5000
        values = {one["value_minor"] for one in _issued(till, done(pay_out(plugin, "A2")))}
        assert values == {1000}
        assert refused(pay_out(plugin, "A3")).code is Refusal.OFFLINE_CAP
    # Head office holds the event: the period is over.
    _acked(till)
    with till.open() as plugin:
        assert done(pay_out(plugin, "A4")).values["amount_minor"] == 5000


def _acked(till: TillBuilder) -> None:
    from pos_plugin.storage.cache_writer import CacheWriter

    [(epoch, seq)] = rows(till, "SELECT epoch, max(seq) FROM event")
    with CacheWriter.open(till.data_dir) as cache:
        cache.set_acked(epoch, seq, incarnation="test")


def test_without_a_head_office_there_is_no_cap(till: TillBuilder) -> None:
    # Negative control of the test above: the cap comes from the head office, not from the amount.
    with till.open() as plugin:
        sell(plugin, "S1", 400_000)
        assert done(pay_out(plugin, amount_minor=6000)).values["amount_minor"] == 6000


@pytest.mark.capability("B2")
def test_a_pay_out_that_cannot_be_stored_whole_leaves_nothing(till: TillBuilder) -> None:
    with till.open() as plugin:
        sell(plugin, "S1", 20_000)
    with closing(apsw.Connection(str(till.data_dir / "journal.db"))) as db:
        db.execute(
            "CREATE TRIGGER no_paper BEFORE INSERT ON print_job "
            "BEGIN SELECT RAISE(ABORT, 'no paper'); END"
        )
    with till.open() as plugin:
        refused(pay_out(plugin))
        assert account(plugin)["available"] == 600
    assert events(till, "bonus_paid_out") == []
    assert rows(till, "SELECT count(*) FROM voucher") == [(0,)]
    with closing(apsw.Connection(str(till.data_dir / "journal.db"))) as db:
        db.execute("DROP TRIGGER no_paper")
    with till.open() as plugin:
        assert done(pay_out(plugin)).values["amount_minor"] == 600


def test_what_is_no_account_of_money_is_not_paid_out(till: TillBuilder) -> None:
    till.balance("K1", 5000)
    with till.open() as plugin:
        answer = plugin.accounts.pay_out({"request_id": "1", "customer": "K1", "program": "points"})
        assert refused(answer).code is Refusal.PAYOUT_NOT_OFFERED
        answer = plugin.accounts.pay_out({"request_id": "1", "customer": "K1", "program": "x"})
        assert refused(answer).code is Refusal.ACCOUNT_UNKNOWN
        answer = plugin.accounts.pay_out({"request_id": "1", "customer": "K9", "program": "bonus"})
        assert refused(answer).code is Refusal.CUSTOMER_UNKNOWN
        with pytest.raises(SaleError, match=r"payout\.amount_minor"):
            pay_out(plugin, amount_minor=0)


@pytest.mark.capability("B7")
def test_a_correction_needs_a_reason_and_a_second_person(till: TillBuilder) -> None:
    def adjust(plugin: Plugin, request: str, delta: int, **more: Any) -> Receipt | Refused:
        return plugin.accounts.adjust(
            {
                "request_id": request,
                "customer": "K1",
                "program": "points",
                "delta": delta,
                "reason": "Beleg vergessen",
                "cashier": "17",
                **more,
            }
        )

    with till.open() as plugin:
        assert refused(adjust(plugin, "1", 50)).code is Refusal.SECOND_PERSON_NEEDED
        alone = adjust(plugin, "1", 50, second_person="17")
        assert refused(alone).code is Refusal.SECOND_PERSON_NEEDED
        alone = adjust(plugin, "1", 50, second_person=" ")
        assert refused(alone).code is Refusal.SECOND_PERSON_NEEDED
        alone = adjust(plugin, "1", 50, second_person=" 17 ")
        assert refused(alone).code is Refusal.SECOND_PERSON_NEEDED
        done(adjust(plugin, "1", 50, second_person="4"))
        assert account(plugin, "points")["available"] == 50
        too_much = adjust(plugin, "2", -51, second_person="4")
        assert refused(too_much).code is Refusal.BALANCE_TOO_LOW
        done(adjust(plugin, "2", -20, second_person="4"))
        listed = account(plugin, "points")
        assert listed["value"] == 30 == sum(lot["left"] for lot in listed["lots"])
        assert [(one["kind"], one["delta"], one["reason"]) for one in listed["entries"]] == [
            ("adjust", -20, "Beleg vergessen"),
            ("adjust", 50, "Beleg vergessen"),
        ]
        with pytest.raises(SaleError, match=r"adjustment\.reason"):
            plugin.accounts.adjust(
                {
                    "request_id": "3",
                    "customer": "K1",
                    "program": "points",
                    "delta": 1,
                    "cashier": "17",
                }
            )
    assert [event["second_person"] for event in events(till, "balance_adjusted")] == ["4", "4"]


@pytest.mark.capability("B7")
def test_statement_says_the_last_entries_with_their_balance(till: TillBuilder) -> None:
    till.balance("K1", 1000, program="bonus")
    with till.open() as plugin:
        sell(plugin, "S1", 10_000)
        till.clock.advance(days=1)
        sell(plugin, "S2", 20_000)
        done(pay_out(plugin, amount_minor=1500))
        found = account(plugin)
        assert [(one["kind"], one["delta"], one["balance_after"]) for one in found["entries"]] == [
            ("payout", -1500, 400),
            ("earn", 600, 1900),
            ("earn", 300, 1300),
        ]
        assert found["value"] == 400 == sum(lot["left"] for lot in found["lots"])
        [newest] = plugin.accounts.statement("K1", count_max=1)["accounts"][0]["entries"]
        assert newest["kind"] == "payout"
        assert refused(plugin.accounts.statement("nobody")).code is Refusal.CUSTOMER_UNKNOWN


@pytest.mark.capability("B3")
def test_points_are_usable_until_closing_on_their_last_day(till: TillBuilder) -> None:
    till.program("points", expiry="days:30", maturity_days=3)
    till.rules(
        {
            "id": "PUNKTE",
            "layer": "earn",
            "offer": {"kind": "earn", "account": "points", "per_value_minor": 100, "points": 1},
        }
    )
    till.reward("BALLON", 100)
    with till.open() as plugin:
        sell(plugin, "S1", 10_000)
        found = account(plugin, "points")
        assert (found["available"], found["pending"], found["matures_on"]) == (0, 100, "2026-03-10")
        till.clock.advance(days=30)
        assert account(plugin, "points")["expires_on"] == "2026-04-06"
        assert account(plugin, "points")["available"] == 100
        till.clock.advance(days=1)
        gone = account(plugin, "points")
        assert (gone["value"], gone["expired"]) == (
            0,
            [{"amount": 100, "expires_on": "2026-04-06"}],
        )
        assert refused(_reward(plugin, "BALLON")).code is Refusal.BALANCE_TOO_LOW


def _reward(plugin: Plugin, code: str, request: str = "P1", **more: Any) -> Receipt | Refused:
    return plugin.accounts.redeem_reward(
        {"request_id": request, "customer": "K1", "reward": code, **more}
    )


@pytest.mark.capability("B4")
def test_a_reward_keeps_price_and_text_of_its_moment(till: TillBuilder) -> None:
    till.balance("K1", 1000)
    till.reward("BALLON", 400, label={"de": "Ballonfahrt", "en": "Balloon ride"})
    with till.open() as plugin:
        given = done(_reward(plugin, "BALLON"))
        assert given.values["points"] == 400
        [effect] = given.values["effects"]
        assert effect["text"] == "Ballonfahrt: 400 Punkte"
        till.reward("BALLON", 600, label={"de": "Ballon", "en": "Balloon"})
        assert done(_reward(plugin, "BALLON")).values["points"] == 400
        assert account(plugin, "points")["value"] == 600
        done(_reward(plugin, "BALLON", "P2"))
        assert account(plugin, "points")["value"] == 0
    first, second = events(till, "reward_redeemed")
    assert (first["points"], first["label"]["de"]) == (400, "Ballonfahrt")
    assert (second["points"], second["label"]["de"]) == (600, "Ballon")


@pytest.mark.capability("B4")
def test_a_reward_that_lapsed_since_it_was_shown_is_refused(till: TillBuilder) -> None:
    till.balance("K1", 1000)
    till.reward("OSTERN", 100, valid_from_on="2026-03-01", valid_to_on="2026-03-07")
    with till.open() as plugin:
        shown = plugin.accounts.rewards()
        assert isinstance(shown, list)
        assert [one["code"] for one in shown] == ["OSTERN"]
        till.clock.advance(days=1)
        answer = refused(_reward(plugin, "OSTERN"))
        assert (answer.code, answer.params) == (
            Refusal.REWARD_LAPSED,
            {"valid_to_on": "2026-03-07"},
        )
        assert plugin.accounts.rewards() == []
        assert refused(_reward(plugin, "NIE")).code is Refusal.REWARD_UNKNOWN


@pytest.mark.capability("B4")
def test_a_reward_of_limited_number_needs_head_office(till: TillBuilder) -> None:
    till.balance("K1", 1000)
    till.reward("TASSE", 100, stock=1)
    till.reward("BEUTEL", 100, limit_per_customer=2)
    with till.open() as plugin:
        done(_reward(plugin, "TASSE"))
        assert refused(_reward(plugin, "TASSE", "P2")).code is Refusal.REWARD_SOLD_OUT
        done(_reward(plugin, "BEUTEL", "P3", quantity=2))
        assert refused(_reward(plugin, "BEUTEL", "P4")).code is Refusal.REWARD_LIMIT
    text = till.config_path.read_text(encoding="utf-8")
    till.config_path.write_text(text + HEAD_OFFICE, encoding="utf-8")
    till.reward("TASSE", 100, stock=9)
    with till.open() as plugin:
        assert refused(_reward(plugin, "TASSE", "P5")).code is Refusal.REWARD_NEEDS_ONLINE


@pytest.mark.capability("B4", "B5")
def test_an_article_reward_brings_the_line_that_the_host_sells(till: TillBuilder) -> None:
    till.balance("K1", 1000)
    till.article("TASSE", 1290, vat_rate_bp=1900)
    till.reward("TASSE500", 500, "article", sku="TASSE")
    with till.open() as plugin:
        [effect] = done(_reward(plugin, "TASSE500")).values["effects"]
        assert effect["reward"] is True
        assert (effect["points"], effect["line"]["sku"]) == (500, "TASSE")
        assert (effect["line"]["unit_price_minor"], effect["line"]["vat_rate_bp"]) == (1290, 1900)


def test_a_voucher_reward_is_printed(till: TillBuilder) -> None:
    till.balance("K1", 1000)
    till.voucher_type("TREUE5")
    till.reward("FUENF", 500, "voucher_type", voucher_type="TREUE5")
    with till.open() as plugin:
        given = done(_reward(plugin, "FUENF"))
        assert [one["type"] for one in given.vouchers] == ["TREUE5"]
        assert given.print_jobs


@pytest.mark.capability("B5")
def test_immature_points_are_refused_with_the_day(till: TillBuilder) -> None:
    till.balance("K1", 1000, matures_on="2026-03-09")
    till.reward("BALLON", 400)
    with till.open() as plugin:
        answer = refused(_reward(plugin, "BALLON"))
        assert answer.code is Refusal.BALANCE_NOT_MATURE
        assert answer.text("de") == (
            "Verfügbar sind 0 Punkte von 400 Punkte. Weitere 1.000 Punkte ab 09.03.2026."
        )
        till.clock.advance(days=2)
        done(_reward(plugin, "BALLON"))
