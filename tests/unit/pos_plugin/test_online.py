"""What a till remembers of head office's word while a sale lasts."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from pos_plugin.agent_calls import AgentCalls
from pos_plugin.notices import Refusal, Refused
from pos_plugin.online import TAKEN, Online

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

PATIENCE_MS = 30_000


class Agent(AgentCalls):
    """An agent that says one thing after the other, the last one for ever."""

    def __init__(self, folder: Path, *answers: dict[str, Any] | None) -> None:
        super().__init__(folder)
        self._answers = list(answers)
        self.asked: list[str] = []

    def ask(self, call: str, body: Mapping[str, Any]) -> dict[str, Any] | None:
        self.asked.append(f"{call} {body['voucher']}")
        return self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]


HELD = {"state": "reserved"}


@pytest.mark.parametrize("answer", [HELD, None, {"refused": TAKEN}])
def test_head_office_is_asked_once_while_its_word_counts(
    tmp_path: Path, answer: dict[str, Any] | None
) -> None:
    agent = Agent(tmp_path, answer)
    with closing(Online(agent, wait_ms=PATIENCE_MS)) as online:
        assert online.hold("S1", "V1") == online.hold("S1", "V1")
    assert agent.asked == ["reserve V1"]


def test_sale_that_outlasts_the_hold_asks_again(tmp_path: Path) -> None:
    agent = Agent(tmp_path, HELD, {"refused": TAKEN})
    with closing(Online(agent, wait_ms=PATIENCE_MS, held_s=0.0)) as online:
        assert online.hold("S1", "V1") is True
        assert online.hold("S1", "V1") == Refused(Refusal.VOUCHER_REDEEMED)
    # The control: within its time the first word counts.
    agent = Agent(tmp_path, HELD, {"refused": TAKEN})
    with closing(Online(agent, wait_ms=PATIENCE_MS)) as online:
        assert online.hold("S1", "V1") is online.hold("S1", "V1") is True
