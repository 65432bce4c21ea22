"""What a till puts on paper: its template, its values, what the shop does not want."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import apsw
import pytest
from till_builder import NOON

from pos_plugin.config import Printing, TillConfig
from pos_plugin.loyalty.voucher_document import whose
from pos_plugin.loyalty.voucher_type import VoucherType
from pos_plugin.loyalty.vouchers import Due, NewVoucher, issue
from pos_plugin.printing.papers import Papers
from pos_plugin.storage import template_lookup
from pos_plugin.storage.shop_logo import write_logo
from printers.document import CodeBlock, CoversBlock, TextBlock
from printers.errors import DocumentInvalid
from printers.templates.builtin import builtin

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    from printers.document import Document

NOWHERE = Path("no-such-folder")
ROW: dict[str, Any] = {
    "code": "TREUE5",
    "legal_kind": "promo",
    "effect": {"label": {"de": "5 EUR Rabatt", "en": "5 EUR off"}},
    "conditions": {"text": {"de": "Ab 20 EUR."}},
    "validity": {"days": 30},
    "customer_bound": True,
    "layout": {"title": {"de": "Danke!"}, "logo": "ab" * 32, "covers": 4},
}


class Cache:
    """A cache file with templates and titles, as the till reads it."""

    def __init__(self) -> None:
        self.connection = apsw.Connection(":memory:")
        for statement in template_lookup.SCHEMA:
            self.connection.execute(statement)
        self.connection.execute("CREATE TABLE cover (title, start_on, price_minor, blob)")

    def reader(self) -> Cache:
        return self

    def reading(self) -> AbstractContextManager[apsw.Connection]:
        from contextlib import nullcontext

        return nullcontext(self.connection)

    def add(self, version: int, **changes: Any) -> None:
        """Keep a version of the template for vouchers, changed."""
        from importlib.resources import files

        folder = files("printers.templates.builtin")
        data = json.loads(folder.joinpath("rental-voucher.de.json").read_text("utf-8"))
        text = json.dumps(data | {"version": version} | changes)
        template_lookup.store(self.connection, [("rental-voucher", "de", version, text)])

    def title(self, name: str) -> None:
        self.connection.execute(
            "INSERT INTO cover VALUES (?, ?, ?, ?)", (name, "2026-12-24", 250, None)
        )


@pytest.fixture
def cache() -> Iterator[Cache]:
    made = Cache()
    yield made
    made.connection.close()


def papers(
    cache: Cache, *, language: str = "de", data_dir: Path = NOWHERE, **printing: Any
) -> Papers:
    settings = {"shop": "001", "till": "1", "language": language, "data_dir": data_dir}
    config = TillConfig.model_validate(settings)
    config = config.model_copy(update={"printing": Printing(**printing)})
    return Papers(config, cache)  # type: ignore[arg-type]  # the two calls that it needs


def voucher(**layout: Any) -> NewVoucher:
    row = ROW | {"layout": ROW["layout"] | layout}
    kind = VoucherType.model_validate(row)
    return issue(Due("TREUE5", None), kind, customer="K1", event="sale_completed", at=NOON)


def said(document: Document) -> list[str]:
    return [block.value for block in document.blocks if isinstance(block, TextBlock)]


def test_paper_says_everything_needed_to_redeem(cache: Cache) -> None:
    one = voucher()
    document = papers(cache).voucher(one, "Frau Müller", now=NOON, training=False).document
    for words in (
        "Filiale 001",
        "Persönlich für Frau Müller",
        "gültig bis 06.04.2026",
        "5 EUR Rabatt",
        "Ab 20 EUR.",
    ):
        assert words in said(document)
    codes = {block.content for block in document.blocks if isinstance(block, CodeBlock)}
    assert codes == {one.code}
    assert document.assets() == {"ab" * 32}
    assert whose(document.to_json()) == ("Frau Müller", one.code[-5:])


def test_english_shop_prints_english(cache: Cache) -> None:
    document = (
        papers(cache, language="en")
        .voucher(voucher(), "Ms Miller", now=NOON, training=False)
        .document
    )
    assert {
        "valid until 6\N{NO-BREAK SPACE}Apr\N{NO-BREAK SPACE}2026",
        "For Ms Miller only",
        "5 EUR off",
    } <= set(said(document))


def test_covers_of_coming_titles_stand_on_it(cache: Cache) -> None:
    for name in ("Das Boot", "Metropolis", "M", "Nosferatu", "Der fünfte"):
        cache.title(name)
    document = papers(cache).voucher(voucher(), "Frau Müller", now=NOON, training=False).document
    (covers,) = [block for block in document.blocks if isinstance(block, CoversBlock)]
    assert len(covers.items) == 4
    assert covers.items[0].info == "ab 24.12.2026, 2,50\u00a0€"
    silent = papers(cache).voucher(voucher(cover_info=False), "A", now=NOON, training=True).document
    (covers,) = [block for block in silent.blocks if isinstance(block, CoversBlock)]
    assert [item.info for item in covers.items] == [""] * 4
    assert silent.training


@pytest.mark.parametrize("hide", [("covers",), ("rental-voucher.covers",)])
def test_what_the_shop_does_not_want_stays_away_in_new_versions_too(
    cache: Cache, hide: tuple[str, ...]
) -> None:
    cache.title("Das Boot")
    for version in (0, 2, 3):
        if version:
            cache.add(version)
        document = (
            papers(cache, hide=hide).voucher(voucher(), "A", now=NOON, training=False).document
        )
        assert not any(isinstance(block, CoversBlock) for block in document.blocks)
    other = papers(cache, hide=("bonus-voucher.covers",))
    shown = other.voucher(voucher(), "A", now=NOON, training=False).document
    assert any(isinstance(block, CoversBlock) for block in shown.blocks)


def test_newest_version_of_head_office_prints_and_three_stay(cache: Cache) -> None:
    for version in (2, 3, 4, 5):
        blocks = [
            {"type": "text", "value": f"Fassung {version}"},
            *_plain_blocks(),
        ]
        cache.add(version, blocks=blocks)
    assert template_lookup.versions(cache.connection, "rental-voucher", "de") == [5, 4, 3]
    document = papers(cache).voucher(voucher(), "A", now=NOON, training=False).document
    assert "Fassung 5" in said(document)


def test_version_that_this_till_cannot_read_leaves_the_one_before(cache: Cache) -> None:
    cache.add(2, blocks=[{"type": "text", "value": "Fassung 2"}, *_plain_blocks()])
    cache.add(3, schema="stammkunde.template/9")
    document = papers(cache).voucher(voucher(), "A", now=NOON, training=False).document
    assert "Fassung 2" in said(document)


@pytest.mark.parametrize("layout_id", ["nobody-has-this", "plain"])
def test_missing_template_prints_plain(cache: Cache, layout_id: str) -> None:
    document = (
        papers(cache)
        .voucher(voucher(layout_id=layout_id), "Frau Müller", now=NOON, training=False)
        .document
    )
    assert document.assets() == frozenset()
    assert {"benefit", "holder", "valid_until", "code", "conditions"} <= document.roles()


def test_paper_names_the_template_and_version_that_it_was_filled_from(cache: Cache) -> None:
    def used(**layout: Any) -> tuple[str, int]:
        return papers(cache).voucher(voucher(**layout), "A", now=NOON, training=False)[1:]

    assert used() == ("rental-voucher", 1)
    cache.add(2)
    assert used() == ("rental-voucher", 2)
    cache.add(3, schema="stammkunde.template/9")
    assert used() == ("rental-voucher", 2), "not the one that cannot be read"
    assert used(layout_id="nobody-has-this") == ("plain", 1), "not the one that was asked for"
    coupons = [voucher(layout_id="birthday-coupon")] * 2
    strip = papers(cache).strip(coupons, "A", training=False)
    assert strip[1:] == ("birthday-coupon", 1)


def test_terms_that_no_template_takes_are_a_fault_not_a_shorter_paper(cache: Cache) -> None:
    row = ROW | {"conditions": {"text": {"de": "x" * 1_501}}}
    kind = VoucherType.model_validate(row)
    one = issue(Due("TREUE5", None), kind, customer="K1", event="sale_completed", at=NOON)
    with pytest.raises(DocumentInvalid):
        papers(cache).voucher(one, "A", now=NOON, training=False)


@pytest.mark.capability("G5")
def test_coupons_under_the_receipt_share_a_strip(cache: Cache) -> None:
    first, second = voucher(layout_id="birthday-coupon"), voucher(layout_id="birthday-coupon")
    made = papers(cache)
    assert made.is_coupon(first)
    assert not made.is_coupon(voucher())
    document = made.strip([first, second], "Frau Müller", training=False).document
    assert document.kind == "coupon"
    assert document.subject_uid == first.id
    codes = [block.content for block in document.blocks if isinstance(block, CodeBlock)]
    assert codes == [first.code, second.code]
    assert whose(document.to_json()).code_end == first.code[-5:]


def test_strip_never_falls_to_a_template_that_shows_one_coupon(cache: Cache) -> None:
    many = [replace(voucher(layout_id="birthday-coupon"), id=str(number)) for number in range(4)]
    with pytest.raises(DocumentInvalid):
        papers(cache).strip(many, "Frau Müller", training=False)


def _plain_blocks() -> list[dict[str, Any]]:
    assert builtin("plain", "de") is not None
    from importlib.resources import files

    folder = files("printers.templates.builtin")
    blocks: list[dict[str, Any]] = json.loads(folder.joinpath("plain.de.json").read_text("utf-8"))[
        "blocks"
    ]
    return blocks


def test_logo_of_the_shop_stands_where_the_kind_names_none(cache: Cache, tmp_path: Path) -> None:
    made = papers(cache, data_dir=tmp_path)
    bare = voucher(logo=None)
    assert made.voucher(bare, "A", now=NOON, training=False).document.assets() == frozenset()
    write_logo(tmp_path, "cd" * 32)
    assert made.voucher(bare, "A", now=NOON, training=False).document.assets() == {"cd" * 32}
    assert made.voucher(voucher(), "A", now=NOON, training=False).document.assets() == {"ab" * 32}
