"""A comparison as tables: the sums of both sides, every promotion, the greatest changes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pos_plugin.replay.summary import Uses, amount_text
from pos_plugin.units import divide_half_up

if TYPE_CHECKING:
    from pos_plugin.replay.compare import Change, Comparison
    from pos_plugin.replay.summary import Summary

_FACT_WIDE: Final = 20
_SIDE_WIDE: Final = 28
_NO_USES: Final = Uses()


def comparison_text(both: Comparison) -> str:
    """Return the tables a person reads."""
    parts = [_facts(both), _promotions(both)]
    if both.top:
        parts.append(_top(both.top))
    return "\n\n".join("\n".join(part) for part in parts)


def _facts(both: Comparison) -> list[str]:
    live, draft = both.live, both.draft
    accounts = sorted({*live.earned, *draft.earned})
    rows = [
        ("", "live", "draft"),
        ("generation", str(live.generation), str(draft.generation)),
        ("discount", _discount(live), _discount(draft)),
        ("total", amount_text(live.total_minor), amount_text(draft.total_minor)),
        *(
            (f"earned {a}", str(live.earned.get(a, 0)), str(draft.earned.get(a, 0)))
            for a in accounts
        ),
        ("proven lowest", live.proven_text, draft.proven_text),
        ("slowest evaluation", live.slowest_text, draft.slowest_text),
    ]
    changed = (
        f"{both.changed}: {both.cheaper} cheaper for the customer, {both.dearer} dearer, "
        f"{both.changed - both.cheaper - both.dearer} at the same total"
    )
    return [
        f"{'receipts':<{_FACT_WIDE}}{draft.receipts}, {draft.lines} lines",
        f"{'gross':<{_FACT_WIDE}}{amount_text(draft.gross_minor)} {draft.currency}",
        f"{'discount change':<{_FACT_WIDE}}{_signed(both.discount_rise_minor)} {draft.currency}",
        f"{'changed receipts':<{_FACT_WIDE}}{changed}",
        "",
        *(
            f"{name:<{_FACT_WIDE}}{one:>{_SIDE_WIDE}}  {other:>{_SIDE_WIDE}}"
            for name, one, other in rows
        ),
    ]


def _discount(side: Summary) -> str:
    share_bp = divide_half_up(side.discount_minor * 10_000, side.sold_minor or 1)
    return f"{amount_text(side.discount_minor)} ({amount_text(share_bp)} %)"


def _promotions(both: Comparison) -> list[str]:
    wide = max([len("promotion"), *map(len, both.promotions)])
    table = [
        f"{'promotion':<{wide}}  receipts live    draft  discount live         draft        change"
    ]
    for name in both.promotions:
        live, draft = (side.per_promotion.get(name) for side in (both.live, both.draft))
        rise_minor = (draft or _NO_USES).discount_minor - (live or _NO_USES).discount_minor
        cells = (
            f"{live.receipts if live else '-':>13}",
            f"{draft.receipts if draft else '-':>7}",
            f"{amount_text(live.discount_minor) if live else '-':>13}",
            f"{amount_text(draft.discount_minor) if draft else '-':>12}",
            f"{_signed(rise_minor):>12}",
        )
        table.append(f"{name:<{wide}}  {'  '.join(cells)}")
    return table


def _top(changes: list[Change]) -> list[str]:
    wide = max([len("receipt"), *(len(one.receipt) for one in changes)])
    table = [f"{'receipt':<{wide}}  discount live         draft        change  promotions"]
    table += [
        f"{one.receipt:<{wide}}  {amount_text(one.live_minor):>13}"
        f"  {amount_text(one.draft_minor):>12}  {_signed(one.rise_minor):>12}  {_shift(one)}"
        for one in changes
    ]
    return table


def _shift(change: Change) -> str:
    """Return what the promotions gave before and give now, where it differs."""
    return ", ".join(
        f"{name} {amount_text(before)} → {amount_text(now)}"
        for name in sorted({*change.live, *change.draft})
        if (before := change.live.get(name, 0)) != (now := change.draft.get(name, 0))
    )


def _signed(minor: int) -> str:
    """Return an amount with its sign.

    >>> _signed(150), _signed(-5), _signed(0)
    ('+1.50', '-0.05', '0.00')
    """
    return ("+" if minor > 0 else "") + amount_text(minor)
