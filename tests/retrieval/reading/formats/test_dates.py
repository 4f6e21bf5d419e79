"""Dates are parsed from the forms of several formats."""

import pytest

from retrieval.reading.formats.dates import date_of


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("2024-05-01T09:00:00Z", "2024-05-01"), ("2024-05", "2024-05"), ("2024", "2024"), ("20240501", "2024-05-01"),
        ("D:20240501090000+01'00'", "2024-05-01"), ("2024-13-01", None), ("soon", None), ("", None), (None, None),
        ("0000-01-01", None), ("12:30", None),
    ],
)  # fmt: skip
def test_dates_are_parsed_as_far_as_they_go(text: str | None, date: str | None) -> None:
    """In the forms of web pages, e-books and PDFs, without inventing a part."""
    assert date_of(text) == date
