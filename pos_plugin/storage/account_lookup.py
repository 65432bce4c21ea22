"""What the cache says of accounts: programmes and the catalogue of rewards."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from pos_plugin.loyalty.program_terms import Program, Terms
from pos_plugin.loyalty.rewards import Reward, RewardKind

if TYPE_CHECKING:
    from pos_plugin.storage.cache_reader import CacheReader

_REWARD: Final = (
    "SELECT code, program, kind, label, points, value_minor, min_points, sku, voucher_type, "
    "valid_from_on, valid_to_on, stock, limit_per_customer FROM reward"
)
_KINDS: Final = frozenset(kind.value for kind in RewardKind)


def programs(cache: CacheReader) -> dict[str, Program]:
    """Return every programme by its code, in the order of the codes."""
    rows = cache.rows(
        "SELECT code, unit, maturity_days, expiry, payout_threshold, payout_voucher_type, "
        "payout_denominations FROM program ORDER BY code"
    )
    return {
        code: Program(
            code=code,
            unit=unit,
            terms=Terms(maturity_days, expiry),
            payout_threshold=threshold,
            payout_voucher_type=voucher_type,
            payout_denominations=tuple(json.loads(denominations)),
        )
        for code, unit, maturity_days, expiry, threshold, voucher_type, denominations in rows
    }


def reward(cache: CacheReader, code: str) -> Reward | None:
    """Return a reward; None for one that is not in the catalogue or of a kind not known here."""
    rows = cache.rows(f"{_REWARD} WHERE code = ?", code)
    return _reward(rows[0]) if rows else None


def rewards(cache: CacheReader) -> list[Reward]:
    """Return the catalogue, the cheapest first."""
    found = [_reward(row) for row in cache.rows(f"{_REWARD} ORDER BY points, code")]
    return [one for one in found if one is not None]


class EarnTrigger(NamedTuple):
    """What an event earns, and under which conditions."""

    program: str
    points: int
    conditions: dict[str, Any]


def earn_triggers(cache: CacheReader, event: str) -> list[EarnTrigger]:
    """Return what an event earns."""
    rows = cache.rows(
        "SELECT program, points, conditions FROM earn_trigger WHERE event = ? ORDER BY program",
        event,
    )
    return [EarnTrigger(program, points, json.loads(text)) for program, points, text in rows]


def _reward(row: Any) -> Reward | None:  # noqa: ANN401 - a row of SQLite
    code, program, kind, label, points, value_minor, min_points, sku, voucher_type = row[:9]
    if kind not in _KINDS:
        return None
    return Reward(
        code=code,
        program=program,
        kind=RewardKind(kind),
        label=json.loads(label),
        points=points,
        value_minor=value_minor,
        min_points=min_points,
        sku=sku,
        voucher_type=voucher_type,
        valid_from_on=row[9],
        valid_to_on=row[10],
        stock=row[11],
        limit_per_customer=row[12],
    )
