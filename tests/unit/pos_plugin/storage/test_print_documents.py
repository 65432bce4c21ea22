"""What the journal keeps of a document of which a copy may still be wanted."""

from __future__ import annotations

import json

import pytest

from pos_plugin.storage.print_documents import _needed

CODE = {"type": "code", "role": "code", "content": "9LEE-0000-0000-0000-X"}


def _document(holder: str, condition: str) -> str:
    terms = {"type": "text", "role": "conditions", "value": condition}
    name = {"type": "text", "role": "holder", "value": f"Für {holder}"}
    return json.dumps({"holder": holder, "blocks": [name, terms, CODE]})


@pytest.mark.parametrize("holder", ["LEE", "Anna Beispiel"])
def test_code_stays_also_where_its_letters_read_like_a_short_name(holder: str) -> None:
    kept = json.loads(_needed(_document(holder, "Nicht mit anderen Aktionen")))
    assert [one["role"] for one in kept["blocks"]] == ["conditions", "code"]
    assert "holder" not in kept


@pytest.mark.parametrize("holder", ["LEE", "Anna Beispiel"])
def test_nothing_stays_where_the_conditions_name_the_holder(holder: str) -> None:
    assert _needed(_document(holder, f"Gilt nur für {holder}")) == ""
