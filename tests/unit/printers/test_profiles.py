"""Profiles: what is shipped, a shop's own, and what no profile says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from printers.errors import ProfileInvalid
from printers.profiles import generic, read_profile, shipped

if TYPE_CHECKING:
    from pathlib import Path

SMALLEST = 'model = "x"\ndots = 384\nevidence = {kind = "documented"}\n'


def test_shipped_profiles_are_the_promised_ones() -> None:
    assert {"generic-58", "generic-80", "tm-t88v", "tm-t88vi", "tm-t20ii", "tm-t20iii"} <= set(
        shipped()
    )
    assert {"tm-m30", "star-escpos"} <= set(shipped())
    for name in shipped():
        profile = read_profile(name)
        assert profile.name == name
        # Nobody has seen one of them on a unit.
        assert profile.evidence.kind == "documented"


@pytest.mark.parametrize("dots", [384, 512, 576])
def test_generic_printer_claims_nothing(dots: int) -> None:
    profile = generic(dots)
    assert (profile.dots, profile.codes, profile.status) == (dots, (), ())
    assert not profile.has_native_text


def test_own_profile_wins_over_the_shipped_one(tmp_path: Path) -> None:
    (tmp_path / "tm-t88v.toml").write_text(SMALLEST, encoding="utf-8")
    assert read_profile("tm-t88v", tmp_path).dots == 384
    assert read_profile("tm-m30", tmp_path).dots == 576


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("dots = ", "not valid TOML"),
        (SMALLEST + "drawer = true\n", "drawer: Extra inputs are not permitted"),
        (SMALLEST.replace("384", "385"), "dots: "),
        (SMALLEST + 'codes = ["pdf417"]\n', "codes.0: "),
        (SMALLEST + "fragment_bytes = 65536\n", "fragment_bytes: "),
        (SMALLEST + 'name = "other name"\n', "name: "),
        ("x" * 70_000, "is larger than"),
    ],
)
def test_what_no_profile_says_is_refused_with_its_place(
    tmp_path: Path, content: str, said: str
) -> None:
    (tmp_path / "mine.toml").write_text(content, encoding="utf-8")
    with pytest.raises(ProfileInvalid, match=f"printer profile mine: .*{said}"):
        read_profile("mine", tmp_path)


@pytest.mark.parametrize("name", ["nobody", "../journal", "", "tm-t88v.toml"])
def test_unknown_profile_names_the_shipped_ones(name: str) -> None:
    with pytest.raises(ProfileInvalid, match="generic-58"):
        read_profile(name)
