"""The eight forms, one a file; whatever they cannot say goes into the expert form."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from head_office.web.forms.birthday import BirthdayForm
from head_office.web.forms.class_voucher import ClassVoucherForm
from head_office.web.forms.instant_discount import InstantDiscountForm
from head_office.web.forms.n_for_m import NForMForm
from head_office.web.forms.outfit import OutfitForm
from head_office.web.forms.percent import PercentForm
from head_office.web.forms.points import PointsForm
from head_office.web.forms.tiers import TiersForm

if TYPE_CHECKING:
    from head_office.web.forms.form import Form

FORMS: Final[tuple[Form, ...]] = (
    PercentForm(),
    NForMForm(),
    OutfitForm(),
    TiersForm(),
    BirthdayForm(),
    InstantDiscountForm(),
    PointsForm(),
    ClassVoucherForm(),
)
BY_CODE: Final = {form.code: form for form in FORMS}
EXPERT: Final = "expert"
"""Code of the form that takes JSON."""
