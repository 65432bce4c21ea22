"""What can be wrong with the machine that is to serve."""

from __future__ import annotations

from pos_plugin.errors import PosPluginError


class PortTaken(PosPluginError):  # noqa: N818 - read as a state, like the others
    """Another program already listens on the port."""

    def __init__(self, port: int, fault: OSError) -> None:
        super().__init__(
            f"port {port} cannot be used: {fault.strerror}", hint="Choose another with --port."
        )


class TokenUnusable(PosPluginError):  # noqa: N818
    """``api.token`` cannot be written, or others than its owner may read it."""
