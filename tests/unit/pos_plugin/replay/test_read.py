"""What the files of an old till become, and which line is named when one is wrong."""

from __future__ import annotations

import datetime as dt
import gzip
from typing import Any

import pytest

from pos_plugin.errors import SaleError
from pos_plugin.replay.read import read_articles, read_receipts

HEADER = "invoice,sku,quantity,at,unit_price_minor,customer,country"
CSV = f"""{HEADER}
1001,MUG1,3,2011-01-03T09:00,400,7,United Kingdom
1001,POST,1,2011-01-03T09:00,500,7,United Kingdom
1002,BAG1,2,2011-01-03T09:05,1000,,United Kingdom
1001,BAG1,1,2011-01-03T09:01,1000,7,United Kingdom
C1003,MUG1,-1,2011-01-03T09:10,400,7,"Jersey, Channel Islands"
"""
SALE = '{"sale_id": "A", "at": "2026-03-07T15:12:00+01:00", "lines": []}'


def read(text: str, *known: str) -> list[Any]:
    return read_receipts("receipts.csv", text.encode(), known)


def fault(text: str) -> tuple[str, str]:
    with pytest.raises(SaleError) as raised:
        read(text)
    return raised.value.code, raised.value.where


def test_rows_of_an_invoice_become_one_receipt() -> None:
    first, second, third = read(CSV)
    assert [line["sku"] for line in first.snapshot["lines"]] == ["MUG1", "POST", "BAG1"]
    assert first.sale_id == "replay:1001"
    assert first.at == dt.datetime(2011, 1, 3, 9, 0, tzinfo=dt.UTC)
    assert first.snapshot["customer"] == {"id": "7"}
    assert "customer" not in second.snapshot
    assert third.snapshot["lines"][0]["quantity_milli"] == -1000


def test_unknown_article_is_sundries_and_postage_is_never_discounted() -> None:
    mug, postage, _ = read(CSV)[0].snapshot["lines"]
    assert mug == {
        "line_id": "1",
        "sku": "MUG1",
        "quantity_milli": 3000,
        "unit_price_minor": 400,
        "categories": ["sonstiges"],
        "brand": None,
        "season": None,
        "tags": [],
        "markdown": False,
        "vat_rate_bp": 1900,
        "discountable": True,
    }
    assert postage["discountable"] is False


def test_known_article_is_left_to_the_master_as_written() -> None:
    lines = read(CSV.replace("BAG1,1", "mug1,1"), "MUG1")[0].snapshot["lines"]
    assert ["categories" in line for line in lines] == [False, True, True]


def test_article_rows_say_what_the_till_knows() -> None:
    text = (
        "sku,description,category,list_price_minor\nBANK CHARGES,,,1500\n85123A,HEART,licht,255\n"
    )
    charges, heart = read_articles("articles.csv", text.encode())
    assert (charges["categories"], charges["discountable"]) == (["sonstiges"], False)
    assert (heart["categories"], heart["discountable"]) == (["licht"], True)
    assert (heart["name"], heart["unit_price_minor"], heart["vat_rate_bp"]) == ("HEART", 255, 1900)


@pytest.mark.parametrize(
    ("before", "after", "code", "where"),
    [
        (HEADER, HEADER.replace("quantity", "qty"), "missing", "line 1"),
        (HEADER, HEADER.replace("country", "sku"), "missing", "line 1"),
        ("1001,MUG1,3", "1001,MUG1,3.0", "wrong_type", "line 2.quantity"),
        ("1001,MUG1,3", "1001,MUG1,1_000", "wrong_type", "line 2.quantity"),
        ("1001,MUG1,3", "1001,MUG1,100000", "out_of_range", "line 2.quantity"),
        ("1001,MUG1,3", f"1001,MUG1,{'9' * 5000}", "out_of_range", "line 2.quantity"),
        ("9:05,1000,", "9:05,-1000,", "out_of_range", "line 4.unit_price_minor"),
        ("9:05,1000,", "9:05,9x,", "wrong_type", "line 4.unit_price_minor"),
        ("2011-01-03T09:05", "3.1.2011", "wrong_type", "line 4.at"),
        ("2011-01-03T09:05", "2011-13-03T09:05", "out_of_range", "line 4.at"),
        ("1001,BAG1,1", "1001,,1", "out_of_range", "line 5.sku"),
        ("1001,BAG1,1", ",BAG1,1", "missing", "line 5.invoice"),
        ("09:01,1000,7", "09:01,1000,8", "out_of_range", "line 5.customer"),
        ("1000,,United", f"1000,{'7' * 201},United", "limit", "line 4.customer"),
        ("C1003,MUG1,-1", "C1003,MUG1,1", "out_of_range", "line 6.quantity"),
        (",United Kingdom\n1002", "\n1002", "wrong_type", "line 3"),
        ('"Jersey', '"Jersey"', "wrong_type", "line 6"),
    ],
)
def test_wrong_row_is_named(before: str, after: str, code: str, where: str) -> None:
    assert before in CSV
    assert fault(CSV.replace(before, after, 1)) == (code, f"receipts.csv {where}")


def test_receipt_of_a_thousand_lines_is_refused() -> None:
    row = "9,BAG1,1,2011-01-04T09:00,1000,,UK\n"
    assert len(read(f"{HEADER}\n{row * 999}")[0].snapshot["lines"]) == 999
    assert fault(f"{HEADER}\n{row * 1000}") == ("limit", "receipts.csv line 1001")


def test_receipt_above_the_largest_sale_is_refused() -> None:
    row = "9,BAG1,99999,2011-01-04T09:00,9000,,UK\n"
    assert fault(f"{HEADER}\n{row * 2}") == ("limit", "receipts.csv line 3")


@pytest.mark.parametrize(
    ("content", "code", "where"),
    [
        (b"", "missing", "receipts.csv line 1"),
        (CSV.encode("utf-16"), "wrong_type", "receipts.csv line 1"),
        (CSV.encode() + b"\xff", "wrong_type", "receipts.csv line 7"),
        (gzip.compress(CSV.encode(), mtime=0)[:-9], "not_json", "receipts.csv"),
        (gzip.compress(CSV.encode(), mtime=0)[:10] + b"\x00" * 50, "not_json", "receipts.csv"),
    ],
)
def test_file_that_is_no_text_is_refused(content: bytes, code: str, where: str) -> None:
    with pytest.raises(SaleError) as raised:
        read_receipts("receipts.csv", content, ())
    assert (raised.value.code, raised.value.where) == (code, where)


@pytest.mark.parametrize(
    ("line", "code", "where"),
    [
        ("{", "not_json", "line 2"),
        ('{"sale_id": "A"}', "missing", "line 2.at"),
        (SALE, "duplicate_id", "line 2.sale_id"),
        (SALE.replace('"A"', f'"{"A" * 200}"'), "limit", "line 2.sale_id"),
        (
            SALE.replace('"A"', '"B"').replace("[]", '[], "currency": "CHF"'),
            "out_of_range",
            "line 2.currency",
        ),
        (
            SALE.replace("[]", '[{"line_id": "1", "sku": "x", "quantity_milli": 1}]'),
            "missing",
            "line 2.lines[0].unit_price_minor",
        ),
    ],
)
def test_wrong_json_line_is_named(line: str, code: str, where: str) -> None:
    assert fault(f"{SALE}\n{line}\n") == (code, f"receipts.csv {where}")


@pytest.mark.parametrize(
    ("row", "code", "where"),
    [
        ("85123A,AGAIN,licht,255", "duplicate_id", "line 3.sku"),
        (",NOTHING,licht,255", "missing", "line 3.sku"),
        (f"X1,{'X' * 201},licht,255", "limit", "line 3.description"),
        ("X1,X,licht,2.55", "wrong_type", "line 3.list_price_minor"),
        ("X1,X,licht,-1", "out_of_range", "line 3.list_price_minor"),
    ],
)
def test_wrong_article_is_named(row: str, code: str, where: str) -> None:
    text = f"sku,description,category,list_price_minor\n85123A,HEART,licht,255\n{row}\n"
    with pytest.raises(SaleError) as raised:
        read_articles("articles.csv", text.encode())
    assert (raised.value.code, raised.value.where) == (code, f"articles.csv {where}")
