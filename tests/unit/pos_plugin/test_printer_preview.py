"""``stammkunde printer preview``: what it shows is what is printed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner
from printing import GOLDEN, VOUCHERS, dots_of, plain

from pos_plugin.cli import stammkunde
from printers.page import Page
from printers.sim.interpreter import Interpreter

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result


def preview(*words: object) -> Result:
    return CliRunner().invoke(stammkunde, ["printer", "preview", *map(str, words)])


def test_document_and_the_pictures_beside_it_are_the_golden_page(tmp_path: Path) -> None:
    shown = tmp_path / "shown.png"
    done = preview(VOUCHERS / "welcome.json", "-o", shown)
    assert done.exit_code == 0, done.output
    assert dots_of(shown.read_bytes()) == dots_of((GOLDEN / "welcome.png").read_bytes())


@pytest.mark.parametrize("width", [384, 512, 576])
def test_raster_preview_is_the_paper_dot_for_dot(tmp_path: Path, width: int) -> None:
    shown, job = tmp_path / "shown.png", tmp_path / "job.bin"
    done = preview("rental-voucher", "--width", width, "-o", shown, "--bytes", job)
    assert done.exit_code == 0, done.output
    pages, errors = Interpreter(dots=width).feed(job.read_bytes())
    assert errors == []
    paper = Page(width, b"".join(page.data for page in pages))
    assert dots_of(shown.read_bytes()) == dots_of(paper.png())


def test_native_preview_says_that_it_is_an_approximation() -> None:
    done = preview(
        "bonus-voucher", "--encoder", "native", "--profile", "tm-t88v", "--baud", 9600, "--json"
    )
    said = json.loads(done.output)
    assert (said["encoder"], said["is_approximation"], said["rung"]) == ("native", True, "2x2")
    assert said["wire_ms"] == -(-said["bytes"] * 1000 // 960)
    assert "Näherung" in preview("plain", "--encoder", "native", "--profile", "tm-m30").output
    assert "Näherung" not in preview("plain").output


def test_own_values_fill_a_template(tmp_path: Path) -> None:
    values = {
        "issuer": "Kiosk",
        "benefit": "Ein Eis",
        "voucher.code": "SK1",
        "valid_to": "2026-12-31",
        "conditions": "Nur einmal.",
    }
    (tmp_path / "values.json").write_text(json.dumps(values), encoding="utf-8")
    assert preview("plain", "--data", tmp_path / "values.json").exit_code == 0


@pytest.mark.parametrize(
    ("content", "code", "said"),
    [
        (json.dumps(plain(colour="red")), 4, "unknown_field"),
        ("{", 4, "not_json"),
        (json.dumps({"template_id": "x"}), 4, "missing"),
    ],
)
def test_wrong_document_ends_with_four_and_its_reason(
    tmp_path: Path, content: str, code: int, said: str
) -> None:
    (tmp_path / "paper.json").write_text(content, encoding="utf-8")
    done = preview(tmp_path / "paper.json")
    assert done.exit_code == code
    assert said in done.output


@pytest.mark.parametrize(
    "words",
    [("nobody",), ("plain", "--profile", "nobody"), ("plain", "--width", 10)],
)
def test_wrong_words_end_with_two(words: tuple[Any, ...]) -> None:
    assert preview(*words).exit_code == 2


def test_what_was_wished_and_did_not_come_is_said_in_words() -> None:
    done = preview("rental-voucher", "--encoder", "native", "--width", 384)
    assert done.exit_code == 0, done.output
    assert "Not as wished: this profile names no letters of the printer" in done.stdout
    assert "Not as wished: the paper is too narrow for code128: qr instead." in done.stdout
    done = preview("rental-voucher", "--encoder", "native", "--profile", "tm-t88v")
    assert "Not as wished" not in done.stdout


def test_a_file_without_end_is_refused() -> None:
    assert preview("/dev/zero").exit_code == 4
    assert preview("rental-voucher", "--data", "/dev/zero").exit_code == 2


@pytest.mark.parametrize("option", ["-o", "--bytes"])
def test_a_place_that_takes_no_file_is_named(tmp_path: Path, option: str) -> None:
    done = preview("rental-voucher", option, tmp_path / "nowhere" / "x")
    assert done.exit_code == 1
    assert f"{tmp_path / 'nowhere' / 'x'} cannot be written" in done.stderr
