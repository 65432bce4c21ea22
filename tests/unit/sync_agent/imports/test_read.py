"""Files as shops have them: encodings, separators, quotes, damage."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from sync_agent.imports.columns import ARTICLES
from sync_agent.imports.read import BadFile, TableFile
from sync_agent.imports.wrong import TableError, WrongCode

if TYPE_CHECKING:
    from pathlib import Path

ROWS = [{"sku": "1", "name": "Mütze €"}, {"sku": "2", "name": 'Hose; "blau"'}]


def read(path: Path, **more: Any) -> list[dict[str, str]]:
    file = TableFile(path, ARTICLES, **more)
    return [{column.name: cell for column, cell in one.cells} for one in file.records()]


@pytest.mark.capability("K18")
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
@pytest.mark.parametrize("separator", [";", ",", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_encoding_and_separator_are_found_out(
    tmp_path: Path, encoding: str, separator: str, end: str
) -> None:
    lines = [
        ["Artikel-Nr.", "Bezeichnung"],
        ["1", "Mütze €"],
        ["2", '"Hose; ""blau"""'],
    ]
    path = tmp_path / "a.csv"
    path.write_bytes((end.join(separator.join(line) for line in lines) + end).encode(encoding))
    assert read(path) == ROWS


def test_the_wrong_encoding_by_hand_shows_what_detection_is_for(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("sku;name\n1;Mütze\n".encode())
    assert read(path, encoding="cp1252") == [{"sku": "1", "name": "MÃ¼tze"}]
    path.write_bytes("sku;name\n1;Mütze\n".encode("cp1252"))
    with pytest.raises(BadFile) as fault:
        read(path, encoding="utf-8")
    assert fault.value.wrong.code is WrongCode.ENCODING


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("text", ["sku;name\n1;Mütze\n", '[{"sku": "1"}]'])
def test_utf_16_is_named_as_what_it_is(tmp_path: Path, encoding: str, text: str) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(text.encode(encoding))
    with pytest.raises(BadFile) as fault:
        read(path)
    assert fault.value.wrong.code is WrongCode.UTF_16
    # The control: asked for by name it is read.
    if not text.startswith("["):
        assert read(path, encoding=encoding) == [{"sku": "1", "name": "Mütze"}]


@pytest.mark.parametrize("text", [json.dumps(ROWS), "\n".join(map(json.dumps, ROWS))])
def test_json_is_read_as_a_list_or_as_lines(tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.json"
    path.write_text(text, encoding="utf-8")
    assert read(path) == ROWS


@pytest.mark.parametrize(
    ("content", "line", "code"),
    [
        (b"", 1, WrongCode.EMPTY),
        (b"\n\n", 1, WrongCode.EMPTY),
        (b"sku;name\n1;\x81\n", 2, WrongCode.ENCODING),
        (b'sku;name\n1;"never ends\n2;x\n', 3, WrongCode.NOT_CSV),
        (b"sku;Artikelnummer\n1;2\n", 1, WrongCode.COLUMN_TWICE),
        (b"price;unit_price_minor\n1;2\n", 1, WrongCode.COLUMN_TWICE),
        (b'[{"sku": 1}', 1, WrongCode.NOT_JSON),
        (b'{"sku": "1"}\n{"sku": \n', 2, WrongCode.NOT_JSON),
        (b"[" * 100_000, 1, WrongCode.NOT_JSON),
    ],
)
def test_a_file_that_cannot_be_read_on_names_the_line(
    tmp_path: Path, content: bytes, line: int, code: WrongCode
) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    with pytest.raises(BadFile) as fault:
        read(path)
    assert (fault.value.wrong.line, fault.value.wrong.code) == (line, code)


def test_a_line_with_other_cells_than_the_header_is_wrong(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("sku;name\n1;a;b\n2\n3;c\n", encoding="utf-8")
    records = list(TableFile(path, ARTICLES).records())
    assert [one.wrong and one.wrong.code for one in records] == [
        WrongCode.CELL_COUNT,
        WrongCode.CELL_COUNT,
        None,
    ]


def test_other_headers_are_mapped_and_the_rest_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("ART LANG;Lager;name\n1;7;a\n", encoding="utf-8")
    file = TableFile(path, ARTICLES, names={"art-lang": "sku"})
    (record,) = file.records()
    assert [(column.name, cell) for column, cell in record.cells] == [("sku", "1"), ("name", "a")]
    assert file.header.passed_over == ["Lager"]
    with pytest.raises(TableError):
        TableFile(path, ARTICLES, names={"ART LANG": "nothing"})


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("ROWS_MAX", "sku;name\n1;a\n2;b\n3;c\n"),
        ("COLUMNS_MAX", "sku;name;brand;season\n"),
        ("MAX_FILE_BYTES", "sku;name\n1;a\n"),
        ("MAX_JSON_BYTES", '[{"sku": "1"}]'),
    ],
)
def test_a_file_beyond_a_limit_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, text: str
) -> None:
    path = tmp_path / "a.csv"
    path.write_text(text, encoding="utf-8")
    assert read(path) is not None, "within the limit it is read"
    monkeypatch.setattr(f"sync_agent.imports.read.{name}", 2)
    with pytest.raises(BadFile) as fault:
        read(path)
    assert fault.value.wrong.code is WrongCode.LIMIT


def test_progress_tells_every_byte(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("sku;name\n" + "1;a\n" * 50_000, encoding="utf-8")
    told: list[int] = []
    list(TableFile(path, ARTICLES, progress=told.append).records())
    assert sum(told) == path.stat().st_size
