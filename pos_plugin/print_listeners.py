"""Who hears of print jobs: screens, and the one host that prints.

1. An effect goes one way only: to ``on_print``, else to the newest listener that said it prints.
2. A listener that fails is no reason to stop printing.
"""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Any, Literal

from pos_plugin.print_notices import JobNotice

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from printers.host import HostPrint


@dataclass(frozen=True, slots=True)
class Told:
    """Something a listener hears.

    Args:
        kind: ``notice`` about a job, ``printer``: how it stands, ``print``: what is to be printed.
        value: of that kind.
    """

    kind: Literal["notice", "printer", "print"]
    value: JobNotice | HostPrint | Mapping[str, Any]

    def to_dict(self, language: str) -> dict[str, Any]:
        """Return it as plain values; ``language`` is ``de`` or ``en``."""
        if isinstance(self.value, JobNotice):
            return self.value.to_dict(language)
        if self.kind == "print":
            effect: HostPrint = self.value  # type: ignore[assignment]
            return effect.to_effect()
        printer: dict[str, Any] = dict(self.value)  # type: ignore[arg-type]
        said = printer.get("notice")
        return {**printer, "notice": said and said.to_dict(language)}


class Listeners:
    """Everybody who hears of print jobs; ``printers.host.HostLine`` for a host that prints.

    Args:
        on_print: the host's own function for what is to be printed.
        on_fault: told of what listeners raise.
    """

    def __init__(
        self,
        on_print: Callable[[dict[str, Any]], object] | None,
        on_fault: Callable[[Exception], None],
    ) -> None:
        self._on_print = on_print
        self._on_fault = on_fault
        self._lock = Lock()
        self._all: dict[object, Callable[[Told], object]] = {}
        self._printing: dict[object, Callable[[Told], object]] = {}

    def add(self, listener: Callable[[Told], object], *, prints: bool) -> Callable[[], None]:
        """Tell a listener from now on.

        Args:
            listener: called on the printing thread; must return at once.
            prints: whether it prints what it is told.

        Returns:
            Ends it.
        """
        key = object()
        with self._lock:
            self._all[key] = listener
            if prints:
                self._printing[key] = listener

        def remove() -> None:
            with self._lock:
                self._all.pop(key, None)
                self._printing.pop(key, None)

        return remove

    def tell(self, told: Told) -> None:
        """Tell everybody."""
        with self._lock:
            listeners = list(self._all.values())
        for listener in listeners:
            try:
                listener(told)
            # The host's own code.
            except Exception as error:  # noqa: BLE001
                self._on_fault(error)

    def is_there(self) -> bool:
        """Return whether somebody listens who prints."""
        return self._on_print is not None or bool(self._printing)

    def take(self, effect: HostPrint) -> bool:
        """Give what is to be printed to the one who prints.

        Returns:
            Whether it went out whole; a listener says so itself.
        """
        if self._on_print is not None:
            self._on_print(effect.to_effect())
            return True
        with self._lock:
            newest = next(reversed(self._printing.values()), None)
        if newest is not None:
            newest(Told("print", effect))
        return False
