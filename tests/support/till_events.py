"""Event lines as a till writes them, for tests that have no till."""

from __future__ import annotations

import json
import uuid
from typing import Any

EPOCH = 77


def sale_event(
    seq: int,
    *,
    epoch: int = EPOCH,
    uid: str | None = None,
    customer: str | None = "K1",
    points: int = 10,
    **changed: Any,
) -> bytes:
    """A completed sale of 79.99 EUR that earns points."""
    uid = uid or str(uuid.UUID(int=(epoch << 32) + seq))
    entries = (
        [
            {"customer": customer, "key": "points", "delta": points},
            {"customer": customer, "key": "uses:HOSEN20", "delta": 1},
        ]
        if customer
        else []
    )
    ledger = [
        {
            "id": f"{uid}:{n}",
            "customer": customer,
            "program": "points",
            "kind": "earn",
            "delta": d,
            "lot": f"{uid}:{n}",
            "matures_on": "2026-03-07",
            "expires_on": None,
        }
        for n, d in enumerate([points] if customer else [])
    ]
    event: dict[str, Any] = {
        "epoch": epoch,
        "seq": seq,
        "uid": uid,
        "kind": "sale_completed",
        "schema": 1,
        "occurred_at": "2026-03-07T14:12:00.000Z",
        "touches": [customer] if customer else [],
        "body": {
            "shop": "001",
            "till": "3",
            "receipt": {
                "sale_id": f"sale-{epoch}-{seq}",
                "receipt_number": str(seq),
                "customer": customer,
                "business_on": "2026-03-07",
                "generation": 1,
                "gross_minor": 7999,
                "discount_minor": 1600,
                "total_minor": 6399,
                "charged_differs": False,
            },
            "lines": [
                {
                    "line_id": "1",
                    "sku": "4711",
                    "quantity_milli": 1000,
                    "gross_minor": 7999,
                    "discount_minor": 1600,
                    "paid_minor": 6399,
                    "vat_rate_bp": 1900,
                }
            ],
            "entries": entries,
            "ledger": ledger,
        },
    }
    event.update(changed)
    return json.dumps(event).encode()


def batch(*lines: bytes) -> bytes:
    """Lines as one body."""
    return b"".join(line + b"\n" for line in lines)
