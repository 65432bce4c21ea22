"""Any order of what can happen between three tills and a head office: all laws hold (sync.md §1).

``STAMMKUNDE_SCHEDULES`` says how many schedules are played (default 5; `make soak` 300).
"""

from __future__ import annotations

import os
import shutil
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
from chain import Chain, make_template

from pos_plugin.storage import ledger_store
from pos_plugin.voucher import presented, spending
from sync_agent import cycle
from sync_agent.agent import Agent

if TYPE_CHECKING:
    from pathlib import Path

SCHEDULES = int(os.environ.get("STAMMKUNDE_SCHEDULES", "5"))
SEED = int(os.environ.get("STAMMKUNDE_SEED", "20261123"))
STEPS = 40
TRIED_AT_MOST = 20


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_template(tmp_path_factory.mktemp("chain") / "template")


def play(template: Path, folder: Path, seed: int, **how: Any) -> None:
    """Play a schedule to its end."""
    with closing(Chain(folder, template, seed, **how)) as chain:
        try:
            for _ in range(STEPS):
                chain.step()
            chain.settle()
        except BaseException:
            print(f"seed {seed}: {', '.join(chain.told)}")  # noqa: T201
            raise
    shutil.rmtree(folder)


def test_every_schedule_keeps_the_laws(template: Path, tmp_path: Path) -> None:
    for seed in range(SEED, SEED + SCHEDULES):
        play(template, tmp_path / str(seed), seed)


class MarksFirst(Agent):
    """The mark is committed before the effect."""

    def _do(self, action: cycle.Action) -> cycle.Happened:
        if isinstance(action, cycle.Upload):
            batch = action.batch
            known = self._state.incarnation or "-"
            self._writer.set_acked(batch.epoch, batch.last_seq, incarnation=known)
            self._acked[batch.epoch] = batch.last_seq
        return super()._do(action)


def is_found_out(template: Path, folder: Path, **how: Any) -> bool:
    for seed in range(SEED, SEED + TRIED_AT_MOST):
        try:
            play(template, folder / str(seed), seed, **how)
        except AssertionError:
            return True
    return False


def test_mark_before_effect_is_found_out(template: Path, tmp_path: Path) -> None:
    assert is_found_out(template, tmp_path, agent_class=MarksFirst)


@pytest.mark.parametrize("included", [0, 2**62], ids=["counted twice", "missed"])
def test_wrong_sum_of_own_entries_is_found_out(
    template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, included: int
) -> None:
    monkeypatch.setattr(ledger_store, "included_up_to", lambda *_: included)
    assert is_found_out(template, tmp_path)


def test_cap_of_a_receipt_in_place_of_a_period_is_found_out(
    template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (presented, spending):
        monkeypatch.setattr(module, "held_up_to", lambda *_: 2**62)
    assert is_found_out(template, tmp_path, steps={"redeem": 1})
