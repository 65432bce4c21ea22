"""What can be wrong with head office itself: its folder, its file, its port."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pos_plugin.errors import InputError, PosPluginError

if TYPE_CHECKING:
    from pathlib import Path


class HeadOfficeError(PosPluginError):
    """Root of the faults of head office; only its subclasses are raised."""


class HeadOfficeMissing(HeadOfficeError):  # noqa: N818 - read as states, like the till's
    """The folder holds no head office."""

    def __init__(self, folder: Path) -> None:
        super().__init__(
            f"there is no head office in {folder}",
            hint="Create one with: stammkunde head-office init",
        )


class HeadOfficeStorage(HeadOfficeError):  # noqa: N818
    """The file cannot be opened or written."""

    def __init__(self, path: Path, fault: BaseException) -> None:
        super().__init__(
            f"{path} cannot be used: {fault}", hint="Look at disk space and rights of the folder."
        )


class HeadOfficeBusy(HeadOfficeError):  # noqa: N818
    """Another process writes to the file for longer than the busy timeout."""

    def __init__(self) -> None:
        super().__init__("head office is busy", hint="Try again.", retryable=True)


class HeadOfficeServes(HeadOfficeError):  # noqa: N818
    """Another process serves the folder."""

    def __init__(self, folder: Path) -> None:
        super().__init__(f"a head office is serving {folder}", hint="Stop that process first.")


class BackupUnusable(HeadOfficeError):  # noqa: N818
    """A copy that is not whole."""

    def __init__(self, path: Path, said: str) -> None:
        super().__init__(f"{path} is not whole: {said}", hint="Take another copy.")


class LoadError(InputError):
    """A row of a load folder that cannot be taken; nothing of the folder was."""


class LibraryMissing(HeadOfficeError):  # noqa: N818
    """This installation is a till's: it has no library of head office."""

    def __init__(self) -> None:
        super().__init__(
            "head office is not installed here", hint='Run: pip install "stammkunde[head-office]"'
        )
