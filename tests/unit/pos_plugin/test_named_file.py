"""Files that a person named: read up to a limit, written whole or not at all."""

from __future__ import annotations

import gzip
import json
import os
import stat
import subprocess
from pathlib import Path

import pytest
from lone_till import LoneTill
from processes import STAMMKUNDE

from pos_plugin.errors import SaleError
from pos_plugin.named_file import read_named, written_whole
from pos_plugin.replay import read

ZERO = Path("/dev/zero")
ENROL = ("--url", "http://127.0.0.1:9", "--till", "3", "--code", "ABCD-1234")


def test_a_file_up_to_the_limit_is_read_and_no_byte_more(tmp_path: Path) -> None:
    path = tmp_path / "sale.json"
    path.write_bytes(b"0123456789")
    assert read_named(path, "sale", bytes_max=10) == b"0123456789"
    with pytest.raises(SaleError, match=f"^sale: {path} is larger than 9 bytes$"):
        read_named(path, "sale", SaleError, bytes_max=9)


@pytest.mark.skipif(not ZERO.exists(), reason="Linux has it")
@pytest.mark.parametrize(
    "command",
    [
        ["evaluate", "--cases", "/dev/zero"],
        ["evaluate", "--promotions", "/dev/zero", "--sale", "/dev/null"],
        ["promotions", "lint", "/dev/zero"],
        ["promotions", "lint", "RULES", "--articles", "/dev/zero"],
        ["replay", "/dev/zero", "--promotions", "RULES"],
        ["import", "rules", "/dev/zero", "--config", "CONFIG"],
        ["import", "articles", "/dev/zero", "--config", "CONFIG"],
        ["import", "tables", "/dev/zero", "--config", "CONFIG"],
        ["head-office", "publish", "/dev/zero", "--data", "HEAD_OFFICE"],
        ["agent", "enrol", *ENROL, "--ca", "/dev/zero", "--config", "CONFIG"],
    ],
)
def test_an_endless_input_ends_with_one_sentence(command: list[str], tmp_path: Path) -> None:
    import resource

    rules = tmp_path / "rules.json"
    rules.write_text('{"generation": 1, "promotions": []}')
    till = LoneTill(tmp_path / "till")
    words = {"RULES": rules, "CONFIG": till.config_path, "HEAD_OFFICE": tmp_path / "ho"}
    if "HEAD_OFFICE" in command:
        made = ["init", "--data", tmp_path / "ho", "--shop", "001", "--till", "3"]
        subprocess.run(
            [*STAMMKUNDE, "head-office", *map(str, made), "--till-dir", str(till.folder)],
            check=True,
            capture_output=True,
            timeout=60,
        )
    done = subprocess.run(
        [*STAMMKUNDE, *(str(words.get(word, word)) for word in command)],
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (3 << 30, 3 << 30)),
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert set(json.loads(done.stderr)) == {"error", "where", "message"}, done.stderr


def test_a_small_file_that_unpacks_to_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pos_plugin.replay.read.MAX_FILE_BYTES", 1 << 20)
    packed = gzip.compress(bytes(1 << 22))
    for reads in (lambda: read.read_receipts("r.gz", packed, ()), lambda: _articles(packed)):
        with pytest.raises(SaleError, match="unpacks to more than 1048576 bytes"):
            reads()


def _articles(packed: bytes) -> object:
    return read.read_articles("r.gz", packed)


@pytest.mark.parametrize("fault", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_a_write_that_fails_leaves_what_was_there(tmp_path: Path, fault: BaseException) -> None:
    path = tmp_path / "page.html"
    path.write_text("old")

    def write_half() -> None:
        with written_whole(path) as place:
            place.write_text("half")
            raise fault

    with pytest.raises(type(fault)):
        write_half()
    assert getattr(fault, "filename", str(path)) == str(path)
    assert (path.read_text(), list(tmp_path.iterdir())) == ("old", [path])


@pytest.mark.skipif(os.name != "posix", reason="rights of POSIX")
def test_a_file_written_again_keeps_its_rights(tmp_path: Path) -> None:
    path = tmp_path / "customers.csv"
    path.touch(mode=0o600)
    with written_whole(path) as place:
        place.write_text("new")
    assert (path.read_text(), stat.S_IMODE(path.stat().st_mode)) == ("new", 0o600)


@pytest.mark.skipif(os.name != "posix", reason="links and devices of POSIX")
def test_a_link_and_a_device_are_written_to(tmp_path: Path) -> None:
    link, target = tmp_path / "link", tmp_path / "target"
    target.write_text("old")
    link.symlink_to(target)
    for path in (link, Path(os.devnull)):
        with written_whole(path) as place:
            place.write_text("new")
    assert (link.is_symlink(), target.read_text()) == (True, "new")


def test_the_longest_name_is_written(tmp_path: Path) -> None:
    path = tmp_path / ("ä" * 125 + ".html")
    with written_whole(path) as place:
        place.write_text("new")
    assert [one.name for one in tmp_path.iterdir()] == [path.name]


def test_a_disk_that_takes_nothing_is_named_by_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: Path, **_: object) -> None:
        raise OSError(30, "Read-only file system", str(self))

    monkeypatch.setattr(Path, "touch", refuse)
    monkeypatch.setattr(Path, "unlink", refuse)
    path = tmp_path / "page.html"
    with pytest.raises(OSError, match="Read-only") as fault, written_whole(path):
        pass
    assert fault.value.filename == str(path)
