"""Titles that come soon, as a voucher shows them to bring its customer back."""

from __future__ import annotations

from typing import NamedTuple


class ComingTitle(NamedTuple):
    """A title; ``picture`` is the SHA-256 of a PBM file, the price in minor units (cents)."""

    title: str
    start_on: str
    price_minor: int | None = None
    picture: str | None = None
