"""Rules over several fields stand in the document as they are held: no body between the two."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jsonschema_rs
import pytest
from contract_check import committed

from pos_plugin.actions.consents import ConsentSaid
from pos_plugin.service.contract.bodies import bodies

if TYPE_CHECKING:
    from collections.abc import Mapping

PROVED = {"text_id": "W", "text_revision": 1, "form_number": "F1"}
SIGNED = {"text_id": "W", "text_revision": 1, "signature_sha256": "a" * 64}


def is_promised(name: str, body: Mapping[str, Any]) -> bool:
    schema = committed()["components"]["schemas"][name]
    assert schema.keys() == bodies()[name].keys() - {"title"}
    return jsonschema_rs.is_valid(schema, dict(body))


@pytest.mark.parametrize(
    ("more", "is_right"),
    [
        ({"status": "given", **PROVED}, True),
        ({"status": "given", **SIGNED}, True),
        ({"status": "given", **SIGNED, "form_number": None}, True),
        ({"status": "given", **SIGNED, **PROVED}, False),
        ({"status": "given", **PROVED, "form_number": None}, False),
        ({"status": "given", **PROVED, "text_id": None}, False),
        ({"status": "given", "form_number": "F1", "text_id": "W"}, False),
        ({"status": "given"}, False),
        ({"status": "withdrawn"}, True),
        ({"status": "objected", "text_id": "W", "form_number": None}, True),
        ({"status": "asked"}, False),
    ],
)
def test_consent_is_proved_in_the_document_as_at_the_till(
    more: Mapping[str, Any], is_right: bool
) -> None:
    said = {"request_id": "1", "customer": "K1", "purpose": "marketing", "channel": "email"}
    assert is_promised("ConsentSaid", {**said, **more}) is is_right
    try:
        ConsentSaid.model_validate({**said, **more})
    except ValueError:
        assert not is_right
    else:
        assert is_right


def test_change_of_a_customer_changes_something() -> None:
    nothing = {"request_id": "1", "cashier": "7"}
    assert not is_promised("CustomerChanges", nothing)
    for name in ("phone", "email", "birthday_on", "language"):
        assert is_promised("CustomerChanges", {**nothing, name: None})
    assert is_promised("CustomerChanges", {**nothing, "name": "Anna"})
