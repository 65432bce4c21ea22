from __future__ import annotations

import pytest

from sync_agent.protocol.json_bytes import ProtocolError
from sync_agent.protocol.limits import CONTACTS_MAX
from sync_agent.protocol.rows import TABLES, check_row


@pytest.mark.parametrize(
    ("phones", "email_hashes"),
    [
        (["0170 123"], []),
        (["1234"], []),
        (["1" * 16], []),
        ([], ["anna@example.org"]),
        (["12345"] * (CONTACTS_MAX + 1), []),
        ([], ["ab" * 16] * (CONTACTS_MAX + 1)),
    ],
)
def test_only_digits_and_hashes_find_a_customer(phones: list[str], email_hashes: list[str]) -> None:
    table = TABLES["customer_search"]
    good = {"customer": "K1", "phones": ["491701234567"], "email_hashes": ["ab" * 16]}
    assert check_row(table, good) == good
    with pytest.raises(ProtocolError):
        check_row(table, {"customer": "K1", "phones": phones, "email_hashes": email_hashes})


def test_every_table_has_its_key_among_its_columns() -> None:
    for table in TABLES.values():
        assert set(table.key) <= set(table.columns)
