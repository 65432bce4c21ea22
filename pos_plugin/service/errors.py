"""What can be wrong with the machine that is to serve."""

from __future__ import annotations

from pos_plugin.errors import PosPluginError


class TokenUnusable(PosPluginError):  # noqa: N818 - read as a state, like the others
    """``api.token`` cannot be written, or others than its owner may read it."""
