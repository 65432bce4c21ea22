from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync_agent.protocol.json_bytes import ProtocolError, parse_model
from sync_agent.protocol.messages import Event, Head


@given(st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
def test_random_bytes_are_no_message(content: bytes) -> None:
    for model in (Head, Event):
        with pytest.raises(ProtocolError):
            parse_model(model, content)


@pytest.mark.parametrize("content", [b"[" * 100_000, b'{"a":' * 100_000, b"NaN", b"1" * 5_000])
def test_hostile_json_is_refused(content: bytes) -> None:
    with pytest.raises(ProtocolError):
        parse_model(Head, content)
