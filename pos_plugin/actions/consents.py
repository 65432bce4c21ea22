"""What customers agree to at this till, and take back (K9): kept for ever, counting at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, Self

from pydantic import ConfigDict, Field, JsonValue, model_validator
from pydantic_core import PydanticCustomError

from pos_plugin.actions.booked_once import Actions, Moment, Request, read_request
from pos_plugin.clock import utc_text
from pos_plugin.customer.known import KnownCustomers
from pos_plugin.limits import INT64_MAX
from pos_plugin.loyalty.consents import GIVEN, Word, is_too_young
from pos_plugin.notices import Refusal, Refused
from pos_plugin.storage import consent_store
from pos_plugin.storage.consent_store import ConsentRecord
from pos_plugin.text import PlainText as Text
from pos_plugin.uids import new_uid

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pos_plugin.answers import Receipt
    from pos_plugin.till import Till

CONSENT_GIVEN: Final = "consent_given"
CONSENT_WITHDRAWN: Final = "consent_withdrawn"


_READ: Final = ("text_id", "text_revision")
_PROOFS: Final = ("signature_sha256", "form_number")


def _given_with(proof: str) -> dict[str, JsonValue]:
    """Return the schema of a ``given`` that this one of the proofs stands behind."""
    needed = [*_READ, proof]
    return {
        "required": [*needed],
        "properties": {
            "status": {"const": "given"},
            **{name: {"not": {"type": "null"}} for name in needed},
            **{name: {"type": "null"} for name in _PROOFS if name != proof},
        },
    }


class ConsentSaid(Request):
    """One word about one purpose and one channel; nothing is ever agreed to for several at once.

    Args:
        request_id: the host's own id; the same request again gets the same answer.
        customer: id of the customer.
        purpose: ``programme``, ``receipts_in_app``, ``profiling`` or ``marketing``.
        channel: ``letter``, ``email``, ``sms``, ``phone``, ``app`` or ``till``.
        status: ``given``, ``withdrawn`` or ``objected``.
        legal_basis: on which it stands.
        text_id: what the customer read; needed for ``given``.
        text_revision: of it; needed for ``given``.
        signature_sha256: hash of the signed picture; this or a form number proves a ``given``.
        form_number: of the signed paper.
        cashier: number of the cashier.
    """

    # What ``_is_proved`` asks for, said to who reads the document.
    model_config = ConfigDict(
        json_schema_extra={
            "oneOf": [
                {"properties": {"status": {"enum": ["withdrawn", "objected"]}}},
                *(_given_with(proof) for proof in _PROOFS),
            ]
        }
    )

    request_id: Text
    customer: Text
    purpose: Literal["programme", "receipts_in_app", "profiling", "marketing"]
    channel: Literal["letter", "email", "sms", "phone", "app", "till"]
    status: Literal["given", "withdrawn", "objected"]
    legal_basis: Literal["consent", "existing_customer_7_3", "legitimate_interest", "contract"] = (
        "consent"
    )
    text_id: Text | None = None
    text_revision: Annotated[int, Field(ge=1, le=INT64_MAX)] | None = None
    signature_sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")] | None = None
    form_number: Text | None = None
    cashier: Text | None = None

    @model_validator(mode="after")
    def _is_proved(self) -> Self:
        if self.status != GIVEN:
            return self
        if self.text_id is None or self.text_revision is None:
            raise PydanticCustomError("proof", "given needs text_id and text_revision")
        if (self.signature_sha256 is None) == (self.form_number is None):
            raise PydanticCustomError("proof", "given needs signature_sha256 or form_number")
        return self


class ConsentDesk:
    """Takes the words of the customers of one till."""

    def __init__(self, till: Till, actions: Actions) -> None:
        self._till = till
        self._actions = actions

    def say(self, value: Mapping[str, Any]) -> Receipt | Refused:
        """Keep a word; it counts here at once. ``consent_too_young`` for marketing below 16."""
        asked = read_request(ConsentSaid, value, "consent")

        def work(moment: Moment) -> Mapping[str, Any] | Refused:
            return self._say(moment, asked)

        return self._actions.once(f"consent:{asked.request_id}", asked.model_dump(), work)

    def _say(self, moment: Moment, asked: ConsentSaid) -> Mapping[str, Any] | Refused:
        known = KnownCustomers(self._till.cache.reader(), moment.journal)
        row = known.row(asked.customer)
        if row is None:
            return Refused(Refusal.CUSTOMER_UNKNOWN)
        is_given = asked.status == GIVEN
        if is_given and is_too_young(row.birthday_on, purpose=asked.purpose, on=moment.now.date()):
            return Refused(Refusal.CONSENT_TOO_YOUNG)
        counts = known.consents(row.id).get((asked.purpose, asked.channel))
        word = Word(
            id=str(new_uid(moment.now)),
            status=asked.status,
            captured_at=utc_text(moment.now),
            text_id=asked.text_id,
            text_revision=asked.text_revision,
            replaces=counts.id if counts else None,
        )
        proof_kind, proof_ref = _proof(asked)
        config = self._till.config
        record = ConsentRecord(
            word=word,
            customer=row.id,
            purpose=asked.purpose,
            channel=asked.channel,
            legal_basis=asked.legal_basis,
            captured_by=asked.cashier,
            place=f"till:{config.shop}/{config.till}",
            proof_kind=proof_kind,
            proof_ref=proof_ref,
        )
        seq = self._actions.add_event(
            CONSENT_GIVEN if is_given else CONSENT_WITHDRAWN,
            {"consent": consent_event(record)},
            customer=row.id,
            cashier=asked.cashier,
            now=moment.now,
        )
        consent_store.add(moment.journal, record, epoch=self._till.journal.epoch, seq=seq)
        return {"consent": word.id, "customer": row.id, "status": word.status, "effects": []}


def consent_event(record: ConsentRecord) -> dict[str, Any]:
    """Return the full record as it stands in the body of its event."""
    word = record.word
    return {
        "id": word.id,
        "purpose": record.purpose,
        "channel": record.channel,
        "status": word.status,
        "legal_basis": record.legal_basis,
        "text_id": word.text_id,
        "text_revision": word.text_revision,
        "captured_at": word.captured_at,
        "captured_by": record.captured_by,
        "place": record.place,
        "proof_kind": record.proof_kind,
        "proof_ref": record.proof_ref,
        "replaces": word.replaces,
    }


def _proof(asked: ConsentSaid) -> tuple[str | None, str | None]:
    if asked.signature_sha256 is not None:
        return "signature_sha256", asked.signature_sha256
    if asked.form_number is not None:
        return "form_number", asked.form_number
    return None, None
