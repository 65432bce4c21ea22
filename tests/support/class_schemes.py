"""Schemes of customer classes for tests: as a shop would write them."""

from __future__ import annotations

from typing import Any

from pos_plugin.loyalty.class_scheme import ClassScheme, read_scheme

YEAR = {"kind": "rolling_days", "days": 365}
BY_RENTALS: list[dict[str, Any]] = [
    {"code": "A", "rank": 1, "count_min": 31},
    {"code": "B", "rank": 2, "count_min": 11, "count_max": 30},
    {"code": "C", "rank": 3, "count_min": 3, "count_max": 10},
]
BY_SHARE: list[dict[str, Any]] = [
    {"code": "A", "rank": 1, "share_to_bp": 8_000},
    {"code": "B", "rank": 2, "share_to_bp": 9_500},
    {"code": "C", "rank": 3, "share_to_bp": 10_000},
]


def scheme_value(**more: Any) -> dict[str, Any]:
    """Return a scheme by rentals in 365 days as it stands in a file."""
    return {
        "code": "abc",
        "revision": 1,
        "since_on": "2026-01-01",
        "window": YEAR,
        "metrics": ["rentals"],
        "classes": BY_RENTALS,
        **more,
    }


def scheme(**more: Any) -> ClassScheme:
    """Return the scheme read."""
    return read_scheme(scheme_value(**more), "scheme")


def share_scheme_value(**more: Any) -> dict[str, Any]:
    """Return A to 80 %, B to 95 % of the turnover, as it stands in a file."""
    return scheme_value(**{"metrics": ["turnover"], "method": "share", "classes": BY_SHARE, **more})


def share_scheme(**more: Any) -> ClassScheme:
    """Return it read."""
    return read_scheme(share_scheme_value(**more), "scheme")
