"""The face of the plugin, and the one place that turns faults into notices.

The plugin advises and never vetoes: whatever goes wrong inside, the sale goes on at list price.
Raised into the host are only ``MisuseError`` (a broken contract) and ``SaleError`` (a snapshot that
is no sale, with its place); ``open`` may also raise ``ConfigError`` and ``StorageError``, each with
one sentence that says what to do.
"""

from __future__ import annotations

import logging
from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING, Any, TypeVar

import native
from pos_plugin.answers import Evaluation, Receipt, Scanned
from pos_plugin.clock import SystemClock
from pos_plugin.config import TillConfig, read_config
from pos_plugin.errors import InputError, MisuseError, StorageError
from pos_plugin.keys import read_keys
from pos_plugin.notices import Notice, NoticeCode, Refusal, Refused
from pos_plugin.prints import Prints
from pos_plugin.rule_shelf import RuleShelf
from pos_plugin.sale import Sale
from pos_plugin.storage.current_cache import CurrentCache
from pos_plugin.storage.journal_writer import JournalWriter
from pos_plugin.till import Till
from pos_plugin.uids import new_uid
from pos_plugin.version import __version__

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from types import TracebackType
    from typing import Self

    from pos_plugin.clock import Clock
    from printers.ports import JobChange

_log = logging.getLogger("pos_plugin")

Answer = TypeVar("Answer")


class Plugin:
    """Promotions and loyalty inside one till; made by ``Plugin.open``."""

    def __init__(
        self,
        till: Till,
        journal: JournalWriter,
        cache: CurrentCache,
        prints: Prints,
        *,
        config: TillConfig,
        clock: Clock,
    ) -> None:
        self._till = till
        self._journal = journal
        self._cache = cache
        self._clock = clock
        self._lock = RLock()
        self._closed = False
        self.config = config
        self.prints = prints

    @classmethod
    def open(cls, settings: str | Path | TillConfig, *, clock: Clock | None = None) -> Plugin:
        """Return the plugin of a till, ready to sell.

        Args:
            settings: path of ``till.toml``, or the settings themselves (``data_dir`` absolute).
            clock: tells the time; the machine's own when missing.

        Raises:
            ConfigError: ``till.toml`` or ``keys.json`` cannot be taken.
            StorageError: the journal cannot be opened; nothing was changed.
        """
        config = settings if isinstance(settings, TillConfig) else read_config(Path(settings))
        clock = clock or SystemClock()
        keys = read_keys(config.data_dir)
        journal = JournalWriter.open(config.data_dir, at=clock.now())
        cache = CurrentCache(config.data_dir)
        prints = Prints(
            journal,
            clock,
            config.data_dir,
            config.printer[0] if config.printer else None,
            on_change=_log_change,
            on_fault=_log_fault,
        )
        till = Till(
            config=config,
            clock=clock,
            journal=journal,
            cache=cache,
            rules=RuleShelf(config.data_dir, keys),
            keys=keys,
        )
        plugin = cls(till, journal, cache, prints, config=config, clock=clock)
        plugin._guarded(prints.start_if_needed, lambda _fault: None)
        return plugin

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop printing and let go of both files; sales not completed are the till's own."""
        self.prints.stop()
        with self._lock:
            if not self._closed:
                self._closed = True
                self._cache.close()
                self._journal.close()

    def begin_sale(
        self,
        sale_id: str | None = None,
        *,
        cashier: str | None = None,
        rights: Sequence[str] | frozenset[str] | set[str] = (),
    ) -> Sale:
        """Return a new open sale.

        Args:
            sale_id: the host's own id; made here when missing.
            cashier: number of the cashier, for the receipt.
            rights: what this cashier may, for example ``override_expired_voucher``.
        """
        snapshot: dict[str, Any] = {
            "sale_id": sale_id or str(new_uid(self._clock.now())),
            "lines": [],
        }
        if cashier is not None:
            snapshot["cashier"] = cashier
        if rights:
            snapshot["rights"] = sorted(rights)
        return self._sale(snapshot)

    def scan(self, code: str) -> Scanned | Refused:
        """Say what a code is: a card with customer and panel, a voucher, an article."""
        return self._guarded(
            lambda: self._till.scan(code), lambda _fault: Refused(Refusal.PLUGIN_FAULT)
        )

    def evaluate(self, snapshot: Mapping[str, Any]) -> Evaluation:
        """Return what a sale costs now and every effect that now holds.

        Args:
            snapshot: the whole basket (promotions.md §3 plus ``cashier``, ``rights``,
                ``generation``, ``codes``).

        Raises:
            SaleError: the snapshot is no sale; names the place.
        """
        return self._guarded(
            lambda: self._till.evaluate(snapshot),
            lambda fault: self._till.evaluate_at_list_price(snapshot, notice=_notice_of(fault)),
        )

    def complete(
        self,
        sale_id: str,
        completion: Mapping[str, Any],
        *,
        snapshot: Mapping[str, Any] | None = None,
    ) -> Receipt | Refused:
        """Book a sale with what was really charged, once; durable when this returns a receipt.

        Args:
            sale_id: of an evaluated sale.
            completion: ``evaluation_id``, ``applied``, ``lines``, ``total_minor``, ``tenders``,
                ``receipt_number`` (till.md §2); what is missing is as evaluated.
            snapshot: the basket, for a sale that this process has not evaluated.

        Returns:
            The receipt, the stored one for the same body again; ``conflict`` for another body,
            ``sale_unknown`` without evaluation and snapshot, ``journal_unavailable`` when it
            cannot be stored.

        Raises:
            SaleError: the completion is none, or names a line that the sale does not have.
        """
        if snapshot is not None and not self._till.is_running(sale_id):
            self.evaluate(snapshot)
        receipt = self._guarded(lambda: self._till.complete(sale_id, completion), _refusal_of)
        self._print(receipt)
        return receipt

    def suspend(self, snapshot: Mapping[str, Any]) -> Refused | None:
        """Park a basket durably under its sale id; None when it is parked."""
        return self._guarded(lambda: self._till.suspend(snapshot), _refusal_of)

    def recall(self, sale_id: str) -> Sale | Refused:
        """Return a parked sale, open again; one of another shop day is evaluated anew."""
        found = self._guarded(lambda: self._till.recall(sale_id), _refusal_of)
        if isinstance(found, Refused):
            return found
        snapshot, notices = found
        return self._sale(snapshot, notices)

    def rental_returned(
        self,
        rental_id: str,
        *,
        customer: str | None,
        articles: Sequence[Mapping[str, Any]] = (),
        cashier: str | None = None,
    ) -> Receipt | Refused:
        """Report rented articles as back, once per rental id; may issue a voucher.

        Args:
            rental_id: the host's own id of this return.
            customer: id of the customer, if known.
            articles: what came back: ``sku``, ``days``, ``due_on``, ``price_minor``, ``late_days``
                as far as the host knows them.
            cashier: number of the cashier.

        Raises:
            SaleError: the report is none; names the place.
        """
        answer = self._guarded(
            lambda: self._till.rental_returned(
                rental_id, customer=customer, articles=articles, cashier=cashier
            ),
            _refusal_of,
        )
        self._print(answer)
        return answer

    def health(self) -> dict[str, Any]:
        """Return versions, rule generation, age of the data, queue lengths, what is wrong."""
        state: dict[str, Any] = self._guarded(self._till.health, self._ill)
        return {
            "version": __version__,
            "compiled": native.COMPILED,
            "shop": self.config.shop,
            "till": self.config.till,
            **state,
            "print_jobs_open": self._guarded(self.prints.open_jobs, lambda _fault: None),
        }

    def _ill(self, fault: Exception) -> dict[str, Any]:
        return {"notices": [_notice_of(fault).to_dict(self.config.language)]}

    def _sale(self, snapshot: dict[str, Any], notices: tuple[Notice, ...] = ()) -> Sale:
        return Sale(
            self,
            snapshot,
            now=self._clock.now,
            article=lambda sku: self._guarded(lambda: self._till.article(sku), lambda _fault: None),
            forget=lambda sale_id: self._guarded(
                lambda: self._till.forget(sale_id), lambda _fault: None
            ),
            notices=notices,
        )

    def _print(self, answer: Receipt | Refused) -> None:
        if isinstance(answer, Receipt) and answer.print_jobs:
            self._guarded(self.prints.wake, lambda _fault: None)

    def _guarded(
        self, work: Callable[[], Answer], instead: Callable[[Exception], Answer]
    ) -> Answer:
        """Do the work; when it fails, do the other thing and tell the log, never the host."""
        with self._lock:
            if self._closed:
                raise MisuseError("the plugin is closed", hint="Open it again.")
            try:
                return work()
            except (MisuseError, InputError):
                raise
            # The one place: whatever went wrong inside, the till goes on.
            except Exception as fault:  # noqa: BLE001
                _log.exception("a fault became a notice")
                return instead(fault)


def _notice_of(fault: Exception) -> Notice:
    if isinstance(fault, StorageError):
        return Notice(NoticeCode.CACHE_UNAVAILABLE)
    return Notice(NoticeCode.LIST_PRICE)


def _refusal_of(fault: Exception) -> Refused:
    if isinstance(fault, StorageError):
        return Refused(Refusal.JOURNAL_UNAVAILABLE)
    return Refused(Refusal.PLUGIN_FAULT)


def _log_change(change: JobChange) -> None:
    _log.info("print job %s is %s %s", change.job_uid, change.state, change.reason)


def _log_fault(fault: Exception) -> None:
    _log.error("printing: %s", type(fault).__name__, exc_info=fault)
