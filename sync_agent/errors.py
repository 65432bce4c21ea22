"""Faults of the way between till and head office, split by who is to blame."""

from __future__ import annotations

from pos_plugin.errors import PosPluginError


class SyncError(PosPluginError):
    """Root of every fault of the exchange; only its subclasses are raised."""

    def __init__(self, message: str, *, hint: str = "", retryable: bool = False) -> None:
        if type(self) is SyncError:
            raise TypeError("SyncError is a root: raise one of its subclasses")
        super().__init__(message, hint=hint, retryable=retryable)


class Unreachable(SyncError):  # noqa: N818 - the words of the design, read as states
    """Nobody answered in time: no network, no server, or an answer that never ended."""

    def __init__(self, message: str) -> None:
        super().__init__(message, hint="The till goes on; the agent tries again.", retryable=True)


class HeadOfficeRefused(SyncError):  # noqa: N818
    """Head office answered with a problem document, or with something that is no answer of ours.

    Args:
        problem: short stable word, the last part of the problem's ``type`` (``gap``, ``fork`` …).
        message: what head office said.
        status: HTTP status of the answer.
    """

    def __init__(self, problem: str, message: str, *, status: int) -> None:
        super().__init__(message, hint="Look at the head office log.", retryable=status >= 500)
        self.problem = problem
        self.status = status


class PackageRejected(SyncError):  # noqa: N818
    """A rule package that is not taken as a whole; the generation before it stays.

    Args:
        generation: the number the manifest named.
        reason: ``hash``, ``signature``, ``floor`` or the code of the rule error.
    """

    def __init__(self, generation: int, reason: str, message: str) -> None:
        super().__init__(message, hint="Publish a correct generation with a higher number.")
        self.generation = generation
        self.reason = reason


class AgentRunning(SyncError):  # noqa: N818
    """Another agent process already serves this data folder."""


class Stopped(SyncError):  # noqa: N818
    """The agent was told to end while a request was under way."""

    def __init__(self) -> None:
        super().__init__("the agent ends", retryable=True)
