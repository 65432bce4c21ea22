"""Makes the files of ``stammkunde head-office load`` out of a shop's file."""

from __future__ import annotations

import json
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Final

from pos_plugin.named_file import written_whole
from sync_agent.imports.columns import COLUMNS
from sync_agent.imports.read import BadFile, TableFile
from sync_agent.imports.report import Report
from sync_agent.imports.take import join_name
from sync_agent.imports.wrong import TableError, WrongCell, WrongCode
from sync_agent.master_data import check_file_row

if TYPE_CHECKING:
    from pathlib import Path

    from sync_agent.imports.run import Wish

KINDS: Final = ("articles", "customers")


def write_load_files(wish: Wish, folder: Path, *, shop: str) -> Report:
    """Write ``article.jsonl``, or ``customer.jsonl`` and ``card.jsonl``, or nothing at all.

    Args:
        wish: articles or customers; ``dry_run`` writes nothing.
        folder: made when it is missing.
        shop: home shop of customers without one.

    Raises:
        TableError: the kind has no such file.
    """
    if wish.kind not in KINDS:
        raise TableError("unknown_word", "--load-files", f"is for {' and '.join(KINDS)}")
    report = Report(wish.kind, wish.path.name)
    files: dict[str, list[str]] = {}
    try:
        table = TableFile(
            wish.path,
            COLUMNS[wish.kind],
            encoding=wish.encoding,
            names=wish.names,
            progress=wish.progress,
        )
        for record in table.records():
            if record.wrong is not None:
                report.add_wrong(*record.wrong)
                continue
            column = ""
            try:
                given: dict[str, Any] = {}
                for known, cell in record.cells:
                    column = known.name
                    given[known.field] = known.read(cell) if cell else known.empty
                for name, row in _rows(wish.kind, given, shop):
                    check_file_row(name, row, "", TableError)
                    files.setdefault(name, []).append(json.dumps(row, ensure_ascii=False))
                report.new += 1
            except WrongCell as fault:
                report.add_wrong(record.line, fault.column or column, fault.code)
            except TableError as fault:
                code = WrongCode.MISSING if fault.code == "missing" else WrongCode.OUT_OF_RANGE
                report.add_wrong(record.line, fault.where, code)
        report.passed_over = table.header.passed_over
    except BadFile as fault:
        report.add_wrong(*fault.wrong)
    if report.wrong_count:
        report.state = "refused"
    elif not wish.dry_run:
        folder.mkdir(parents=True, exist_ok=True)
        with ExitStack() as stack:
            # Kept until all are written: a card names its customer.
            for name, lines in files.items():
                place = stack.enter_context(written_whole(folder / f"{name}.jsonl"))
                place.write_text("\n".join(lines) + "\n", encoding="utf-8")
        report.state = "taken"
    return report


def _rows(kind: str, given: dict[str, Any], shop: str) -> list[tuple[str, dict[str, Any]]]:
    if kind == "articles":
        return [("article", given)]
    join_name(given)
    card = given.pop("card", None)
    customer = given.get("id") or given.get("number")
    if not customer:
        raise WrongCell(WrongCode.MISSING, "id")
    row = {"home_shop": shop, "number": customer, **given, "id": customer}
    cards = [("card", {"code": card, "customer": customer})] if card else []
    return [("customer", row), *cards]
