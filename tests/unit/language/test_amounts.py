"""Amounts of memory and disk space with units."""

from __future__ import annotations

from decimal import Decimal

import pytest

from htmap_core.language import amounts


@pytest.mark.parametrize(
    ("text", "megabytes"),
    [
        ("2GB", 2048),
        ("2g", 2048),
        (" 2 gb ", 2048),
        ("1.5GB", 1536),
        (".5G", 512),
        ("1TB", 1024**2),
        ("300 MB", 300),
        ("1KB", 1),
        ("1025K", 2),
        ("0.1GB", 103),
    ],
)
def test_units_are_read_as_condor_submit_reads_them_and_rounded_up(text: str, megabytes: int) -> None:
    assert amounts.whole(*amounts.read(text), "MB") == megabytes


def test_a_number_alone_has_no_unit() -> None:
    assert amounts.read("200") == (Decimal(200), "")


@pytest.mark.parametrize("text", ["", "GB", "2GiB", "2 XB", "-1GB", "1e3", "nan", "inf", "2GB!", "\u0662GB", "1 2"])
def test_anything_else_is_no_amount(text: str) -> None:
    with pytest.raises(ValueError, match="GB"):
        amounts.read(text)
