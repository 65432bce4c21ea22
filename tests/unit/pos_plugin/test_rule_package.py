"""Forged, changed or foreign rule packages are never used; the generation before stays."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from till_builder import TillBuilder, unit_discount

from pos_plugin.notices import NoticeCode
from pos_plugin.rule_package import Flaw, Manifest, find_flaw, signed_bytes
from pos_plugin.storage.cache_reader import CacheReader

if TYPE_CHECKING:
    from pathlib import Path

CONTENT = b'{"generation": 7, "promotions": []}'
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
KEYS = {
    "current": KEY.public_key().public_bytes(
        serialization.Encoding.Raw, serialization.PublicFormat.Raw
    )
}


def signed(key: Ed25519PrivateKey = KEY, content: bytes = CONTENT) -> Manifest:
    unsigned = Manifest(
        chain="c",
        ring="all",
        generation=7,
        activate_at="2026-03-01T00:00:00Z",
        sha256=hashlib.sha256(content).hexdigest(),
        key_id="current",
        signature="",
    )
    fields = {
        name: getattr(unsigned, name)
        for name in ("chain", "ring", "generation", "activate_at", "sha256")
    }
    return replace(unsigned, signature=key.sign(signed_bytes(**fields)).hex())


def test_honest_package_has_no_flaw() -> None:
    assert find_flaw(signed(), CONTENT, KEYS) is None


def test_changed_content_is_noticed() -> None:
    assert find_flaw(signed(), CONTENT + b" ", KEYS) is Flaw.HASH


@pytest.mark.parametrize(
    "change",
    [
        {"chain": "d"},
        {"ring": "canary"},
        {"generation": 8},
        {"activate_at": "2026-02-01T00:00:00Z"},
        {"signature": "00" * 64},
        {"signature": "zz"},
    ],
)
def test_changed_manifest_is_noticed(change: dict[str, object]) -> None:
    assert find_flaw(replace(signed(), **change), CONTENT, KEYS) is Flaw.SIGNATURE  # type: ignore[arg-type]


def test_foreign_key_is_not_believed() -> None:
    foreign = Ed25519PrivateKey.generate()
    assert find_flaw(signed(foreign), CONTENT, KEYS) is Flaw.SIGNATURE
    assert find_flaw(replace(signed(), key_id="next"), CONTENT, KEYS) is Flaw.KEY_UNKNOWN


def test_fields_cannot_flow_into_each_other() -> None:
    one = signed_bytes(chain="a", ring="b", generation=1, activate_at="x", sha256="y")
    other = signed_bytes(chain="a\nb", ring="1", generation=1, activate_at="x", sha256="y")
    assert one.count(b"\n") == 5
    assert one != other


def test_till_passes_over_a_damaged_generation(tmp_path: Path) -> None:
    till = TillBuilder(tmp_path)
    till.rules(unit_discount("ALT", 1000))
    till.rules(unit_discount("NEU", 5000))
    reader = CacheReader.open(tmp_path)
    assert reader is not None
    with reader:
        newest = reader.generations()[0]
    (tmp_path / "blobs" / newest.sha256).write_bytes(b'{"generation": 2, "promotions": []}')
    with till.open() as plugin:
        sale = plugin.begin_sale()
        sale.add_line(sku="a", unit_price_minor=1000)
        total = sale.evaluate()
        assert (total.generation, total.total_minor) == (1, 900)
        assert [notice.code for notice in total.notices] == [NoticeCode.RULES_DAMAGED]


def test_till_believes_no_foreign_signature(tmp_path: Path) -> None:
    till = TillBuilder(tmp_path)
    till.rules(unit_discount("ALT", 1000))
    till.private_key = Ed25519PrivateKey.generate()
    till.rules(unit_discount("NEU", 5000))
    with till.open() as plugin:
        sale = plugin.begin_sale()
        sale.add_line(sku="a", unit_price_minor=1000)
        assert sale.evaluate().total_minor == 900


def test_generation_waits_for_its_instant(tmp_path: Path) -> None:
    till = TillBuilder(tmp_path)
    till.rules(unit_discount("ALT", 1000))
    till.rules(unit_discount("NEU", 5000), activate_at="2026-03-07T11:30:00Z")
    with till.open() as plugin:
        running = plugin.begin_sale()
        running.add_line(sku="a", unit_price_minor=1000)
        assert running.evaluate().total_minor == 900
        till.clock.advance(seconds=1800)
        # The sale that began before keeps its generation; the next one has the new one.
        running.add_line(sku="a", unit_price_minor=1000)
        assert running.evaluate().total_minor == 1800
        later = plugin.begin_sale()
        later.add_line(sku="a", unit_price_minor=1000)
        assert later.evaluate().total_minor == 500


def test_sale_before_the_first_generation_is_not_told_that_none_was_loaded(tmp_path: Path) -> None:
    till = TillBuilder(tmp_path)
    till.rules(unit_discount("NEU", 5000), activate_at="2026-03-07T11:30:00Z")
    with till.open() as plugin:
        sale = plugin.begin_sale()
        sale.add_line(sku="a", unit_price_minor=1000)
        early = sale.evaluate()
        assert early.total_minor == 1000
        assert [notice.code for notice in early.notices] == [NoticeCode.NO_RULES_THEN]
        till.clock.advance(seconds=1800)
        later = plugin.begin_sale()
        later.add_line(sku="a", unit_price_minor=1000)
        assert later.evaluate().notices == ()
