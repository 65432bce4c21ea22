"""What Tryton loads: ``tryton.cfg`` beside this file names classes of these modules."""

from . import cron, line, point, sale

__all__ = ["cron", "line", "point", "sale"]
