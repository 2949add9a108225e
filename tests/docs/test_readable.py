"""Pages of the site on narrow screens and for screen readers."""

from __future__ import annotations

import pytest

from website.readable import with_breaks, with_levels, without_empty_headers


@pytest.mark.parametrize(
    ("name", "breaks"),
    [
        ("DELIVERY_METHOD", "DELIVERY_<wbr>METHOD"),
        ("transfer_output_files", "transfer_<wbr>output_<wbr>files"),
        ("ArgumentsDoNotFit", "Arguments<wbr>DoNot<wbr>Fit"),
        ("htmap", "htmap"),
        ("a.b", "a.b"),
    ],
)
def test_long_names_break_behind_their_joints(name: str, breaks: str) -> None:
    code = '<code class="literal"><span class="pre">{}</span></code> a_long_word_that_is_no_code'
    assert with_breaks(code.format(name)) == code.format(breaks)


def test_captions_say_their_level() -> None:
    assert with_levels('<p role="heading">') == '<p role="heading" aria-level="2">'


def test_an_empty_cell_is_no_header() -> None:
    row = '<tr><th class="head"><p>{}</p></th></tr>'
    assert without_empty_headers(row.format("")) == "<tr><td></td></tr>"
    assert without_empty_headers(row.format("tide")) == row.format("tide")
