"""Refusals of the server as problem documents (RFC 9457) with a stable ``type``."""

from __future__ import annotations

from typing import Final

from sync_agent.protocol.messages import PROBLEM_PREFIX, Problem

TITLES: Final = {
    "unauthorized": "The token is not known here",
    "revoked": "This till was revoked: its copy of the data is to be destroyed",
    "enrol-refused": "No till is expected with this code",
    "too-many": "Too many questions; wait a minute",
    "voucher-taken": "The voucher cannot be held for this sale",
    "forbidden": "The token does not allow this",
    "not-found": "There is no such thing here",
    "too-large": "More than the limit of this endpoint",
    "not-an-event": "A line is not an event envelope",
    "gap": "An event before this one is missing",
    "fork": "Another event already has this number",
    "must-refetch": "The cursor does not belong to this log; start again at zero",
    "invalid": "The request is not what the protocol says",
    "busy": "Head office is busy; try again",
    "unavailable": "Head office cannot store anything now",
}


class ProblemError(Exception):
    """A request that is answered with a problem document.

    Args:
        word: last part of the problem type, one of ``TITLES``.
        status: HTTP status.
        detail: what is wrong in this very request.
    """

    def __init__(self, word: str, status: int, detail: str = "") -> None:
        super().__init__(f"{word}: {detail}")
        self.word = word
        self.problem = Problem(
            type=PROBLEM_PREFIX + word, title=TITLES[word], status=status, detail=detail
        )
