"""How long an owner waits for the pages of head office, and how large they are."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from children import child
from table import Row, at_most

FIRST_MS: Final = 300
PAGE_BYTES: Final = 100_000


def pages() -> list[Row]:
    """The first page of a fresh server and of one that runs; the slowest page, the largest."""
    with TemporaryDirectory() as name:
        found = child("office.py", Path(name) / "site")
    much = f"{found['promotions']} promotions in the tills"
    return [
        at_most(
            "owner's page: first page, server just started", found["first_ms"], FIRST_MS, "ms", much
        ),
        at_most(
            "owner's page: first page, p99",
            found["p99_ms"],
            FIRST_MS,
            "ms",
            f"p50 {found['p50_ms']} ms",
        ),
        at_most(
            "owner's page: a name that no customer has",
            found["sought_ms"],
            FIRST_MS,
            "ms",
            f"among {found['customers']} customers",
        ),
        Row("owner's page: slowest page", f"{found['slowest_ms']} ms", found["slowest"]),
        at_most(
            "owner's page: largest page with its files", found["largest_bytes"], PAGE_BYTES, "bytes"
        ),
    ]
