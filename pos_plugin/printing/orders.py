"""What a till orders to be printed: for which printer, at once or when the cashier says so."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Final, NamedTuple

from pos_plugin.storage.journal_writer import NewPrintJob
from pos_plugin.uids import new_uid

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pos_plugin.config import TillConfig
    from printers.document import Document

ROLES: Final[Mapping[str, str]] = {"approval": "slip", "statement": "statement"}
"""Printer role of each kind of paper; every other one is the voucher printer's."""


class Paper(NamedTuple):
    """A filled document, and the template that it was filled from."""

    document: Document
    template_id: str
    template_version: int


def hold_after_s(config: TillConfig, role: str) -> int | None:
    """Return how long somebody waits for paper of a printer role; None = for ever."""
    printer = config.printer_for(role)
    return None if printer is None or not printer.hold_after_s else printer.hold_after_s


def print_order(
    config: TillConfig,
    paper: Paper,
    *,
    customer: str | None,
    now: dt.datetime,
    uid: str | None = None,
    coupons: tuple[str, ...] = (),
) -> NewPrintJob:
    """Return a print job for a filled paper, to be stored with what it belongs to.

    Args:
        config: of the till.
        paper: what is printed.
        customer: whose it is, if anybody's.
        now: instant of the event that orders it.
        uid: of the job; a new one when missing.
        coupons: ids of the vouchers that share it as a strip; empty on any other paper.
    """
    document = paper.document
    role = ROLES.get(document.kind, "voucher")
    waits_s = hold_after_s(config, role)
    return NewPrintJob(
        uid=uid or str(new_uid(now)),
        kind=document.kind,
        subject_uid=document.subject_uid,
        # Nobody gets the vouchers of a training, so no strip of theirs is kept.
        coupons=() if document.training else coupons,
        customer=customer,
        printer_role=role,
        document=document.to_json(),
        training=document.training,
        is_held=document.kind in config.printing.after_ack,
        hold_after_at=None if waits_s is None else now + dt.timedelta(seconds=waits_s),
        template_id=paper.template_id,
        template_version=paper.template_version,
    )
