"""The benchmarks run and say what they say in good form; no time is looked at."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from importlib import import_module
from typing import TYPE_CHECKING, Any

import pytest
from house import ROOT
from programs import need

if TYPE_CHECKING:
    from pathlib import Path

BENCHMARKS = ROOT / "benchmarks"
QUICK = {**os.environ, "STAMMKUNDE_BENCH_QUICK": "1"}
LINES = 12
BASKETS = 4


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Import a module of the benchmarks by its bare name, as its neighbours do."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    before = set(sys.modules)
    yield import_module
    for name in set(sys.modules) - before:
        if getattr(sys.modules[name], "__file__", None) == str(BENCHMARKS / f"{name}.py"):
            del sys.modules[name]


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(BENCHMARKS / "run.py"), *map(str, arguments)]
    return subprocess.run(command, env=QUICK, capture_output=True, text=True, check=False)


def ask(*command: str) -> list[dict[str, Any]]:
    """What a rival answers for a few baskets."""
    questions = [{"number": n, "lines": LINES, "repeats": 1} for n in range(BASKETS)]
    done = subprocess.run(
        [sys.executable, str(BENCHMARKS / command[0]), *command[1:]],
        input="".join(json.dumps(one) + "\n" for one in questions),
        capture_output=True,
        text=True,
        check=False,
    )
    assert not done.returncode, done.stderr
    ready, *answers = map(json.loads, done.stdout.splitlines())
    assert ready == {"ready": True}
    assert len(answers) == BASKETS
    assert all(one["time_us"] > 0 and one["total_minor"] > 0 for one in answers)
    return answers


def totals(answers: list[dict[str, Any]]) -> list[int]:
    return [one["total_minor"] for one in answers]


def test_sections_are_written_with_their_targets(tmp_path: Path) -> None:
    done = run("explainings", "loadings", "--out", tmp_path)
    assert not done.returncode, done.stderr
    known = json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))
    assert list(known) == ["loadings", "explainings"], "sections stand in the order of the page"
    rows = [row for section in known.values() for row in section["rows"]]
    page = (tmp_path / "RESULTS.md").read_text(encoding="utf-8")
    for row in rows:
        assert row["what"] in done.stdout
        assert f"| {row['what']} | {row['value']} |" in page
        assert bool(row["target"]) == (row["met"] is not None)
    assert page.count("| met |") + page.count("| **missed** |") == sum(
        bool(row["target"]) for row in rows
    )


def test_one_section_leaves_the_others_as_they_are(tmp_path: Path) -> None:
    assert not run("loadings", "--out", tmp_path).returncode
    before = json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))
    assert not run("explainings", "--out", tmp_path).returncode
    after = json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))
    assert after["loadings"] == before["loadings"]


def test_receipts_are_taken_beside_a_run_of_classes(tmp_path: Path) -> None:
    done = run("classes", "--out", tmp_path)
    assert not done.returncode, done.stderr
    rows = json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))["classes"]["rows"]
    assert ["50 customers, 500 receipts" in row["note"] for row in rows] == [True, True]


def test_receipts_at_head_office_stand_beside_bare_inserts(tmp_path: Path) -> None:
    done = run("uploads", "--out", tmp_path)
    assert not done.returncode, done.stderr
    [row] = json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))["uploads"]["rows"]
    assert "20 of " in row["note"]
    assert "bare inserts" in row["note"]


def test_pages_of_the_owner_have_their_limits(tmp_path: Path) -> None:
    done = run("pages", "--out", tmp_path)
    assert done.returncode == 0, done.stderr
    rows = json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))["pages"]["rows"]
    assert [row["target"] for row in rows] == [*["<= 300 ms"] * 3, "", "<= 100000 bytes"]
    assert "among 100 customers" in rows[2]["note"]
    assert rows[4]["met"]


def test_an_unknown_section_is_bad_input(tmp_path: Path) -> None:
    done = run("speed", "--out", tmp_path)
    assert done.returncode == 2
    assert "no section speed; there are evaluations" in done.stderr
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("world", ["neutral", "crowded"])
def test_the_loop_in_c_and_in_python_come_to_the_same_totals(world: str) -> None:
    need(os.environ.get("CC", "cc"))
    plain = totals(ask("plain_loop.py", "all", world))
    assert totals(ask("plain_loop.py", "indexed", world)) == plain
    assert totals(ask("rival_c.py", world)) == plain


def test_the_plain_loop_is_never_cheaper(bench: Any) -> None:
    rivals = bench("rivals")

    def answered(*command: str) -> list[Any]:
        return [rivals.Answer(**one) for one in ask(*command)]

    ours = answered("rival_ours.py", "all", "crowded")
    theirs = answered("plain_loop.py", "indexed", "crowded")
    assert "dearer on" in rivals.paid(theirs, ours)
    assert "CHEAPER" not in rivals.paid(theirs, ours)
    worse = [replace(one, total_minor=one.total_minor + 100) for one in ours]
    assert "CHEAPER on" in rivals.paid(ours, worse), "a dearer engine must be seen"


def test_the_compact_model_proves_the_same_price(bench: Any) -> None:
    pytest.importorskip("ortools")
    rivals = bench("rivals")
    ours = [rivals.Answer(**one) for one in ask("rival_ours.py", "all", "crowded")]
    theirs = [rivals.Answer(**one) for one in ask("rival_cpsat.py", "crowded")]
    assert rivals.paid(theirs, ours) == f"same price on {BASKETS} baskets"


def test_oscar_prices_the_same_baskets_without_a_query(bench: Any) -> None:
    pytest.importorskip("oscar", reason="extra `bench` is not installed")
    rivals = bench("rivals")
    ours = [rivals.Answer(**one) for one in ask("rival_ours.py", "oscar", "crowded")]
    theirs = [rivals.Answer(**one) for one in ask("rival_oscar.py", "memory", "crowded")]
    assert "CHEAPER" not in rivals.paid(theirs, ours)


def test_a_rival_that_is_missing_is_named(bench: Any) -> None:
    rivals = bench("rivals")
    assert rivals.missing("json") == ""
    absent = rivals.Rival("nobody", ("no.py",), (20,), missing=rivals.missing("no_such_rival"))
    (row,) = rivals.measured([absent])
    assert (row.what, row.value) == ("nobody", "left out")
    assert "pip install" in row.note


def test_untouched_promotions_name_no_category_of_an_article(bench: Any) -> None:
    workload = bench("workload")
    known = {one for row in workload.articles() for one in row["categories"]}

    def named(promotions: list[dict[str, Any]]) -> set[str]:
        offers = [one["offer"] for one in promotions]
        slots = [slot for offer in offers for slot in offer.get("slots", [offer])]
        return {
            category
            for slot in slots
            for match in slot.get("on", {"any_of": [{"categories": ["c0"]}]})["any_of"]
            for category in match["categories"]
        }

    assert not named(workload.untouched(200)) & known
    assert named(workload.promotions(200)) & known


def test_a_profile_adds_up_functions_and_names_their_library(bench: Any) -> None:
    callgrind = bench("callgrind")
    costs = callgrind.by_function(
        "1,000 (60.0%)  native/match.c:__pyx_f_6native_9_compiled_5match__holds.isra.0"
        " [/a/native/_compiled/match.cpython-311-x86_64-linux-gnu.so]\n"
        "  500 (30.0%)  native/match.c:__pyx_f_6native_9_compiled_5match__holds'2\n"
        "  100 ( 6.0%)  Python/ceval.c:_PyEval_EvalFrameDefault [/usr/lib/libpython3.11.so.1.0]\n"
        "   60 ( 4.0%)  Python/ceval.c:inlined\n"
        "1,660 (100.0%)  PROGRAM TOTALS\n"
    )
    assert costs == {
        ("match._holds", "native: match"): 1500,
        ("_PyEval_EvalFrameDefault", "libpython3"): 100,
        ("inlined", "libpython3"): 60,
    }
