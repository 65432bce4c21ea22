"""What the end of the day answers."""

from __future__ import annotations

from pydantic import Field

from pos_plugin.service.contract.prints import JobNotice
from pos_plugin.service.contract.sales import Waiting
from pos_plugin.service.contract.words import Answer, Notice


class DayClosed(Answer):
    """What is still open when the shop's day ends."""

    suspended: list[Waiting]
    notices: list[JobNotice] = Field(description="to hand over or to decide")
    print_jobs_open: int | None = Field(description="not on paper for certain")
    events_unsent: int | None = Field(description="booked here, not yet confirmed by head office")
    warnings: list[Notice] = Field(description="for whoever looks after the till")
