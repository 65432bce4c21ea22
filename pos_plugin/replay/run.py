"""Runs past receipts through the plugin, exactly as a till does, and says what they would cost.

1. Nothing is booked before every line of every file has been checked.
2. Each receipt is booked once per folder; the same one again changes nothing, another one under the
   same number is refused before anything is booked.
3. At a till a fault costs a discount and never a sale; here it would cost the truth of the sums, so
   the replay stops at the first one.
4. The sums are those of the booked events, never of what was meant to be booked.
"""

from __future__ import annotations

import datetime as dt
import json
from time import perf_counter, perf_counter_ns
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from pos_plugin.answers import Receipt
from pos_plugin.clock import SettableClock
from pos_plugin.errors import PosPluginError, RuleError, SaleError
from pos_plugin.notices import Refused
from pos_plugin.plugin import Plugin
from pos_plugin.promotions.generation import RuleGeneration
from pos_plugin.replay.compare import Comparison, paired
from pos_plugin.replay.folder import Contents, prepare
from pos_plugin.replay.past import PastReceipt, plain_id
from pos_plugin.replay.summary import Slowest, Summary, Uses
from pos_plugin.storage.journal_reader import JournalReader
from pos_plugin.validation import read_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

AGAINST: Final = "against"
"""Folder of the live rules' receipts, in the folder of the draft's."""

Rules: TypeAlias = tuple[RuleGeneration, bytes]
"""Rules, and the file of them as head office would sign it."""

_EVENTS_AT_ONCE: Final = 200
_BEFORE_ALL: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


class ReplayStopped(PosPluginError):  # noqa: N818 - a state, as the faults of the storage
    """The plugin did not do what a replay needs; what was booked stays booked."""


def read_rules(content: bytes, where: str = "") -> Rules:
    """Return the rules of a file, and the file as head office would sign it.

    Args:
        content: PROMOTIONS.json.
        where: stands before the place in errors, where there are two such files.

    Raises:
        RuleError: naming the first wrong place.
    """
    try:
        value = read_json(content, "", RuleError)
        rules = RuleGeneration.from_value(value)
    except RuleError as error:
        place = ".".join(part for part in (where, error.where) if part)
        raise RuleError(error.code, place, error.message) from None
    # A bare list has no number, and 0 is the list price.
    number = rules.generation or 1
    promotions = value["promotions"] if isinstance(value, dict) else value
    package = {"generation": number, "promotions": promotions}
    return RuleGeneration(rules.promotions, number), json.dumps(
        package, ensure_ascii=False
    ).encode()


def run(
    receipts: Sequence[PastReceipt],
    rules: RuleGeneration,
    package: bytes,
    articles: Sequence[Mapping[str, Any]],
    folder: Path,
    *,
    progress: Callable[[int], object] | None = None,
) -> Summary:
    """Book receipts in a folder and return the sums.

    Args:
        receipts: checked, each sale id once.
        rules: the promotions.
        package: the same as the bytes of a rule file.
        articles: rows of the article master.
        folder: missing, empty, or of an earlier replay with the same rules and articles.
        progress: told how many more receipts are done.

    Raises:
        ConfigError: the folder is not one for this replay.
        SaleError: the folder holds another receipt under the same number.
        ReplayStopped: the plugin refused a receipt or could not use the rules.
        StorageError: the folder cannot be used.
    """
    begin = receipts[0].at if receipts else _BEFORE_ALL
    contents = Contents(generation=rules.generation, rules=package, articles=articles)
    config = prepare(folder, contents, _bare_customers(receipts), at=begin)
    clock = SettableClock(begin)
    with Plugin.open(config, clock=clock) as plugin:
        booked = _booked_before(folder, receipts)
        tell = progress or _nobody
        tell(len(booked))
        slowest: Slowest | None = None
        started = perf_counter()
        for receipt in receipts:
            if receipt.sale_id not in booked:
                clock.set(receipt.at)
                one = _book(plugin, receipt)
                slowest = one if slowest is None or one.time_us > slowest.time_us else slowest
                tell(1)
        seconds = perf_counter() - started
    summary = Summary(
        generation=rules.generation,
        currency=receipts[0].currency if receipts else config.currency,
        booked=len(receipts) - len(booked),
        seconds=seconds,
        per_promotion={promotion.id: Uses() for promotion in rules.promotions},
        slowest=slowest,
    )
    wanted = {receipt.sale_id for receipt in receipts}
    for body in _sales(folder):
        if body["receipt"]["sale_id"] in wanted:
            summary.add(body)
    if summary.receipts != len(receipts):
        raise ReplayStopped(f"{summary.receipts} of {len(receipts)} receipts are in the journal")
    return summary


def run_against(
    receipts: Sequence[PastReceipt],
    draft: Rules,
    live: Rules,
    articles: Sequence[Mapping[str, Any]],
    folder: Path,
    *,
    progress: Callable[[int], object] | None = None,
) -> Comparison:
    """Book receipts under a draft and under the live rules, and return both and what differs.

    Args:
        receipts: checked, each sale id once.
        draft: of ``read_rules``.
        live: of ``read_rules``; its receipts are booked in the folder ``against`` in the other.
        articles: rows of the article master.
        folder: as for ``run``.
        progress: told how many more receipts are done, each receipt twice.

    Raises:
        PosPluginError: as ``run``.
    """
    against = folder / AGAINST
    comparison = Comparison(
        run(receipts, *draft, articles, folder, progress=progress),
        run(receipts, *live, articles, against, progress=progress),
    )
    wanted = {receipt.sale_id for receipt in receipts}
    for one, other in paired(_sales(folder), _sales(against)):
        if one["receipt"]["sale_id"] in wanted:
            comparison.add(one, other)
    return comparison


def _nobody(_done: int) -> None:
    """Nobody watches."""


def _bare_customers(receipts: Sequence[PastReceipt]) -> Iterator[str]:
    """Yield the customers that are named by their id alone: the till has to know them."""
    for receipt in receipts:
        customer = receipt.snapshot.get("customer")
        if customer and list(customer) == ["id"]:
            yield customer["id"]


def _book(plugin: Plugin, receipt: PastReceipt) -> Slowest:
    """Book a receipt and return how long its evaluation took."""
    started_ns = perf_counter_ns()
    evaluation = plugin.sales.evaluate(receipt.snapshot)
    time_us = (perf_counter_ns() - started_ns) // 1000
    if isinstance(evaluation, Refused) or evaluation.notices:
        said = (evaluation,) if isinstance(evaluation, Refused) else evaluation.notices
        codes = ", ".join(one.code for one in said)
        raise ReplayStopped(
            f"{receipt.sale_id} could not be evaluated: {codes}",
            hint="The log above says why; the receipts before it are booked.",
        )
    completion = {
        "evaluation_id": evaluation.evaluation_id,
        "total_minor": evaluation.total_minor,
        "receipt_number": plain_id(receipt.sale_id),
    }
    answer = plugin.sales.complete(receipt.sale_id, completion)
    if not isinstance(answer, Receipt):
        raise ReplayStopped(
            f"{receipt.sale_id} could not be booked: {answer.code}",
            hint="The log above says why; the receipts before it are booked.",
        )
    return Slowest(
        receipt=plain_id(receipt.sale_id),
        lines=len(receipt.snapshot["lines"]),
        time_us=time_us,
        steps=evaluation.result.diagnostics.steps,
    )


def _booked_before(folder: Path, receipts: Sequence[PastReceipt]) -> set[str]:
    places = {receipt.sale_id: place for place, receipt in enumerate(receipts)}
    booked: set[str] = set()
    for body in _sales(folder):
        sale_id = body["receipt"]["sale_id"]
        if sale_id not in places:
            continue
        if _essence(body) != _essence_of(receipts[places[sale_id]]):
            raise SaleError(
                "duplicate_id",
                sale_id,
                f"the folder {folder} holds another receipt under this number",
            )
        booked.add(sale_id)
    return booked


def _essence(body: Mapping[str, Any]) -> tuple[object, ...]:
    """Return what makes a receipt this receipt, from its event."""
    receipt = body["receipt"]
    return dt.datetime.fromisoformat(receipt["at"]), receipt["customer"], _lines(body["lines"])


def _essence_of(receipt: PastReceipt) -> tuple[object, ...]:
    customer = receipt.snapshot.get("customer")
    return receipt.at, customer["id"] if customer else None, _lines(receipt.snapshot["lines"])


def _lines(lines: Sequence[Mapping[str, Any]]) -> list[tuple[object, ...]]:
    names = ("line_id", "sku", "quantity_milli", "unit_price_minor")
    return [tuple(line[name] for name in names) for line in lines]


def _sales(folder: Path) -> Iterator[dict[str, Any]]:
    """Yield the bodies of all completed sales of a folder."""
    reader = JournalReader.open(folder)
    if reader is None:
        return
    with reader:
        seq = 0
        while events := reader.events_after(seq, _EVENTS_AT_ONCE):
            seq = events[-1].seq
            for event in events:
                envelope = json.loads(event.line)
                if envelope["kind"] == "sale_completed":
                    yield envelope["body"]
