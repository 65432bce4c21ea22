from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
import zxingcpp
from PIL import Image
from pydantic import ValidationError

from printers.document import TEST_CODE
from printers.profiles import Profile, read_profile
from printers.render import render
from printers.test_page import BAR_CONTENT, QR_CONTENT
from printers.test_page import test_page as a_test_page


@pytest.mark.parametrize("dots", [384, 512, 576])
@pytest.mark.parametrize("lang", ["de", "en"])
def test_the_page_is_whole_at_every_width(dots: int, lang: Any) -> None:
    document, pictures = a_test_page(dots=dots, lang=lang, printer="bon", said="heute")
    page = render(document, pictures, dots=dots)
    assert page.notes == ()
    with Image.open(BytesIO(page.png())) as image:
        read = {found.text for found in zxingcpp.read_barcodes(image.convert("L"))}
    assert read == {QR_CONTENT, BAR_CONTENT}


@pytest.mark.parametrize("dots", [192, 832])
def test_the_page_fits_whatever_width_a_profile_may_claim(dots: int) -> None:
    for claimed in (dots - 8, dots + 8):
        if not 192 <= claimed <= 832:
            with pytest.raises(ValidationError):
                Profile.model_validate(read_profile("generic-58").model_dump() | {"dots": claimed})
    document, pictures = a_test_page(dots=dots, lang="de", printer="bon" * 60, said="heute" * 40)
    assert render(document, pictures, dots=dots).width_dots == dots


def test_its_codes_show_a_scanner_of_another_keyboard_and_no_till_takes_them() -> None:
    assert set("YZ-/") <= set(QR_CONTENT)
    assert set("YZ-") <= set(BAR_CONTENT)
    assert QR_CONTENT.startswith(TEST_CODE)
    assert BAR_CONTENT.startswith(TEST_CODE)
