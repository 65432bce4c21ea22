"""Documents nobody should be able to hand in: one short error each, at once."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from pos_plugin.cli import main
from pos_plugin.errors import SaleError
from pos_plugin.model import Basket

if TYPE_CHECKING:
    from pathlib import Path

SALE: dict[str, Any] = {"sale_id": "s", "at": "2026-03-07T15:12:00+01:00", "lines": []}


def refused(text: str | bytes) -> SaleError:
    with pytest.raises(SaleError) as caught:
        Basket.from_json(text)
    return caught.value


def test_half_a_character_in_a_name_is_shown_as_an_escape() -> None:
    error = refused(json.dumps(SALE | {"\ud800": 1}))
    json.dumps(error.to_dict(), ensure_ascii=False).encode("utf-8")


def test_half_a_character_in_the_id_of_a_case_comes_back_escaped(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    cases = tmp_path / "cases.jsonl"
    cases.write_text(json.dumps({"id": "\ud800", "promotions": [], "sale": SALE}))
    monkeypatch.setattr("sys.argv", ["stammkunde", "evaluate", "--cases", str(cases)])
    main()
    assert r'"id":"\ud800"' in capsys.readouterr().out


def test_a_long_name_does_not_fill_the_screen() -> None:
    long = "x" * 1_000_000
    for document in (
        json.dumps(SALE | {long: 1}),
        json.dumps({"customer": {long: 1}} | SALE),
        f'{{"{long}": 1, "{long}": 2}}',
    ):
        assert len(json.dumps(refused(document).to_dict())) < 1000


def test_a_name_standing_twice_among_very_many_is_found_at_once() -> None:
    names = ",".join(f'"n{number}":1' for number in range(300_000))
    assert "'n299999'" in refused(f'{{{names},"n299999":2}}').message


@pytest.mark.parametrize("at", ["1600000000", "-5", "1600000000.5", "0"])
def test_seconds_since_1970_are_no_instant_even_as_text(at: str) -> None:
    error = refused(json.dumps(SALE | {"at": at}))
    assert (error.code, error.where) == ("wrong_type", "sale.at")


@pytest.mark.parametrize("birthday", ["0", "86400", "315532800"])
def test_seconds_since_1970_are_no_birthday(birthday: str) -> None:
    error = refused(json.dumps(SALE | {"customer": {"id": "K", "birthday": birthday}}))
    assert error.where == "sale.customer.birthday"
