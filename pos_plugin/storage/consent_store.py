"""What customers said about contact at this till, in its journal; SQL only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from pos_plugin.loyalty.consents import Word

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pos_plugin.storage.journal_lookup import Journal


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentRecord:
    """The full record of a word: what was said, to whom, by which proof."""

    word: Word
    customer: str
    purpose: str
    channel: str
    legal_basis: str
    captured_by: str | None
    place: str
    proof_kind: str | None
    proof_ref: str | None


class OwnWord(NamedTuple):
    """A word said here, and its event."""

    purpose: str
    channel: str
    word: Word
    epoch: int
    seq: int


def add(journal: Journal, record: ConsentRecord, *, epoch: int, seq: int) -> None:
    """Store a word for ever, in the transaction of its event."""
    word = record.word
    journal.execute(
        "INSERT INTO consent (id, epoch, seq, customer, purpose, channel, status, legal_basis, "
        "text_id, text_revision, captured_at, captured_by, place, proof_kind, proof_ref, "
        "replaces) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            word.id,
            epoch,
            seq,
            record.customer,
            record.purpose,
            record.channel,
            word.status,
            record.legal_basis,
            word.text_id,
            word.text_revision,
            word.captured_at,
            record.captured_by,
            record.place,
            record.proof_kind,
            record.proof_ref,
            word.replaces,
        ),
    )


def words_of(journal: Journal, customers: Iterable[str]) -> list[OwnWord]:
    """Return everything that any of these ids said here, the oldest first."""
    words: list[OwnWord] = []
    for customer in customers:
        rows: Any = journal.execute(
            "SELECT purpose, channel, id, status, captured_at, text_id, text_revision, replaces, "
            "epoch, seq FROM consent WHERE customer = ? ORDER BY seq",
            (customer,),
        ).fetchall()
        words += [
            OwnWord(
                purpose,
                channel,
                Word(
                    id=word,
                    status=status,
                    captured_at=captured_at,
                    text_id=text_id,
                    text_revision=text_revision,
                    replaces=replaces,
                ),
                epoch,
                seq,
            )
            for (
                purpose,
                channel,
                word,
                status,
                captured_at,
                text_id,
                text_revision,
                replaces,
                epoch,
                seq,
            ) in rows
        ]
    return sorted(words, key=lambda one: one.seq)
