"""Numbers are written as Excel shows them in the common formats."""

from datetime import datetime

import pytest

from retrieval.reading.formats.number_formats import shown_number

FIRST_DAY = datetime(1899, 12, 30)


@pytest.mark.parametrize(
    ("number", "code", "shown"),
    [
        (1899.5, '"£"#,##0.00', "£1,899.50"),
        (40, '#,##0\\ "€"', "40 €"),
        (40, "[$€-407] #,##0.00", "€ 40.00"),
        (7.25, '#,##0.00 "CHF"', "7.25 CHF"),
        (-35, "$#,##0.00;($#,##0.00)", "($35.00)"),
        (-35, '"£"#,##0', "-£35"),
        (-35, "#,##0.00_);[Red]\\(#,##0.00\\)", "(35.00)"),
        (0, '_-* #,##0.00_-;-* #,##0.00_-;_-* "-"??_-;_-@_-', "-"),
        (0, "0;-0;;@", ""),
        (42, "0000", "0042"),
        (9125550143, "(000) 000-0000", "(912) 555-0143"),
        (1234567, '#,##0,"k"', "1,235k"),
        (0.125, "0%", "13%"),
        (0.125, "0.0%", "12.5%"),
        (2.345, "0.00", "2.35"),
        (2.5, "0.##", "2.5"),
        (-0.2, "0", "0"),
        (3, 'General" kg"', "3 kg"),
    ],
)
def test_numbers_have_their_separators_signs_and_units(number: float, code: str, shown: str) -> None:
    """Rounded as Excel rounds: half away from zero."""
    assert shown_number(number, code, FIRST_DAY) == shown


@pytest.mark.parametrize(
    ("number", "code", "shown"),
    [
        (45413, "ddd d mmm", "Wed 1 May (2024-05-01)"),
        (45413, "[$-409]mmmm d, yyyy;@", "May 1, 2024"),
        (45413.75, "dd-mmm-yy h:mm", "01-May-24 18:00"),
        (45413, "mmm yyyy", "May 2024"),
        (0.8125, "h:mm AM/PM", "7:30 PM"),
        (0, "h AM/PM", "12 AM"),
        (0.375, "hh:mm", "09:00"),
        (0.0625, "mm:ss", "30:00"),
        (1.25, "[h]:mm", "30:00"),
    ],
)
def test_dates_and_times_have_the_parts_of_their_format(number: float, code: str, shown: str) -> None:
    """A date without its year is followed by all of it, so that it is found."""
    assert shown_number(number, code, FIRST_DAY) == shown


@pytest.mark.parametrize(
    "code",
    [
        "", "@", "m/d/yyyy", "dd.mm.yyyy", "[$-407]d. mmmm yyyy;@", "mmmmm", "# ?/?", "0.00E+00", "[>=10]0;0.0",
        "0.0 kg", "0" * 300, "0." + "0" * 31, "b1yy", "d mmm 0",
    ],
)  # fmt: skip
def test_other_formats_are_left_to_the_caller(code: str) -> None:
    """Dates in digits and in other languages are among them."""
    assert shown_number(45413, code, FIRST_DAY) is None


@pytest.mark.parametrize("number", [float("nan"), float("inf"), -1e300, 1e15])
def test_numbers_beyond_what_excel_shows_are_left_to_the_caller(number: float) -> None:
    """It computes with fifteen digits."""
    assert shown_number(number, "#,##0.00", FIRST_DAY) is None
    assert shown_number(number, "ddd d mmm", FIRST_DAY) is None
