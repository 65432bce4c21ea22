"""One import from the file to the cache: the way of the command and of the watched folder.

All or nothing: with one wrong line nothing is kept. The same file again finds every row as it is
and keeps nothing.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Protocol

from pos_plugin.clock import utc_text
from pos_plugin.errors import RuleError
from pos_plugin.named_file import read_named
from pos_plugin.promotions.generation import RuleGeneration
from pos_plugin.storage.journal_reader import JournalReader
from pos_plugin.template_package import check_templates
from pos_plugin.validation import read_json
from printers.limits import PAGE_DOTS
from sync_agent.imports import history
from sync_agent.imports.columns import COLUMNS
from sync_agent.imports.covers import take_covers
from sync_agent.imports.forget import erased_marks, forget_corrected_prices
from sync_agent.imports.local_keys import ensure_keys, sign
from sync_agent.imports.one_at_a_time import ImportRefused, alone
from sync_agent.imports.read import BadFile, TableFile
from sync_agent.imports.report import Report
from sync_agent.imports.shelf import RULES, Shelf
from sync_agent.imports.stored import Stored
from sync_agent.imports.tables import take_tables
from sync_agent.imports.take import Taking
from sync_agent.protocol.json_bytes import compact_json
from sync_agent.protocol.limits import BLOB_BYTES_MAX

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from pos_plugin.clock import Clock
    from pos_plugin.config import TillConfig
    from sync_agent.imports.shelf import Draft

COVERS: Final = "covers"
TABLES: Final = "tables"
KINDS: Final = (*COLUMNS, "vouchers", TABLES, RULES)


class Settle(Protocol):
    """Brings everything that stands in ``imports/`` into the cache."""

    def __call__(self) -> None:
        """Return when the cache holds it.

        Raises:
            PosPluginError: it cannot.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What somebody asks to import.

    Args:
        kind: of the file; one of ``KINDS``.
        path: file, of ``covers`` and ``tables`` a folder.
        encoding: of a text file; None = find out.
        names: other headers of this shop to our columns.
        dry_run: only look.
        progress: called with the number of bytes read on.
    """

    kind: str
    path: Path
    encoding: str | None = None
    names: Mapping[str, str] = field(default_factory=dict)
    dry_run: bool = False
    progress: Callable[[int], object] = lambda _bytes: None


def run_import(config: TillConfig, wish: Wish, *, clock: Clock, settle: Settle) -> Report:
    """Import one file, or say what is wrong with it.

    Args:
        config: of the till.
        wish: what to import.
        clock: tells the instant.
        settle: brings the imports into the cache, before and after.

    Raises:
        ImportRefused: this till gets its data from head office, or somebody else imports.
        TableError: the file or the mapping is none.
        StorageError: nothing was changed.
    """
    refuse_with_head_office(config)
    keys = ensure_keys(config.data_dir)
    with alone(config.data_dir):
        settle()
        shelf = Shelf(config.data_dir)
        report = Report(wish.kind, wish.path.name)
        with Stored(config.data_dir) as stored, shelf.draft() as draft:
            package = None
            has_corrected = False
            try:
                if wish.kind == RULES:
                    package = _take_rules(config.data_dir, wish.path, report, shelf, draft, clock)
                else:
                    taking = Taking(
                        report,
                        stored,
                        draft,
                        shop=config.shop,
                        card_key=keys.card_key,
                        erased=erased_marks(shelf),
                        on=clock.now().date(),
                    )
                    _take(
                        taking,
                        wish,
                        config.data_dir,
                        on=clock.now().date(),
                        page_dots=config.paper_dots,
                    )
                    has_corrected = taking.has_corrected_prices
            except BadFile as fault:
                report.add_wrong(*fault.wrong)
            report.taken_at = utc_text(clock.now())
            report.state = _state(report, dry_run=wish.dry_run)
            if report.state == "taken":
                shelf.keep(
                    draft,
                    kind=wish.kind,
                    name=wish.path.name,
                    taken_at=report.taken_at,
                    package=package,
                )
        if report.state == "taken":
            settle()
            if has_corrected:
                forget_corrected_prices(shelf)
        if not wish.dry_run:
            history.add(config.data_dir, report, language=config.language)
    return report


def refuse_with_head_office(config: TillConfig) -> None:
    """Raise ImportRefused when the till gets its data from a head office."""
    if config.head_office is not None:
        raise ImportRefused(
            "this till gets its data from head office",
            hint="Write files for it with --load-files FOLDER, then: "
            "stammkunde head-office load FOLDER",
        )


def _take(
    taking: Taking, wish: Wish, data_dir: Path, *, on: dt.date, page_dots: int = PAGE_DOTS
) -> None:
    if wish.kind == TABLES:
        take_tables(taking, wish.path, on=on, progress=wish.progress)
    elif wish.kind == COVERS:
        take_covers(
            taking,
            wish.path,
            data_dir=data_dir,
            encoding=wish.encoding,
            names=wish.names,
            progress=wish.progress,
            page_dots=page_dots,
        )
    else:
        taking.take(wish.kind, open_table(wish))


def open_table(wish: Wish) -> TableFile:
    """Return the file that somebody wants to import."""
    return TableFile(
        wish.path,
        COLUMNS[wish.kind],
        encoding=wish.encoding,
        names=wish.names,
        progress=wish.progress,
    )


def _state(report: Report, *, dry_run: bool) -> str:
    if report.wrong_count:
        return "refused"
    if dry_run:
        return "dry"
    return "taken" if report.changes else "nothing"


def _take_rules(
    data_dir: Path, path: Path, report: Report, shelf: Shelf, draft: Draft, clock: Clock
) -> dict[str, Any] | None:
    """Number and sign rules that differ from the last ones; return their manifest.

    Raises:
        RuleError: the file is not taken.
    """
    content = read_named(path, path.name, bytes_max=BLOB_BYTES_MAX)
    RuleGeneration.from_json(content)
    document = read_json(content, "", RuleError)
    promotions = document["promotions"] if isinstance(document, dict) else document
    templates = document.get("templates") if isinstance(document, dict) else None
    check_templates(templates)
    wanted = {"promotions": promotions} | ({"templates": templates} if templates else {})
    before = [entry for entry in shelf.entries() if entry.kind == RULES]
    if before and json.loads(shelf.content(before[-1])) | {"generation": 0} == {
        "generation": 0,
        **wanted,
    }:
        report.unchanged = len(promotions) + len(templates or ())
        return None
    generation = 1 + max(
        [_highest_sold_with(data_dir)] + [int((e.package or {})["generation"]) for e in before]
    )
    package = compact_json({"generation": generation, **wanted})
    RuleGeneration.from_json(package)
    draft.add_bytes(package)
    report.new = len(promotions) + len(templates or ())
    return sign(
        data_dir,
        generation=generation,
        activate_at=utc_text(clock.now()),
        sha256=hashlib.sha256(package).hexdigest(),
    ).to_dict()


def _highest_sold_with(data_dir: Path) -> int:
    journal = JournalReader.open(data_dir)
    if journal is None:
        return 0
    with journal:
        return journal.highest_generation()
