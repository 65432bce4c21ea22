"""The plugin as a host sees it: snapshots in, effects out, everything once."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import apsw
import pytest
from till_builder import (
    NOON,
    TillBuilder,
    card_number,
    points,
    unit_discount,
    voucher_promotion,
)
from waiting import until

import pos_plugin
from pos_plugin import Evaluation, Plugin, Receipt, Refused, SaleError, Scanned
from pos_plugin.loyalty.voucher_code import code_of, grouped
from pos_plugin.notices import NoticeCode, Refusal

if TYPE_CHECKING:
    from pathlib import Path

KNOWN, OTHER = card_number(1), card_number(2)


@pytest.fixture
def till(tmp_path: Path) -> TillBuilder:
    """A shop with points, a voucher for class C, and 10 % for everybody."""
    till = TillBuilder(tmp_path / "till")
    till.rules(unit_discount("ZEHN", 1000), points(), voucher_promotion())
    till.article("4711", 7999, categories=["hosen"])
    till.program()
    till.voucher_type()
    till.trigger()
    till.trigger("rental_returned")
    till.customer("K1", card=KNOWN, segments=["abc:C"])
    till.customer("K2", card=OTHER, segments=["abc:A"])
    return till


def snapshot(sale_id: str = "S1", **more: Any) -> dict[str, Any]:
    line = {"line_id": "1", "sku": "4711", "quantity_milli": 1000, "unit_price_minor": 7999}
    return {"sale_id": sale_id, "at": NOON.isoformat(), "lines": [line], **more}


def customer(plugin: Plugin, card: str = KNOWN) -> dict[str, Any]:
    known = plugin.scan(card)
    assert isinstance(known, Scanned)
    assert known.customer is not None
    return known.customer


def panel(plugin: Plugin, card: str = KNOWN) -> dict[str, Any]:
    known = plugin.scan(card)
    assert isinstance(known, Scanned)
    assert known.panel is not None
    return known.panel


def test_an_article_number_in_the_form_of_a_voucher_code_is_an_article(till: TillBuilder) -> None:
    gs1 = "010400638133393117261231"  # GS1-128 of an EAN with its best-before day: 24 digits
    for number in (code_of(1 << 40), gs1):
        till.article(number, 500)
    with till.open() as plugin:
        for number in (code_of(1 << 40), gs1):
            found = plugin.scan(f" {number}\n")
            assert isinstance(found, Scanned)
            assert (found.kind, found.code) == ("article", number)
        # Nobody here knows it: it may be of another shop.
        assert plugin.scan(grouped(code_of(7))) == Scanned(kind="voucher", code=code_of(7))


def sell(plugin: Plugin, sale_id: str, **more: Any) -> Receipt:
    plugin.sales.evaluate(snapshot(sale_id, **more))
    receipt = plugin.sales.complete(sale_id, {})
    assert isinstance(receipt, Receipt)
    return receipt


def rows(till: TillBuilder, sql: str) -> list[Any]:
    journal = apsw.Connection(str(till.data_dir / "journal.db"))
    found = journal.execute(sql).fetchall()
    journal.close()
    return found


def reasons(evaluation: Evaluation) -> list[str]:
    return [one["reason"] for one in evaluation.effects() if one["kind"] == "rejected"]


def notices(evaluation: Evaluation) -> list[NoticeCode]:
    return [notice.code for notice in evaluation.notices]


def as_bytes(evaluation: Evaluation) -> bytes:
    return json.dumps(evaluation.to_dict()).encode()


def test_restarted_till_gives_the_identical_answer(till: TillBuilder) -> None:
    with till.open() as plugin:
        asked = snapshot(customer=customer(plugin), generation=1)
        before = as_bytes(plugin.sales.evaluate(asked))
        # What other sales do meanwhile changes counters, not this sale.
        sell(plugin, "S0", customer=customer(plugin))
    till.rules(unit_discount("NEU", 5000))
    with till.open() as plugin:
        assert as_bytes(plugin.sales.evaluate(asked)) == before
        # Negative control: without its generation the sale would have another price.
        del asked["generation"]
        assert as_bytes(plugin.sales.evaluate(asked)) != before


def test_completing_again_gives_the_stored_answer(till: TillBuilder) -> None:
    with till.open() as plugin:
        first = sell(plugin, "S1", customer=customer(plugin))
        assert plugin.sales.complete("S1", {}) == first
    with till.open() as plugin:
        assert plugin.sales.complete("S1", {}) == first
        other = plugin.sales.complete("S1", {"total_minor": 1})
        assert other == Refused(Refusal.CONFLICT)
    assert rows(till, "SELECT count(*) FROM receipt") == [(1,)]
    assert rows(till, "SELECT sum(delta) FROM ledger_entry") == [(71,)]


def test_completion_needs_a_sale(till: TillBuilder) -> None:
    with till.open() as plugin:
        assert plugin.sales.complete("S1", {}) == Refused(Refusal.SALE_UNKNOWN)
        receipt = plugin.sales.complete("S1", {}, snapshot=snapshot())
        assert isinstance(receipt, Receipt)


def test_numbers_of_events_have_no_holes(till: TillBuilder) -> None:
    for number in range(3):
        with till.open() as plugin:
            sell(plugin, f"S{number}")
            plugin.rental_returned(f"R{number}", customer=None)
    numbers = [seq for (seq,) in rows(till, "SELECT seq FROM event ORDER BY seq")]
    assert numbers == [1, 2, 3, 4, 5, 6]
    assert rows(till, "SELECT count(DISTINCT epoch), min(epoch) > 0 FROM event") == [(1, 1)]
    uids = [uid for (uid,) in rows(till, "SELECT uid FROM event ORDER BY seq")]
    assert all(before[:6] <= after[:6] for before, after in pairwise(uids))


def test_without_cache_everything_costs_its_price(tmp_path: Path) -> None:
    till = TillBuilder(tmp_path / "till")
    with till.open() as plugin:
        total = plugin.sales.evaluate(snapshot())
        assert total.total_minor == 7999
        assert notices(total) == [NoticeCode.NO_RULES]
        assert isinstance(plugin.scan(KNOWN), Scanned)  # without an owner: it earns
        assert isinstance(plugin.sales.complete("S1", {}), Receipt)


def test_cache_that_appears_is_used_from_the_next_sale_on(tmp_path: Path) -> None:
    till = TillBuilder(tmp_path / "till")
    with till.open() as plugin:
        assert plugin.sales.evaluate(snapshot("S1")).total_minor == 7999
        till.rules(unit_discount("ZEHN", 1000))
        assert plugin.sales.evaluate(snapshot("S2")).total_minor == 7199


def test_damaged_cache_is_a_notice_and_a_sale_at_list_price(till: TillBuilder) -> None:
    for file in till.data_dir.glob("cache-*"):
        file.write_bytes(b"damaged" * 1000)
    with till.open() as plugin:
        total = plugin.sales.evaluate(snapshot())
        assert total.total_minor == 7999
        assert notices(total) == [NoticeCode.CACHE_UNAVAILABLE]
        assert isinstance(plugin.sales.complete("S1", {}), Receipt)
        assert plugin.scan(KNOWN) == Refused(Refusal.PLUGIN_FAULT)
        health = plugin.health()
        assert [one["code"] for one in health["notices"]] == ["cache_unavailable"]
        assert (health["last_seq"], health["suspended"]) == (1, [])


def test_cache_deleted_while_selling_stops_nothing(till: TillBuilder) -> None:
    with till.open() as plugin:
        known = customer(plugin)
        for file in till.data_dir.glob("cache*"):
            file.unlink()
        receipt = sell(plugin, "S1", customer=known)
        assert receipt.total_minor == 7999


def test_fault_of_ours_is_a_notice_and_a_sale_at_list_price(
    till: TillBuilder, monkeypatch: pytest.MonkeyPatch
) -> None:
    with till.open() as plugin:
        monkeypatch.setattr(pos_plugin.RuleGeneration, "evaluate", lambda *_: 1 // 0)
        total = plugin.sales.evaluate(snapshot())
        assert total.total_minor == 7999
        assert notices(total) == [NoticeCode.LIST_PRICE]
        assert isinstance(plugin.sales.complete("S1", {}), Receipt)


def test_generation_that_is_gone_is_said(till: TillBuilder) -> None:
    with till.open() as plugin:
        total = plugin.sales.evaluate(snapshot(generation=9))
        assert total.generation == 1
        assert notices(total) == [NoticeCode.RULES_DAMAGED]


@pytest.mark.parametrize(
    ("change", "code", "where"),
    [
        ({"lines": [{"line_id": "1"}]}, "missing", "sale.lines[0].sku"),
        ({"codes": [{"code": "x", "cut": 1}]}, "unknown_field", "sale.codes[0].cut"),
        ({"generation": -1}, "out_of_range", "sale.generation"),
        ({"colour": "red"}, "unknown_field", "sale.colour"),
        ({"at": None}, "wrong_type", "sale.at"),
        (
            {"lines": [snapshot()["lines"][0] | {"unit_price_minor": -1}]},
            "out_of_range",
            "sale.lines[0].unit_price_minor",
        ),
        (
            {"lines": [snapshot()["lines"][0] | {"line_id": str(n)} for n in range(1000)]},
            "limit",
            "sale.lines",
        ),
    ],
)
def test_snapshot_that_is_no_sale_names_the_place(
    till: TillBuilder, change: dict[str, Any], code: str, where: str
) -> None:
    with till.open() as plugin:
        with pytest.raises(SaleError) as error:
            plugin.sales.evaluate(snapshot(**change))
        assert (error.value.code, error.value.where) == (code, where)
        # Nothing is lost: the corrected sale goes on.
        assert isinstance(sell(plugin, "S1"), Receipt)


def test_line_facts_are_filled_from_the_article_master(till: TillBuilder) -> None:
    till.rules(
        {
            "id": "HOSEN",
            "layer": "article",
            "offer": {
                "kind": "unit_discount",
                "on": {"any_of": [{"categories": ["hosen"]}]},
                "benefit": {"type": "percent", "bp": 5000},
            },
        }
    )
    with till.open() as plugin:
        assert plugin.sales.evaluate(snapshot()).result.discount_minor == 4000
        own = snapshot()
        own["lines"][0]["categories"] = ["jacken"]
        assert plugin.sales.evaluate(own).result.discount_minor == 0


def test_bare_customer_id_is_filled_at_each_evaluation(till: TillBuilder) -> None:
    till.rules(unit_discount("C", 2000, when=[{"type": "in_segment", "any_of": ["abc:C"]}]))
    with till.open() as plugin:
        for known, total_minor in (("K1", 6399), ("K2", 7999), ("nobody", 7999)):
            assert (
                plugin.sales.evaluate(snapshot(customer={"id": known})).total_minor == total_minor
            )


def test_promotion_once_per_customer_is_used_up(till: TillBuilder) -> None:
    till.rules(unit_discount("EINMAL", 5000, limits={"per_customer": 1}))
    with till.open() as plugin:
        assert sell(plugin, "S1", customer=customer(plugin)).total_minor == 3999
        assert customer(plugin)["uses"] == {"EINMAL": 1}
        assert sell(plugin, "S2", customer=customer(plugin)).total_minor == 7999
        assert sell(plugin, "S3", customer=customer(plugin, OTHER)).total_minor == 3999


def test_history_counts_visits_turnover_and_days(till: TillBuilder) -> None:
    with till.open() as plugin:
        assert customer(plugin)["history"] == {}
        sell(plugin, "S1", customer=customer(plugin))
        till.clock.advance(days=10)
        sell(plugin, "S2", customer=customer(plugin))
        till.clock.advance(days=3)
        assert customer(plugin)["history"] == {
            "days_since_last": 3,
            "receipts_365d": 2,
            "receipts_total": 2,
            "revenue_minor_365d": 14398,
            "revenue_minor_year": 14398,
        }


def lot(lot_id: str, left: int) -> dict[str, Any]:
    return {
        "id": lot_id,
        "left": left,
        "matures_on": "2026-03-07",
        "expires_on": None,
        "taken_on": None,
    }


def test_panel_counts_own_entries_until_they_are_folded(till: TillBuilder) -> None:
    with till.open() as plugin:
        [before] = panel(plugin)["balances"]
        assert (before["value"], before["as_of"], before["own_entries"]) == (0, None, False)
        sell(plugin, "S1", customer=customer(plugin))
        sell(plugin, "S2", customer=customer(plugin))
        [own] = panel(plugin)["balances"]
        assert (own["value"], own["own_entries"]) == (142, True)
        [(epoch,)] = rows(till, "SELECT epoch FROM epoch")
        first, second = rows(till, "SELECT lot, delta FROM ledger_entry ORDER BY seq")
        # Head office has booked the first receipt, and 1000 points of other tills.
        till.put(
            "balance",
            customer="K1",
            program="points",
            value=1071,
            lots=[lot("there", 1000), lot(*first)],
            as_of="2026-03-07T11:00:00Z",
            folded=[["3", epoch, 1], ["4", 99, 7]],
        )
        [mixed] = panel(plugin)["balances"]
        assert (mixed["value"], mixed["own_entries"]) == (1142, True)
        till.put(
            "balance",
            customer="K1",
            program="points",
            value=1142,
            lots=[lot("there", 1000), lot(*first), lot(*second)],
            as_of="2026-03-07T11:05:00Z",
            folded=[["3", epoch, 2], ["4", 99, 7]],
        )
        [folded] = panel(plugin)["balances"]
        assert (folded["value"], folded["own_entries"]) == (1142, False)
        assert folded["as_of"] == "2026-03-07T11:05:00Z"


def test_birthday_is_hinted_within_a_week(till: TillBuilder) -> None:
    till.customer("K1", birthday_on="1980-03-09")
    with till.open() as plugin:
        seen = panel(plugin)
        assert seen["birthday_on"] == "2026-03-09"
        assert [notice["code"] for notice in seen["notices"]] == ["birthday"]
        till.clock.advance(days=3)
        assert panel(plugin)["birthday_on"] is None


def test_birthday_that_is_no_day_stops_no_sale(till: TillBuilder) -> None:
    till.customer("K1", birthday_on="2026-99-99", segments=["abc:C"])
    with till.open() as plugin:
        assert panel(plugin)["birthday_on"] is None
        assert sell(plugin, "S1", customer=customer(plugin)).total_minor == 7199


def test_returns_earn_nothing_and_issue_nothing(till: TillBuilder) -> None:
    back = snapshot()["lines"][0] | {"quantity_milli": -1000}
    with till.open() as plugin:
        receipt = sell(plugin, "S1", customer=customer(plugin), lines=[back])
        assert receipt.total_minor == -7999
        assert receipt.vouchers == []
        assert customer(plugin)["history"] == {
            "revenue_minor_365d": -7999,
            "revenue_minor_year": -7999,
        }
    assert rows(till, "SELECT * FROM ledger_entry") == []


def test_what_was_charged_is_booked_and_noted(till: TillBuilder) -> None:
    with till.open() as plugin:
        plugin.sales.evaluate(snapshot(customer=customer(plugin)))
        receipt = plugin.sales.complete("S1", {"lines": [{"line_id": "1", "paid_minor": 5000}]})
        assert isinstance(receipt, Receipt)
        assert receipt.total_minor == 5000
        assert receipt.values["charged_differs"] is True
        assert receipt.values["earned"] == [{"account": "points", "amount": 50}]
        assert any(one.get("code") == "charged_differs" for one in receipt.values["effects"])
    assert rows(
        till, "SELECT total_minor, evaluated_total_minor, charged_differs FROM receipt"
    ) == [(5000, 7199, 1)]
    line = "SELECT discount_minor, host_difference_minor FROM receipt_line"
    assert rows(till, line) == [(2999, 2199)]


def test_charge_for_a_line_that_is_not_there_is_refused(till: TillBuilder) -> None:
    with till.open() as plugin:
        plugin.sales.evaluate(snapshot())
        with pytest.raises(SaleError, match="has no line"):
            plugin.sales.complete("S1", {"lines": [{"line_id": "9", "paid_minor": 1}]})
        assert isinstance(plugin.sales.complete("S1", {}), Receipt)


def issued(plugin: Plugin, sale_id: str = "S1") -> str:
    [voucher] = sell(plugin, sale_id, customer=customer(plugin)).vouchers
    return str(voucher["code"])


def test_voucher_goes_to_its_class_and_acts_at_the_next_sale(till: TillBuilder) -> None:
    with till.open() as plugin:
        assert sell(plugin, "S0", customer=customer(plugin, OTHER)).vouchers == []
        code = issued(plugin)
        assert [one["type"] for one in panel(plugin)["vouchers"]] == ["TREUE5"]
        asked = snapshot("S2", customer=customer(plugin), codes=[{"code": code}])
        total = plugin.sales.evaluate(asked)
        assert total.total_minor == 7199 - 500
        assert reasons(total) == []
        plugin.sales.complete("S2", {})
        again = plugin.sales.evaluate(
            snapshot("S3", customer=customer(plugin), codes=[{"code": code}])
        )
        assert reasons(again) == ["voucher_redeemed"]
        assert again.total_minor == 7199
    found = rows(till, "SELECT kind, receipt, promotion FROM voucher_event ORDER BY seq, kind")
    # Redeemed, it no longer stands in the way of the next one.
    assert found == [
        ("issued", 2, None),
        ("issued", 3, None),
        ("redeemed", 3, "GUTSCHEIN_TREUE5"),
    ]


@pytest.mark.parametrize(
    ("who", "days", "reason"),
    [
        (None, 0, "voucher_needs_customer"),
        (OTHER, 0, "voucher_other_customer"),
        (KNOWN, 31, "voucher_expired"),
    ],
)
def test_voucher_is_for_its_customer_and_its_days(
    till: TillBuilder, who: str | None, days: int, reason: str
) -> None:
    with till.open() as plugin:
        code = issued(plugin)
        till.clock.advance(days=days)
        sale = plugin.begin_sale("S2")
        if who:
            sale.scan(who)
        sale.scan("4711")
        sale.scan(code)
        total = sale.evaluate()
        assert reasons(total) == [reason]
        assert total.total_minor == 7199
        sale.complete()
    assert rows(till, "SELECT state FROM voucher")[0] == ("issued",)


def test_unknown_code_is_refused_as_a_voucher(till: TillBuilder) -> None:
    with till.open() as plugin:
        total = plugin.sales.evaluate(snapshot(codes=[{"code": "no voucher at all"}]))
        assert reasons(total) == ["voucher_unknown"]


def test_voucher_that_changes_nothing_is_kept(till: TillBuilder) -> None:
    till.rules(unit_discount("ZEHN", 1000))
    with till.open() as plugin:
        code = issued(plugin)
        total = plugin.sales.evaluate(
            snapshot("S2", customer=customer(plugin), codes=[{"code": code}])
        )
        assert reasons(total) == ["voucher_nothing_to_apply"]
        plugin.sales.complete("S2", {})
    assert rows(till, "SELECT state FROM voucher") == [("issued",)]


def test_voucher_not_given_by_the_host_is_kept(till: TillBuilder) -> None:
    with till.open() as plugin:
        code = issued(plugin)
        plugin.sales.evaluate(snapshot("S2", customer=customer(plugin), codes=[{"code": code}]))
        plugin.sales.complete("S2", {"applied": ["ZEHN@1"]})
        later = plugin.sales.evaluate(
            snapshot("S3", customer=customer(plugin), codes=[{"code": code}])
        )
        assert later.total_minor == 6699


def test_two_sales_with_one_voucher_redeem_it_once(till: TillBuilder) -> None:
    with till.open() as plugin:
        code = issued(plugin)
        known = customer(plugin)
        for sale_id in ("S2", "S3"):
            plugin.sales.evaluate(snapshot(sale_id, customer=known, codes=[{"code": code}]))
        first, second = plugin.sales.complete("S2", {}), plugin.sales.complete("S3", {})
        # Both receipts stand as charged; the second redemption is an exception for head office.
        assert isinstance(first, Receipt)
        assert isinstance(second, Receipt)
        assert second.total_minor == 6699
    assert rows(till, "SELECT count(*) FROM voucher_event WHERE kind = 'redeemed'") == [(1,)]
    [(line,)] = rows(till, "SELECT line FROM event ORDER BY seq DESC LIMIT 1")
    exceptions = json.loads(line)["body"]["exceptions"]
    assert [one["reason"] for one in exceptions] == ["voucher_redeemed"]


def test_no_second_voucher_while_the_first_waits(till: TillBuilder) -> None:
    with till.open() as plugin:
        issued(plugin)
        assert sell(plugin, "S2", customer=customer(plugin)).vouchers == []
        # Expired, it no longer stands in the way.
        till.clock.advance(days=31)
        assert len(sell(plugin, "S3", customer=customer(plugin)).vouchers) == 1


def test_five_films_returned_at_once_give_one_voucher(till: TillBuilder) -> None:
    films = [{"sku": f"film {number}", "days": 1} for number in range(5)]
    with till.open() as plugin:
        first = plugin.rental_returned("R1", customer="K1", articles=films)
        again = plugin.rental_returned("R1", customer="K1", articles=films)
        assert isinstance(first, Receipt)
        assert first == again
        assert [one["type"] for one in first.vouchers] == ["TREUE5"]
        other = plugin.rental_returned("R1", customer="K1", articles=films[:1])
        assert other == Refused(Refusal.CONFLICT)
        elsewhere = plugin.rental_returned("R2", customer="K2", articles=films)
        assert isinstance(elsewhere, Receipt)
        assert elsewhere.vouchers == []
    assert rows(till, "SELECT kind FROM event") == [("rental_returned",)] * 2
    assert rows(till, 'SELECT "trigger", class_at_issue FROM voucher') == [
        ("rental_returned", "abc:C")
    ]


@pytest.mark.parametrize(
    ("report", "where"),
    [
        ({"articles": [{"price_minor": float("nan")}]}, "rental.articles[0].price_minor"),
        ({"articles": [{"days": 2**70}]}, "rental.articles[0].days"),
        ({"articles": [{"film": "x"}]}, "rental.articles[0].film"),
        ({"articles": [{"sku": "x" * 3_000_000}]}, "rental.articles[0].sku"),
        ({"articles": ["4711"]}, "rental.articles[0]"),
        ({"articles": [{}] * 1000}, "rental.articles"),
        ({"customer": "K" * 201}, "rental.customer"),
        ({"customer": 1}, "rental.customer"),
        ({"rental_id": ""}, "rental.rental"),
        ({"cashier": "\ud800"}, "rental.cashier"),
    ],
)
def test_a_return_that_head_office_could_not_read_is_not_booked(
    till: TillBuilder, report: dict[str, Any], where: str
) -> None:
    with till.open() as plugin:
        with pytest.raises(SaleError) as caught:
            plugin.rental_returned(**{"rental_id": "R1", "customer": None, **report})
        assert caught.value.where == where
        assert isinstance(plugin.rental_returned("R1", customer=None), Receipt)
    assert rows(till, "SELECT count(*) FROM event") == [(1,)]


def test_voucher_is_printed_as_a_picture(tmp_path: Path) -> None:
    till = TillBuilder(tmp_path / "till", printer=True)
    till.customer("K1", card=KNOWN, segments=["abc:C"])
    till.voucher_type()
    till.trigger()
    with till.open() as plugin:
        receipt = sell(plugin, "S1", customer=customer(plugin))
        [job] = receipt.print_jobs

        def printed() -> bool:
            state = plugin.prints.job(job)
            return state is not None and state["state"] == "CONFIRMED"

        until(printed, within_s=60, what="the printed voucher")
        state = plugin.prints.job(job)
        assert state is not None
        assert [page.suffix for page in state["pages"]] == [".png"]
        assert state["notice"].code is NoticeCode.PRINT_CONFIRMED
        assert plugin.health()["print_jobs_open"] == 0
        assert plugin.prints.job("unknown") is None


def test_job_of_the_last_process_is_printed_at_the_next_start(tmp_path: Path) -> None:
    without = TillBuilder(tmp_path / "till")
    without.customer("K1", card=KNOWN, segments=["abc:C"])
    without.voucher_type()
    without.trigger()
    with without.open() as plugin:
        [job] = sell(plugin, "S1", customer=customer(plugin)).print_jobs
        state = plugin.prints.job(job)
        assert state is not None
        assert state["notice"].code is NoticeCode.PRINT_QUEUED
    with TillBuilder(tmp_path / "till", printer=True).open() as plugin:
        until(
            lambda: not plugin.health()["print_jobs_open"],
            within_s=60,
            what="the printed voucher",
        )


def test_voucher_too_long_for_paper_is_valid_on_the_screen(till: TillBuilder) -> None:
    till.voucher_type(conditions={"text": {"de": "x" * 1990}})
    till.customer("K1", name="x" * 2000, segments=["abc:C"])
    with till.open() as plugin:
        receipt = sell(plugin, "S1", customer=customer(plugin))
        assert len(receipt.vouchers) == 1
        assert receipt.print_jobs == []
        [said] = [one for one in receipt.values["effects"] if one["kind"] == "message"]
        assert said["code"] == "print_document_invalid"


def test_effects_have_texts_of_the_shop(tmp_path: Path) -> None:
    till = TillBuilder(tmp_path / "till", language="en")
    till.rules(unit_discount("ZEHN", 1000))
    with till.open() as plugin:
        total = plugin.sales.evaluate(snapshot(codes=[{"code": "?"}]))
        assert [(one["effect_id"], one["kind"]) for one in total.effects()] == [
            ("ZEHN@1", "line_discount"),
            ("receipt_text:saved", "receipt_text"),
            ("code:?", "rejected"),
        ]
        assert [one["text"] for one in total.effects()] == [
            "10% off",
            "You save €8.00",
            "Voucher not known.",
        ]


def test_health_says_how_things_stand(till: TillBuilder) -> None:
    with till.open() as plugin:
        sell(plugin, "S1")
        health = plugin.health()
        assert (health["shop"], health["till"], health["generation"]) == ("001", "3", 1)
        assert (health["last_seq"], health["acked_seq"]) == (1, 0)
        assert health["synced_at"] == NOON.isoformat()
        assert health["notices"] == []


def test_plugin_has_at_most_ten_public_methods() -> None:
    methods = [
        name
        for name in vars(Plugin)
        if not name.startswith("_") and callable(getattr(Plugin, name))
    ]
    assert len(methods) <= 10


def test_public_names_are_there() -> None:
    for name in pos_plugin.__all__:
        assert getattr(pos_plugin, name) is not None
    with pytest.raises(AttributeError, match="nothing_of_the_kind"):
        pos_plugin.nothing_of_the_kind  # noqa: B018
