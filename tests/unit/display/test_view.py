"""What objects show of themselves, in notebooks and in terminals."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

import pytest

import htmap
from htmap_core.components import ComponentHold, ComponentStatus
from htmap_core.contract.usual.meanings import meanings
from htmap_core.display.short import cut, short
from htmap_core.display.view import BAD, Section, Tinted, as_html, as_text
from htmap_core.results.errors import ComponentError

HOSTILE = '<script>alert(1)</script><img src=x onerror="x">\x1b[31m\u202e&amp;"\'$x^2$'
TAGS = {"div", "p", "table", "thead", "tbody", "tr", "th", "td"}


class Seen(HTMLParser):
    """The tags, attributes and texts of a piece of HTML."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.closed: list[str] = []
        self.attributes: set[str] = set()
        self.texts: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes.update(name for name, _ in attrs)

    def handle_endtag(self, tag: str) -> None:
        self.closed.append(tag)

    def handle_data(self, data: str) -> None:
        self.texts += [data] if data.strip() else []


class Printer:
    """What IPython gives to ``_repr_pretty_``; it has the ids of the objects that are being shown."""

    def __init__(self, depth: int) -> None:
        self.stack = list(range(depth))
        self.said = ""

    def text(self, text: str) -> None:
        self.said += text


VIEW = [
    Section("high <tide>", ("Name", "Count"), [("a & b", Tinted("3", BAD)), (HOSTILE, "10")], left=1),
    Section(HOSTILE),
    Section("", ("Name",), [("line\nbreak",)]),
]


def test_a_view_is_well_formed_and_has_nothing_but_tables_and_sentences() -> None:
    seen = Seen(as_html(VIEW))
    assert set(seen.tags) <= TAGS
    assert sorted(seen.tags) == sorted(seen.closed)
    assert seen.attributes == {"class", "style"}


def test_whatever_is_shown_is_escaped_and_obeyed_by_nobody() -> None:
    html = as_html(VIEW)
    assert not re.search(r"<(script|img)", html)
    assert not re.search("[\x1b\u202e]", html + as_text(VIEW))
    assert sum("<script>alert(1)</script><img" in text for text in Seen(html).texts) == 2


def test_no_colour_of_text_is_set_and_tints_let_the_page_through_so_any_theme_will_do() -> None:
    styles = " ".join(re.findall(r'style="([^"]*)"', as_html(VIEW)))
    assert not re.search(r"(?<!-)\bcolor:", styles)
    assert re.findall(r"background-color: (\S+)\(", styles) == ["rgba"]


def test_dollars_are_no_formulas() -> None:
    (classes,) = re.findall(r'class="([^"]*)"', as_html(VIEW))
    assert {"tex2jax_ignore", "mathjax_ignore"} <= set(classes.split())


def test_text_has_a_row_for_each_row_and_a_blank_line_between_sections() -> None:
    first, second, third = as_text(VIEW).split("\n\n")
    assert [line.split()[0] for line in first.splitlines()] == ["high", "Name", "a", "<script>alert(1)</script><img"]
    assert first.splitlines()[2].endswith("  3")
    assert len(second.splitlines()) == 1
    assert third.splitlines() == ["Name", "line break"]


# --- what shows itself so


SHOWN = [
    htmap.MapOptions(request_memory="1GB", environment=[{"A": HOSTILE}], custom_options={"Project": [HOSTILE]}),
    htmap.MapOptions(),
    htmap.Outcome(3, ComponentStatus.COMPLETED, HOSTILE),
    htmap.Outcome(3, ComponentStatus.HELD, error=ComponentHold(13, HOSTILE)),
    htmap.Outcome(3, ComponentStatus.ERRORED, error=ComponentError(component=3, exception_msg="", headline=HOSTILE)),
    ComponentError(component=3, exception_msg="", headline=HOSTILE, node_info=(HOSTILE, HOSTILE, None)),
]


@pytest.mark.parametrize("shown", SHOWN)
def test_options_outcomes_and_errors_show_themselves(shown: Any) -> None:
    html = shown._repr_html_()
    assert Seen(html).attributes <= {"class", "style"}
    assert set(Seen(html).tags) <= TAGS
    assert "_repr_pretty_" in vars(type(shown))  # else IPython takes the class's own `__repr__`
    alone, within = Printer(1), Printer(2)
    shown._repr_pretty_(alone, cycle=False)
    shown._repr_pretty_(within, cycle=False)
    assert within.said == repr(shown)
    assert alone.said == as_text(shown._view()) != repr(shown)


def test_options_are_shown_with_the_values_that_were_given_and_what_the_usual_ones_mean() -> None:
    options = htmap.MapOptions(request_memory=["1GB", "2GB"], request_cpus=2, fixed_input_files=["a", "b"], rank="Mips")
    (section,) = options._view()
    assert section.headers == ("Option", "Value", "Meaning")
    shown = {name: (value, meaning) for name, value, meaning in section.rows}
    assert shown["request_cpus"] == ("2", meanings(htmap.MapOptions)["request_cpus"])
    assert shown["fixed_input_files"] == ("('a', 'b')", meanings(htmap.MapOptions)["fixed_input_files"])
    assert shown["request_memory"][0].startswith("['1GB', '2GB'], ")
    assert shown["rank"] == ("Mips", "")
    assert {"request_cpus", "Mips", *section.headers} <= set(Seen(options._repr_html_()).texts)


def test_an_iterator_among_options_is_not_used_up_by_a_look() -> None:
    options = htmap.MapOptions(request_memory=(f"{size}GB" for size in (1, 2)))
    options._repr_html_()
    assert list(options["request_memory"]) == ["1GB", "2GB"]


def test_an_outcome_shows_its_result_or_the_users_exception() -> None:
    good, _, bad, error = SHOWN[2:]
    assert Seen(good._repr_html_()).texts[:5] == ["Component", "Status", "Result", "3", "COMPLETED"]
    assert "$x^2$" in Seen(bad._repr_html_()).texts[-1]
    assert "$x^2$" in Seen(error._repr_html_()).texts[0]


# --- values in short


class Rude:
    def __repr__(self) -> str:
        raise ZeroDivisionError


class Long:
    def __repr__(self) -> str:
        return "tide" * 10**6


LONG = [list(range(10**6)), dict.fromkeys(range(10**6)), "tide" * 10**6, Long(), [Long()] * 100, Rude(), 10**10_000]


@pytest.mark.parametrize("value", LONG, ids=lambda value: type(value).__name__)
def test_any_value_has_a_short_text(value: Any) -> None:
    assert 0 < len(short(value)) <= 300
    assert len(repr(htmap.Outcome(0, ComponentStatus.COMPLETED, value))) < 400
    assert len(Seen(htmap.Outcome(0, ComponentStatus.COMPLETED, value)._repr_html_()).texts[-1]) <= 300


@pytest.mark.parametrize("value", [None, 0.25, "tide", [1, "a"], {"b": 1, "a": (2,)}, {3}, b"x", ComponentStatus.HELD])
def test_a_short_value_is_its_repr(value: Any) -> None:
    assert short(value) == repr(value)


def test_a_cut_text_says_so() -> None:
    assert (cut("high tide", most=7), cut("tide", most=4)) == ("high...", "tide")
