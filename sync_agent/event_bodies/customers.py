"""Customers, cards and consents as a till made or changed them; names never stand here.

``private`` is the hash of what stands beside the line (docs/adr/0025): SHA-256 of salt and bytes.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, JsonValue

from sync_agent.event_bodies.parts import Head, Part
from sync_agent.protocol import words

CustomerField = Literal["name", "phone", "email", "birthday_on", "language"]


class CardScanned(Head):
    """``card_scanned``: a card at the till, whatever became of it."""

    code_hash: words.CodeHash
    result: Literal["known", "provisional", "blocked", "unknown"]
    moment: Literal["before_lines", "lines", "after_total"]
    sale_id: words.Text | None


class CustomerCreated(Head):
    """``customer_created``; beside it ``name, birthday_on, phone, email``."""

    kind: Literal["person", "company"]
    number: words.Text
    language: words.Text | None
    home_shop: words.Text
    created_shop: words.Text
    private: words.Sha256


class FieldChange(Part):
    """One field, before and after; merged field by field."""

    field: CustomerField
    old: JsonValue
    new: JsonValue


class CustomerChanged(Head):
    """``customer_changed``; beside it the ``changes`` of personal fields."""

    fields: Annotated[list[CustomerField], Field(min_length=1)]
    changes: list[FieldChange]
    private: words.Sha256


class CardAssigned(Head):
    """``card_assigned``; what the card earned without an owner is its customer's from now on."""

    code_hash: words.CodeHash
    symbology: words.Text
    role: Literal["main", "partner", "app"]
    status: Literal["active"]
    replaces: words.CodeHash | None


class CardBlocked(Head):
    """``card_blocked``."""

    code_hash: words.CodeHash
    role: words.Text
    status: Literal["blocked", "lost"]


class Consent(Part):
    """The full record of one word; ``replaces``: the word that counted at this till before."""

    id: words.Text
    purpose: Literal["programme", "receipts_in_app", "profiling", "marketing"]
    channel: Literal["letter", "email", "sms", "phone", "app", "till"]
    status: Literal["pending", "given", "withdrawn", "objected"]
    legal_basis: Literal["consent", "existing_customer_7_3", "legitimate_interest", "contract"]
    text_id: words.Text | None
    text_revision: words.Sequence | None
    captured_at: words.InstantText
    captured_by: words.Text | None
    place: words.Text
    proof_kind: Literal["signature_sha256", "form_number"] | None
    proof_ref: words.Text | None
    replaces: words.Text | None


class ConsentGiven(Head):
    """``consent_given``."""

    consent: Consent


class ConsentWithdrawn(Head):
    """``consent_withdrawn``: taken back, or objected."""

    consent: Consent


class ErasureApplied(Head):
    """``erasure_applied``: what was personal is gone here; nothing personal stands in it.

    ``cursor``: number of the last event before; ``counts``: rows by table.
    """

    cursor: words.Sequence
    counts: dict[words.Text, words.Sequence]
