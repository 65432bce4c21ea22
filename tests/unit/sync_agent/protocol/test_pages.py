from __future__ import annotations

import json
import tracemalloc
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync_agent.protocol.json_bytes import ProtocolError, compact_json
from sync_agent.protocol.limits import ROW_BYTES_MAX
from sync_agent.protocol.pages import page_bytes, parse_page

if TYPE_CHECKING:
    from collections.abc import Callable

BUCKET = "shop:001"
ARTICLE: dict[str, Any] = {
    "sku": "4711",
    "name": "Hose",
    "categories": ["hosen"],
    "brand": None,
    "season": None,
    "tags": [],
    "unit_price_minor": 7999,
    "markdown": False,
    "vat_rate_bp": 1900,
    "discountable": True,
}


def page(*rows: tuple[str, str, int, int, dict[str, Any]], checkpoint: int = 9) -> bytes:
    return page_bytes(
        bucket=BUCKET,
        bucket_epoch=5,
        after=0,
        changes=rows,
        checkpoint=checkpoint,
        complete=True,
    )


def test_page_comes_out_as_it_went_in() -> None:
    parsed = parse_page(page(("P", "article", 3, 3, ARTICLE)), bucket=BUCKET, after=0)
    assert [change.row for change in parsed.changes] == [ARTICLE]
    assert (parsed.bucket_epoch, parsed.checkpoint, parsed.complete) == (5, 9, True)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("unit_price_minor", "7999"),
        ("unit_price_minor", 79.99),
        ("unit_price_minor", -1),
        ("unit_price_minor", 10**9 + 1),
        ("unit_price_minor", True),
        ("name", None),
        ("name", ""),
        ("name", "x" * 201),
        ("markdown", 1),
        ("categories", "hosen"),
        ("categories", ["x"] * 1001),
        ("vat_rate_bp", 10_001),
    ],
)
def test_row_out_of_its_bounds_refuses_the_page(column: str, value: object) -> None:
    content = page(("P", "article", 3, 3, {**ARTICLE, column: value}))
    with pytest.raises(ProtocolError, match=f"article: {column}"):
        parse_page(content, bucket=BUCKET, after=0)


def lines(content: bytes) -> list[Any]:
    return [json.loads(line) for line in content.splitlines()]


def joined(parts: list[Any]) -> bytes:
    return b"".join(compact_json(part) + b"\n" for part in parts)


@pytest.mark.parametrize("cut", range(1, 4))
def test_page_cut_off_in_the_middle_is_no_page(cut: int) -> None:
    whole = page(("P", "article", 3, 3, ARTICLE), ("P", "article", 4, 4, ARTICLE))
    parts = lines(whole)
    with pytest.raises(ProtocolError):
        parse_page(joined(parts[:-cut]), bucket=BUCKET, after=0)
    with pytest.raises(ProtocolError):
        parse_page(whole[: -cut * 10], bucket=BUCKET, after=0)


def test_page_that_answers_another_question_is_refused() -> None:
    content = page(("P", "article", 3, 3, ARTICLE))
    for bucket, after in (("shop:002", 0), (BUCKET, 1)):
        with pytest.raises(ProtocolError, match="asked for"):
            parse_page(content, bucket=bucket, after=after)


def test_rows_out_of_order_or_beyond_the_checkpoint_are_refused() -> None:
    backwards = page(("P", "article", 4, 4, ARTICLE), ("P", "article", 3, 3, ARTICLE))
    beyond = page(("P", "article", 10, 10, ARTICLE))
    for content in (backwards, beyond):
        with pytest.raises(ProtocolError):
            parse_page(content, bucket=BUCKET, after=0)


def test_line_that_holds_two_rows_or_a_part_of_one_is_no_row() -> None:
    """Rows are decoded together, and still each line is one."""
    head, row, end = page(("P", "article", 3, 3, ARTICLE)).splitlines()
    two = row + b"," + row.replace(b",3,3,", b",4,4,")
    cut = row.index(b"[", 1)
    parts = (row[:cut].rstrip(b","), row[cut:])
    for lines_between in ((two,), (two, b""), parts, (b"",)):
        end_of_these = end.replace(b'"rows":1', b'"rows":%d' % len(lines_between))
        content = b"\n".join((head, *lines_between, end_of_these)) + b"\n"
        with pytest.raises(ProtocolError):
            parse_page(content, bucket=BUCKET, after=0)


def test_unknown_column_and_unknown_table_are_passed_over() -> None:
    parts = lines(page(("P", "article", 3, 3, ARTICLE)))
    parts[0]["tables"]["article"].append("colour")
    parts[1][4].append("blue")
    parts[0]["tables"]["hologram"] = ["id"]
    parts.insert(2, ["P", "hologram", 4, 4, ["x"]])
    parts[-1]["rows"] = 2
    parsed = parse_page(joined(parts), bucket=BUCKET, after=0)
    assert [change.row for change in parsed.changes] == [ARTICLE]


def test_remove_names_key_and_reason() -> None:
    parts = lines(page(("P", "article", 3, 3, ARTICLE)))
    parts[1] = ["R", "article", 3, 3, ["4711", "deleted"]]
    (change,) = parse_page(joined(parts), bucket=BUCKET, after=0).changes
    assert (change.op, change.row) == ("R", {"sku": "4711", "reason": "deleted"})


@given(st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
def test_random_bytes_are_no_page(content: bytes) -> None:
    with pytest.raises(ProtocolError):
        parse_page(content, bucket=BUCKET, after=0)


def crowded(rows: int) -> bytes:
    """A page of rows with many small values."""
    row = {**ARTICLE, "categories": ["ab"] * 1_000}
    return page(
        *(("P", "article", number, number, row) for number in range(1, rows + 1)), checkpoint=rows
    )


def most_mib(work: Callable[[], object]) -> float:
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1] / 2**20
    finally:
        tracemalloc.stop()


def test_page_takes_the_memory_of_a_portion_whatever_its_values_are() -> None:
    content = crowded(300)
    parsed = parse_page(content, bucket=BUCKET, after=0)
    assert len(parsed.changes) == 300

    def go_through() -> None:
        for _ in parse_page(content, bucket=BUCKET, after=0).changes:
            pass

    whole_mib = most_mib(lambda: list(parsed.changes))
    assert most_mib(go_through) < whole_mib / 2  # the control: all of it at once takes far more
    assert parsed.changes == list(parsed.changes)


def test_page_of_too_many_lines_or_too_long_a_row_is_refused_unread() -> None:
    with pytest.raises(ProtocolError, match="lines"):
        parse_page(b"\n" * 20_000, bucket=BUCKET, after=0)
    long = page(("P", "article", 3, 3, {**ARTICLE, "name": "x" * ROW_BYTES_MAX}))
    with pytest.raises(ProtocolError, match="bytes"):
        parse_page(long, bucket=BUCKET, after=0)
