"""The codes of every sample, read by a second reader (zbar); zxing reads them in test_samples.

It needs libzbar of the system, which CI installs: without it there it fails, elsewhere it skips.
"""

from __future__ import annotations

import importlib
import os
from typing import Any

import pytest
import sample_pictures
from PIL import Image
from sample_pictures import SAMPLES, Sample

SYMBOLOGIES = {"QRCODE": "qr", "CODE128": "code128", "EAN13": "ean13"}


def reader() -> Any:
    """Return the module that reads with zbar."""
    try:
        return importlib.import_module("pyzbar.pyzbar")
    except ImportError as missing:
        if os.environ.get("CI"):
            raise
        pytest.skip(f"libzbar is not here (Debian: apt install libzbar0): {missing}")


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda one: one.name)
def test_two_readers_agree_about_every_code(sample: Sample) -> None:
    decode = reader().decode
    with Image.open(sample_pictures.FOLDER / sample.name) as image:
        grey = image.convert("L")
    by_zbar = {(code.data.decode(), SYMBOLOGIES[code.type]) for code in decode(grey)}
    assert by_zbar == sample_pictures.codes_on(sample)


def test_page_without_its_code_does_not_agree() -> None:
    """The control: what is painted over is read by nobody."""
    decode = reader().decode
    name = "rental-voucher-de-80.png"
    with Image.open(sample_pictures.FOLDER / name) as image:
        grey = image.convert("L")
    assert decode(grey)
    assert not decode(Image.new("L", grey.size, 255))


def test_ci_fails_where_the_reader_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise ImportError(name)

    monkeypatch.setattr(importlib, "import_module", missing)
    monkeypatch.setenv("CI", "true")
    with pytest.raises(ImportError):
        reader()
    monkeypatch.delenv("CI")
    with pytest.raises(pytest.skip.Exception):
        reader()
