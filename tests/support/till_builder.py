"""Builds the data folder of a till through the real writers: keys, signed rules, articles, people.

till = TillBuilder(tmp_path / "till")
till.rules(unit_discount("HOSEN20", 2000))
till.article("4711", 7999, categories=["hosen"])
till.customer("K100", card="2900000000018", segments=["abc:C"])
with till.open() as plugin: ...
"""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from made_files import have_cache, have_journal

from pos_plugin import Plugin
from pos_plugin.card_hash import card_hash
from pos_plugin.clock import SettableClock
from pos_plugin.rule_package import Manifest, signed_bytes
from pos_plugin.storage.blobs import write_blob
from pos_plugin.storage.cache_reader import CacheReader
from pos_plugin.storage.cache_writer import CacheWriter

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

NOON = dt.datetime(2026, 3, 7, 12, 0, tzinfo=dt.timezone(dt.timedelta(hours=1)))
SHOP = "001"
BUCKET = f"shop:{SHOP}"
CARD_KEY = bytes(range(16))


@dataclass(frozen=True)
class Put:
    """A row of a page."""

    table: str
    row: Mapping[str, Any]
    log_seq: int
    op: str = "P"


@dataclass(frozen=True)
class BuiltPage:
    """A page of the bucket's log."""

    after: int
    changes: tuple[Put, ...]
    checkpoint: int
    bucket: str = BUCKET
    bucket_epoch: int = 1


@dataclass
class TillBuilder:
    """A data folder that grows call by call; every call is one page or one package."""

    data_dir: Path
    clock: SettableClock = field(default_factory=lambda: SettableClock(NOON))
    printer: bool = False
    language: str = "de"
    budget_ms: int = 30_000
    private_key: Ed25519PrivateKey = field(
        default_factory=lambda: Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
    )
    generation: int = 0

    def __post_init__(self) -> None:
        self.data_dir.mkdir(parents=True, exist_ok=True)
        public = self.private_key.public_key().public_bytes(
            serialization.Encoding.Raw, serialization.PublicFormat.Raw
        )
        keys = {
            "till_token": "t" * 43,
            "card_key": CARD_KEY.hex(),
            "rule_keys": [{"key_id": "current", "public_key": public.hex()}],
            "head_office": "http://127.0.0.1:9",
        }
        (self.data_dir / "keys.json").write_text(json.dumps(keys), encoding="utf-8")
        text = f'shop = "{SHOP}"\ntill = "3"\nlanguage = "{self.language}"\n'
        # A loaded machine must not turn a test of meaning into one of speed.
        budget = f"scan = {self.budget_ms}\nevaluate = {self.budget_ms}\n"
        text += f"[budget_ms]\n{budget}complete = {self.budget_ms}\n"
        if self.printer:
            text += '[[printer]]\nname = "bon"\ntransport = "simulator"\n'
        self.config_path.write_text(text, encoding="utf-8")

    @property
    def config_path(self) -> Path:
        """The settings file."""
        return self.data_dir / "till.toml"

    def open(self) -> Plugin:
        """Return the plugin on this folder; the caller closes it."""
        have_journal(self.data_dir)
        return Plugin.open(self.config_path, clock=self.clock)

    def rules(
        self, *promotions: Mapping[str, Any], activate_at: str = "2020-01-01T00:00:00Z"
    ) -> int:
        """Publish, sign and accept the next generation; return its number."""
        self.generation += 1
        content = json.dumps({"generation": self.generation, "promotions": list(promotions)})
        sha256 = write_blob(self.data_dir, content.encode())
        have_cache(self.data_dir)
        with CacheWriter.open(self.data_dir) as cache:
            cache.store_generation(
                self.sign(sha256, activate_at=activate_at), accepted_at=self.clock.now()
            )
        return self.generation

    def sign(self, sha256: str, *, activate_at: str = "2020-01-01T00:00:00Z") -> Manifest:
        """Return the signed manifest of the current generation number."""
        signature = self.private_key.sign(
            signed_bytes(
                chain="test",
                ring="all",
                generation=self.generation,
                activate_at=activate_at,
                sha256=sha256,
            )
        )
        return Manifest(
            chain="test",
            ring="all",
            generation=self.generation,
            activate_at=activate_at,
            sha256=sha256,
            key_id="current",
            signature=signature.hex(),
        )

    def put(self, table: str, **row: Any) -> None:
        """Apply one row as the next page of the bucket."""
        self.apply((table, row))

    def remove(self, table: str, **key_and_reason: Any) -> None:
        """Take one row out with the next page of the bucket."""
        self.apply((table, key_and_reason), op="R")

    def apply(self, *rows: tuple[str, Mapping[str, Any]], op: str = "P") -> None:
        """Apply rows as the next page of the bucket."""
        reader = CacheReader.open(self.data_dir)
        cursor = None
        if reader is not None:
            with reader:
                cursor = reader.cursor(BUCKET)
        after = cursor.position if cursor else 0
        changes = tuple(
            Put(table, row, after + number, op) for number, (table, row) in enumerate(rows, 1)
        )
        page = BuiltPage(after=after, changes=changes, checkpoint=after + len(changes))
        have_cache(self.data_dir)
        with CacheWriter.open(self.data_dir) as cache:
            assert cache.apply_page(page, at=self.clock.now())

    def article(self, sku: str, unit_price_minor: int, **facts: Any) -> None:
        """Put an article."""
        row = {
            "sku": sku,
            "name": facts.pop("name", f"Artikel {sku}"),
            "categories": [],
            "brand": None,
            "season": None,
            "tags": [],
            "unit_price_minor": unit_price_minor,
            "markdown": False,
            "vat_rate_bp": 1900,
            "discountable": True,
        }
        self.apply(("article", {**row, **facts}))

    def customer(
        self,
        customer: str,
        *,
        card: str | None = None,
        segments: Sequence[str] = (),
        card_status: str = "active",
        card_rate_bp: int = 0,
        **facts: Any,
    ) -> None:
        """Put a customer, the segments it is in (bits in the order they first appear), a card."""
        rows: list[tuple[str, Mapping[str, Any]]] = []
        bits = 0
        for segment in segments:
            if segment not in _BITS:
                _BITS[segment] = len(_BITS)
            rows.append(("segment_bit", {"bit": _BITS[segment], "segment": segment}))
            bits |= 1 << _BITS[segment]
        row = {
            "id": customer,
            "number": customer.strip("K") or "1",
            "name": f"Kundin {customer}",
            "birthday_on": None,
            "home_shop": SHOP,
            "status": "active",
            "instant_discount_bp": 0,
            "discount_group": None,
            "tier": None,
            "segment_bits": bits,
            "limit_left_minor": None,
        }
        rows.append(("customer", {**row, **facts}))
        if card is not None:
            rows.append(
                (
                    "card",
                    {
                        "code_hash": card_hash(card, CARD_KEY).hex(),
                        "symbology": "ean13",
                        "customer": customer,
                        "role": "main",
                        "status": card_status,
                        "replaced_by": None,
                        "instant_discount_bp": card_rate_bp,
                    },
                )
            )
        self.apply(*rows)

    def program(self, code: str = "points", unit: str = "POINTS", **facts: Any) -> None:
        """Put a points or bonus programme."""
        row = {
            "code": code,
            "unit": unit,
            "maturity_days": 0,
            "expiry": "none",
            "payout_threshold": 0,
            "payout_voucher_type": None,
            "payout_denominations": [],
            "liability": "future_discount",
        }
        self.put("program", **{**row, **facts})

    def balance(
        self, customer: str, value: int, *, program: str = "points", **lot: str | None
    ) -> None:
        """Put a balance of one lot, as head office sends it."""
        days = {"matures_on": "2026-01-01", "expires_on": None, "taken_on": None, **lot}
        self.put(
            "balance",
            customer=customer,
            program=program,
            value=value,
            lots=[{"id": f"lot-{customer}-{program}", "left": value, **days}] if value else [],
            as_of="2026-03-07T08:00:00.000Z",
            folded=[],
        )

    def earn_trigger(self, event: str, points: int, **conditions: Any) -> None:
        """Put what an event earns in points."""
        self.put(
            "earn_trigger", event=event, program="points", points=points, conditions=conditions
        )

    def reward(self, code: str, points: int, kind: str = "event", **facts: Any) -> None:
        """Put a reward of the catalogue."""
        row = {
            "code": code,
            "program": "points",
            "kind": kind,
            "label": {"de": f"Prämie {code}", "en": f"Reward {code}"},
            "points": points,
            "value_minor": None,
            "min_points": 0,
            "sku": None,
            "voucher_type": None,
            "valid_from_on": None,
            "valid_to_on": None,
            "stock": None,
            "limit_per_customer": None,
        }
        self.put("reward", **{**row, **facts})

    def voucher_type(self, code: str = "TREUE5", **facts: Any) -> None:
        """Put a kind of voucher: 30 days, bound to the customer."""
        row = {
            "code": code,
            "legal_kind": "promo",
            "effect": {"label": {"de": "5 EUR Rabatt", "en": "5 EUR off"}},
            "conditions": {"text": {"de": "Ab 20 EUR Einkauf.", "en": "From 20 EUR on."}},
            "validity": {"days": 30},
            "customer_bound": True,
            "transferable": False,
            "multi_use": False,
            "partial": False,
            "offline_scope": "shop",
            "offline_cap_minor": 1000,
            "layout": {"title": {"de": "Danke!", "en": "Thank you!"}},
            "code_scheme": "crockford",
            "vat_rate_bp": None,
            "interval_days": None,
            "per_year_max": None,
        }
        self.put("voucher_type", **{**row, **facts})

    def voucher(self, voucher: str, code_hash: bytes, **facts: Any) -> None:
        """Put a voucher as head office knows it, or another till left it."""
        row = {
            "code_hash": code_hash.hex(),
            "id": voucher,
            "type": "TREUE5",
            "legal_kind": "promo",
            "customer": None,
            "customer_bound": False,
            "state": "issued",
            "value_minor": None,
            "balance_minor": None,
            "uses": int(facts.get("state") == "redeemed"),
            "redeemed_on": None,
            "redeemed_till": None,
            "valid_from_on": "2026-01-01",
            "valid_to_on": "2026-12-31",
            "shop": "001",
            "till": "4",
            "folded": [],
        }
        self.put("voucher", **{**row, **facts})

    def trigger(
        self,
        event: str = "sale_completed",
        voucher_type: str = "TREUE5",
        segment: str | None = "abc:C",
    ) -> None:
        """Put an event trigger, for members of a segment or for everybody."""
        conditions = {"in_segment": {"any_of": [segment]}} if segment else {}
        self.put("event_trigger", event=event, voucher_type=voucher_type, conditions=conditions)


_BITS: dict[str, int] = {}


def card_number(number: int) -> str:
    """Return a card number: 29, ten digits, EAN-13 check digit."""
    digits = f"29{number:010d}"
    weighted = sum(int(digit) * (3 if index % 2 else 1) for index, digit in enumerate(digits))
    return digits + str(-weighted % 10)


def unit_discount(promotion: str, bp: int, **more: Any) -> dict[str, Any]:
    """Return a promotion: so many percent on every unit."""
    return {
        "id": promotion,
        "label": {"de": f"{bp // 100} % auf alles", "en": f"{bp // 100}% off"},
        "layer": "article",
        "offer": {"kind": "unit_discount", "benefit": {"type": "percent", "bp": bp}},
        **more,
    }


def voucher_promotion(series: str = "TREUE5", minor: int = 500) -> dict[str, Any]:
    """Return a promotion: so much off the receipt against a coupon."""
    return {
        "id": f"GUTSCHEIN_{series}",
        "label": {"de": "Gutschein", "en": "Voucher"},
        "layer": "receipt",
        "when": [{"type": "coupon", "series": series}],
        "offer": {
            "kind": "receipt_discount",
            "tiers": [{"min_value_minor": 0, "benefit": {"type": "amount_off", "minor": minor}}],
        },
    }


def points(account: str = "points") -> dict[str, Any]:
    """Return a promotion: one point per euro."""
    return {
        "id": "BASIS",
        "layer": "earn",
        "offer": {"kind": "earn", "account": account, "per_value_minor": 100, "points": 1},
    }
