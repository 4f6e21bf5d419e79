"""Versions compare as versions."""

import pytest

from retrieval.text.version_names import begins_with, version_order


def test_versions_are_ordered_by_their_numbers_and_words() -> None:
    """Numbers count part by part, what is not released comes first, and "latest" last."""
    rising = [
        "main", "2.0-alpha", "2.0-beta.1", "2.0b2", "2.0rc1", "3.0.dev1", "jammy", "1", "v2", "2.0.1", "2.9", "2.10",
        "release-2.11", "3", "2023a", "2023b", "2024.1", "2024-05-01", "lts", "stable", "latest",
    ]  # fmt: skip
    orders = [version_order(name) for name in rising]
    assert sorted(orders) == orders
    assert len(set(orders)) == len(orders)


@pytest.mark.parametrize(
    ("one", "other"), [("v2.3", "2.3"), ("2.3.0", "2.3"), ("Release 2.3", "2_3"), ("2.x", "2"), ("3.0-RC1", "3.0rc1")]
)
def test_one_version_can_be_written_in_several_ways(one: str, other: str) -> None:
    """A "v", zeros at the end and the marks between numbers mean nothing."""
    assert version_order(one) == version_order(other)


@pytest.mark.parametrize(
    ("name", "shorter", "expected"),
    [
        ("2.2.4", "2.2", True),
        ("v3.9", "3", True),
        ("2.20", "2.2", False),
        ("latest", "2", False),
        ("2.2", "2.2rc1", False),
    ],
)
def test_a_shorter_number_stands_for_all_that_begin_with_it(name: str, shorter: str, expected: bool) -> None:
    """Whole numbers are compared, not digits."""
    assert begins_with(name, shorter) is expected
