from __future__ import annotations

from pathlib import Path

import pytest

from pos_plugin.drives import Drive, drive_of

TABLE = """\
27 1 254:0 / / rw,relatime - ext4 /dev/vda rw
30 27 0:40 / /mnt rw - tmpfs tmpfs rw
31 27 0:41 / /srv/till rw - nfs4 server:/till rw
32 27 0:42 / /srv/two\\040words rw - fuse.sshfs server: rw
33 27 0:43 / /srv/hidden rw - cifs //server/share rw
34 27 0:44 / /srv/hidden rw - ext4 /dev/vdb rw
broken line
"""


@pytest.mark.parametrize(
    ("folder", "kind"),
    [
        ("/var/lib/stammkunde", Drive.LOCAL),
        ("/mnt/x", Drive.MEMORY),
        ("/srv/till/001", Drive.NETWORK),
        ("/srv/tills", Drive.LOCAL),
        ("/srv/two words/till", Drive.NETWORK),
        ("/srv/hidden", Drive.LOCAL),
    ],
)
def test_kind_of_disk_is_read_from_the_mounts(tmp_path: Path, folder: str, kind: Drive) -> None:
    table = tmp_path / "mountinfo"
    table.write_text(TABLE)
    assert drive_of(Path(folder), mounts=table) is kind


def test_a_link_to_a_network_drive_is_one(tmp_path: Path) -> None:
    table = tmp_path / "mountinfo"
    table.write_text(f"{TABLE}35 27 0:45 / {tmp_path / 'share'} rw - nfs server:/ rw\n")
    (tmp_path / "share").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "share")
    assert drive_of(tmp_path / "link" / "till", mounts=table) is Drive.NETWORK
    assert drive_of(tmp_path / "till", mounts=table) is Drive.LOCAL


def test_nobody_knows_without_a_table(tmp_path: Path) -> None:
    assert drive_of(tmp_path, mounts=tmp_path / "none") is Drive.UNKNOWN


def test_this_machine_is_told() -> None:
    assert drive_of(Path("/")) is not Drive.NETWORK
