"""The rental loop of a video shop, through the public API, without head office.

Three to ten rentals are class C, at the return its voucher "2 Filme, 2 Tage für 2,- EUR" is
printed, the next visit redeems it; nobody else can, and nobody after its last day.
"""

from __future__ import annotations

import datetime as dt
import json
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
import zxingcpp
from PIL import Image
from rental_shop import PRINTER, RentalShop, bring_back, complete, pay_for, rent
from waiting import until

from pos_plugin import Refusal
from pos_plugin.stats.voucher_list import voucher_list

if TYPE_CHECKING:
    from pathlib import Path

    from pos_plugin import Plugin


@pytest.fixture
def shop(tmp_path: Path) -> RentalShop:
    shop = RentalShop(tmp_path / "till", more=PRINTER)
    shop.stock()
    return shop


def become_c(shop: RentalShop, number: str = "100", *, films: int = 3) -> str:
    """Rent films, let two weeks pass; return the customer's id."""
    customer = shop.customer(number)
    with shop.open() as plugin:
        rent(plugin, f"first {number}", customer, *(f"old {one}" for one in range(films)))
    shop.night(days=15)
    return customer


def voucher_of(plugin: Plugin, customer: str, rental: str = "B1") -> str:
    (voucher,) = bring_back(plugin, rental, customer, "old 0").vouchers
    return str(voucher["code"])


def printed(plugin: Plugin, job: str) -> None:
    def is_out() -> bool:
        return (plugin.prints.job(job) or {}).get("state") not in (None, "QUEUED", "SENDING")

    until(is_out, within_s=60, what="the voucher is printed")


@pytest.mark.capability("V1", "V2", "V3", "V5", "V7", "case 2")
def test_voucher_of_the_class_comes_at_the_return_and_is_redeemed_at_the_next_visit(
    shop: RentalShop,
) -> None:
    anna = become_c(shop)
    with shop.open() as plugin:
        code = voucher_of(plugin, anna)
        shop.clock.advance(days=3)
        assert pay_for(plugin, shop, "S1", 2, 1, code=code, customer=anna).total_minor == 200
        complete(plugin, "S1")
        again = pay_for(plugin, shop, "S2", 2, 2, code=code, customer=anna)
        assert again.total_minor == 500
        assert again.rejected[code].code == Refusal.VOUCHER_REDEEMED
    (listed,) = voucher_list(shop.config)
    assert listed.class_at_issue == "abc:C"
    assert (listed.granted.on, listed.granted.till, listed.granted.cashier) == (
        "2026-03-22",
        "3",
        "7",
    )
    assert listed.redeemed is not None
    assert (listed.redeemed.on, listed.redeemed.cashier, listed.redeemed.receipt) == (
        "2026-03-25",
        "8",
        "B-S1",
    )


@pytest.mark.capability("V5", "case 2")
def test_other_customer_nobody_and_the_day_after_are_refused(shop: RentalShop) -> None:
    anna = become_c(shop)
    bert = shop.customer("101")
    with shop.open() as plugin:
        code = voucher_of(plugin, anna)
        other = pay_for(plugin, shop, "S1", 2, 2, code=code, customer=bert)
        nobody = pay_for(plugin, shop, "S2", 2, 2, code=code)
        shop.clock.advance(days=30)
        last_day = pay_for(plugin, shop, "S3", 2, 2, code=code, customer=anna)
        shop.clock.advance(days=1)
        day_after = pay_for(plugin, shop, "S4", 2, 2, code=code, customer=anna)
    assert other.rejected[code].code == Refusal.VOUCHER_OTHER_CUSTOMER
    assert nobody.rejected[code].code == Refusal.VOUCHER_NEEDS_CUSTOMER
    assert day_after.rejected[code].code == Refusal.VOUCHER_EXPIRED
    assert [one.total_minor for one in (other, nobody, last_day, day_after)] == [500, 500, 200, 500]


@pytest.mark.capability("V2")
def test_one_film_or_three_days_get_nothing_and_three_films_two_at_the_price(
    shop: RentalShop,
) -> None:
    anna = become_c(shop)
    with shop.open() as plugin:
        code = voucher_of(plugin, anna)
        one_film = pay_for(plugin, shop, "S1", 2, code=code, customer=anna)
        three_days = pay_for(plugin, shop, "S2", 3, 3, code=code, customer=anna)
        three_films = pay_for(plugin, shop, "S3", 2, 1, 2, code=code, customer=anna)
    for answer, total_minor in ((one_film, 250), (three_days, 500)):
        assert answer.total_minor == total_minor
        assert answer.reasons()["C_FILME2"]
    assert three_films.total_minor == 200 + 250


@pytest.mark.capability("V3")
def test_five_films_returned_at_once_give_one_voucher(shop: RentalShop) -> None:
    anna = become_c(shop, films=5)
    films = [f"old {number}" for number in range(5)]
    with shop.open() as plugin:
        assert len(bring_back(plugin, "B1", anna, *films).vouchers) == 1
        assert bring_back(plugin, "B2", anna).vouchers == []


@pytest.mark.capability("V3")
def test_five_returns_within_a_minute_give_one_voucher(shop: RentalShop) -> None:
    anna = become_c(shop, films=5)
    with shop.open() as plugin:
        given = [bring_back(plugin, f"B{one}", anna, f"old {one}").vouchers for one in range(5)]
    assert [len(vouchers) for vouchers in given] == [1, 0, 0, 0, 0]


@pytest.mark.capability("V3")
def test_next_voucher_waits_for_the_interval_after_the_redemption(shop: RentalShop) -> None:
    anna = become_c(shop)
    with shop.open() as plugin:
        code = voucher_of(plugin, anna)
        pay_for(plugin, shop, "S1", 2, 2, code=code, customer=anna)
        complete(plugin, "S1")
        shop.clock.advance(days=13)
        assert bring_back(plugin, "B2", anna).vouchers == []
        shop.clock.advance(days=1)
        assert len(bring_back(plugin, "B3", anna).vouchers) == 1


@pytest.mark.capability("V3")
def test_next_voucher_waits_for_the_interval_after_the_expiry(shop: RentalShop) -> None:
    anna = become_c(shop)
    with shop.open() as plugin:
        voucher_of(plugin, anna)
        shop.clock.advance(days=30 + 13)
        assert bring_back(plugin, "B2", anna).vouchers == []
        shop.clock.advance(days=1)
        assert len(bring_back(plugin, "B3", anna).vouchers) == 1


@pytest.mark.capability("V3")
def test_yearly_maximum_ends_with_the_year(shop: RentalShop) -> None:
    anna = become_c(shop)
    given: list[int] = []
    with shop.open() as plugin:
        for number in range(7):
            given.append(len(bring_back(plugin, f"B{number}", anna).vouchers))
            shop.clock.advance(days=45)
    # 22 March, then every 45 days: the seventh would be on 17 December.
    assert given == [1, 1, 1, 1, 1, 1, 0]
    shop.clock.set(dt.datetime(2027, 1, 2, 12, tzinfo=shop.clock.now().tzinfo))
    with shop.open() as plugin:
        assert len(bring_back(plugin, "new year", anna).vouchers) == 1


@pytest.mark.capability("V3")
def test_reversed_return_cancels_the_unused_voucher_and_counts_for_no_interval(
    shop: RentalShop,
) -> None:
    anna = become_c(shop)
    with shop.open() as plugin:
        code = voucher_of(plugin, anna)
        plugin.rentals.return_reversed({"rental": "B1", "customer": anna})
        refused = pay_for(plugin, shop, "S1", 2, 2, code=code, customer=anna)
        assert refused.rejected[code].code == Refusal.VOUCHER_BLOCKED
        assert len(bring_back(plugin, "B2", anna).vouchers) == 1


@pytest.mark.capability("V1", "V3")
def test_customer_below_the_class_gets_nothing(shop: RentalShop) -> None:
    anna = become_c(shop, films=2)
    with shop.open() as plugin:
        assert bring_back(plugin, "B1", anna, "old 0").vouchers == []


@pytest.mark.capability("V5", "V6")
def test_paper_shows_the_covers_and_its_code_is_the_voucher(shop: RentalShop) -> None:
    anna = become_c(shop)
    with shop.open() as plugin:
        answer = bring_back(plugin, "B1", anna, "old 0")
        (voucher,), (job,) = answer.vouchers, answer.print_jobs
        printed(plugin, job)
    (page,) = (shop.folder / "prints").glob("*.png")
    with Image.open(page) as image:
        found = {one.text for one in zxingcpp.read_barcodes(image.convert("L"))}
        assert found == {voucher["code"]}
        # Two covers of 280 x 420 stand side by side; without them the page is so much shorter.
        assert image.height > 900


@pytest.mark.capability("V4")
def test_voucher_nobody_handed_over_is_valid_and_listed(shop: RentalShop) -> None:
    anna = become_c(shop)
    bert = become_c(shop, "101")
    with shop.open() as plugin:
        code = voucher_of(plugin, anna)
        answer = bring_back(plugin, "B2", bert, "old 0")
        (job,) = answer.print_jobs
        printed(plugin, job)
        plugin.prints.acknowledge(f"{job}.confirmed", cashier="7")
        assert pay_for(plugin, shop, "S1", 2, 2, code=code, customer=anna).total_minor == 200
    open_ones = voucher_list(shop.config, not_handed_over=True)
    assert [one.customer for one in open_ones] == [anna]
    assert len(voucher_list(shop.config)) == 2


@pytest.mark.capability("V4")
def test_printer_that_is_off_costs_no_voucher(tmp_path: Path) -> None:
    shop = RentalShop(tmp_path / "till")
    shop.stock(covers=0)
    anna, bert = become_c(shop), become_c(shop, "101")
    with shop.open() as plugin:
        later = bring_back(plugin, "B1", anna, "old 0")
        cancelled = bring_back(plugin, "B2", bert, "old 0")
        (job,), (given_up,) = later.print_jobs, cancelled.print_jobs
        # No printer answers: the paper waits, and the sale does not.
        assert {(plugin.prints.job(one) or {})["state"] for one in (job, given_up)} == {"QUEUED"}
        (code,) = [one["code"] for one in cancelled.vouchers]
        plugin.prints.cancel(given_up)
        assert pay_for(plugin, shop, "S1", 2, 2, code=code, customer=bert).total_minor == 200
    text = shop.config_path.read_text("utf-8")
    shop.config_path.write_text(f"{text}{PRINTER}", encoding="utf-8")
    with shop.open() as plugin:
        printed(plugin, job)
        assert (plugin.prints.job(job) or {})["state"] == "CONFIRMED"
        assert (plugin.prints.job(given_up) or {})["state"] == "CANCELLED"


@pytest.mark.capability("V6")
def test_fifth_title_is_dropped_and_past_ones_are_not_shown(shop: RentalShop) -> None:
    five = "\n".join(f";Titel {number};{number}.12.2026;2,50" for number in range(1, 6))
    folder = shop.folder / "later"
    folder.mkdir()
    (folder / "covers.csv").write_text(
        f"Bild;Titel;Start;Preis\n;Alter Film;1.3.2026;2,50\n{five}\n", encoding="utf-8"
    )
    shop.take("covers", folder)
    anna = become_c(shop)
    with shop.open() as plugin:
        bring_back(plugin, "B1", anna, "old 0")
    with closing(sqlite3.connect(shop.folder / "journal.db")) as db:
        ((document,),) = db.execute("SELECT document FROM print_job").fetchall()
    (covers,) = [one for one in json.loads(document)["blocks"] if one["type"] == "covers"]
    assert [one["title"] for one in covers["items"]] == [
        f"Titel {number}" for number in range(1, 5)
    ]
    assert covers["items"][0]["info"] == "ab 01.12.2026, 2,50\xa0€"
