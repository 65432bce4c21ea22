"""The file by which somebody wakes a resting agent."""

from __future__ import annotations

from typing import Final

WAKE_NAME: Final = "agent.wake"
