from __future__ import annotations

import asyncio
import gzip
import tracemalloc
import zlib
from typing import TYPE_CHECKING, Any

import pytest
from starlette.requests import Request

from head_office.problems import ProblemError
from head_office.service.request_body import read_upload

if TYPE_CHECKING:
    from collections.abc import Callable

MAX = 100_000
PIECE = 1_000
TEXT = b'{"seq":1}\n' * 500
PACKED = gzip.compress(TEXT, mtime=0)
BOMB = gzip.compress(b"\0" * 2**25)


def read(
    content: bytes, encoding: str | None = "gzip", *, pieces: list[int] | None = None
) -> bytes:
    """Read a body that comes in small pieces; ``pieces`` takes the length of each that was read."""
    parts = [content[start : start + PIECE] for start in range(0, len(content), PIECE)] or [b""]

    async def receive() -> dict[str, Any]:
        body = parts.pop(0)
        if pieces is not None:
            pieces.append(len(body))
        return {"type": "http.request", "body": body, "more_body": bool(parts)}

    headers = [] if encoding is None else [(b"content-encoding", encoding.encode())]
    scope = {"type": "http", "method": "POST", "headers": headers}
    return asyncio.run(read_upload(Request(scope, receive), MAX))


def refusal(content: bytes, encoding: str = "gzip") -> tuple[str, int]:
    with pytest.raises(ProblemError) as refused:
        read(content, encoding)
    return refused.value.word, refused.value.problem.status


@pytest.mark.parametrize("encoding", ["gzip", "GZIP", " gzip "])
def test_packed_body_is_read_as_it_was(encoding: str) -> None:
    assert read(PACKED, encoding) == TEXT


@pytest.mark.parametrize("encoding", [None, "", "identity"])
def test_plain_body_is_read_as_it_comes(encoding: str | None) -> None:
    assert read(PACKED, encoding) == PACKED


@pytest.mark.parametrize("encoding", ["br", "deflate", "gzip, gzip", "x" * 5_000])
def test_other_encoding_is_refused(encoding: str) -> None:
    assert refusal(PACKED, encoding) == ("invalid", 400)


@pytest.mark.parametrize("left", range(len(PACKED)))
def test_packed_body_that_was_cut_is_refused(left: int) -> None:
    assert refusal(PACKED[:left]) == ("invalid", 400)


@pytest.mark.parametrize(
    "content",
    [
        TEXT,
        zlib.compress(TEXT),
        PACKED[:-8] + b"\0" * 8,
        PACKED[:20] + b"\xff\xff\xff" + PACKED[23:],
        PACKED + b"x",
        PACKED + b"\0" * 5_000,
        PACKED + PACKED,
    ],
    ids=["plain", "zlib", "wrong sum", "bits turned", "tail", "long tail", "two members"],
)
def test_what_is_no_whole_gzip_is_refused(content: bytes) -> None:
    assert refusal(content) == ("invalid", 400)


def test_bound_counts_unpacked_bytes() -> None:
    assert len(read(gzip.compress(b"\0" * MAX))) == MAX
    assert refusal(gzip.compress(b"\0" * (MAX + 1))) == ("too-large", 413)


def test_packed_bytes_that_unpack_to_nothing_have_the_same_bound() -> None:
    packing = zlib.compressobj(wbits=31)
    head = packing.compress(b"") + packing.flush(zlib.Z_FULL_FLUSH)
    nothing = b"\0\0\0\xff\xff"  # a stored block of no bytes
    assert refusal(head + nothing * MAX) == ("too-large", 413)


def peak_of(work: Callable[[], object]) -> int:
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_bomb_takes_no_more_memory_than_the_bound() -> None:
    assert peak_of(lambda: refusal(BOMB)) < 10 * MAX
    # The control: who unpacks first and counts then has all of it in memory.
    assert peak_of(lambda: gzip.decompress(BOMB)) > 2**25


def test_bomb_is_read_no_further_than_the_bound() -> None:
    pieces: list[int] = []
    with pytest.raises(ProblemError, match="too-large"):
        read(BOMB, pieces=pieces)
    assert sum(pieces) < len(BOMB) // 10
