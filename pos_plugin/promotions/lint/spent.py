"""How work ends at its bound: counted, never timed, so that the answer is the same again."""

from __future__ import annotations


class Spent(Exception):  # noqa: N818 - a state: the work a check may do is done
    """A check has used up what it may try."""
