"""Who stands behind a number of the migration matrix: the customers of one cell."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from pos_plugin import wording
from pos_plugin.customer.known import KnownCustomers
from pos_plugin.errors import RuleError
from pos_plugin.stats.words import WORDS
from pos_plugin.storage.cache_reader import CacheReader
from pos_plugin.storage.journal_reader import JournalReader

if TYPE_CHECKING:
    from pos_plugin.config import TillConfig
    from pos_plugin.loyalty.class_statistics import Brought
    from pos_plugin.stats.class_report import ClassReport


class Person(NamedTuple):
    """A customer of the cell; number and name are empty of one whom nobody knows any more."""

    customer: str
    number: str
    name: str
    brought: Brought


def people_of(config: TillConfig, report: ClassReport, cell: str) -> list[Person]:
    """Return the customers of a cell, the highest turnover first.

    Args:
        config: of the till.
        report: its figures.
        cell: ``C:B``, the class of the first day and that of the second one.

    Raises:
        RuleError: it names no classes of these days.
        StorageError: a file cannot be read.
    """
    before, _, after = cell.partition(":")
    if not {before, after} <= set(report.moved.codes):
        said = ", ".join(report.moved.codes)
        raise RuleError("unknown_word", "--moved", f"name two of {said}, for example C:B")
    journal = JournalReader.open(config.data_dir)
    cache = CacheReader.open(config.data_dir)
    if journal is None or cache is None:
        return []
    found = []
    with journal, cache, journal.reading() as connection:
        known = KnownCustomers(cache, connection)
        for customer, course in report.courses.items():
            if (course.before, course.after) == (before, after):
                row = known.row(customer)
                number, name = (row.number, row.name) if row else ("", "")
                found.append(Person(customer, number, name, course.brought))
    return sorted(found, key=lambda one: (-one.brought.turnover_minor, one.number, one.customer))


def to_dict(one: Person, report: ClassReport) -> dict[str, Any]:
    """Return a customer as plain values; amounts in minor units (cents)."""
    values = {"customer": one.customer, "number": one.number, "name": one.name}
    margin = {"margin_minor": one.brought.margin_minor} if report.has_margin else {}
    return {**values, "turnover_minor": one.brought.turnover_minor, **margin}


def to_line(one: Person, report: ClassReport, *, language: str) -> str:
    """Return a customer as one line.

    Args:
        one: the customer.
        report: the figures.
        language: ``de`` or ``en``.
    """
    amounts = {"turnover_of": one.brought.turnover_minor}
    if report.has_margin:
        amounts["margin_of"] = one.brought.margin_minor
    said = [
        WORDS[language][word].format(
            money=wording.money(amount_minor, currency=report.currency, language=language)
        )
        for word, amount_minor in amounts.items()
    ]
    return "  ".join([one.number or one.customer, one.name or "-", *said])
