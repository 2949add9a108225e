"""What a tag may be."""

from __future__ import annotations

import random
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from htmap_core.exceptions import InvalidTag
from htmap_core.tags import FORBIDDEN_CHARACTERS, MAX_LENGTH, check_tag, random_tag
from tests.golden_files import Golden


@pytest.mark.parametrize("tag", ["tide", "Tide-2.1_b", "flüsse", "a", "...", "潮", "t" * MAX_LENGTH])
def test_a_sensible_tag_is_given_back(tag: str) -> None:
    assert check_tag(tag) == tag


@pytest.mark.parametrize("character", [*r'/\<>:"|?*[]!', " ", "\t", "\n", "\0", "\x7f", "\u00a0", "\u2028", "\udcff"])
def test_a_forbidden_character_is_named(character: str) -> None:
    with pytest.raises(InvalidTag) as caught:
        check_tag(f"ti{character}de")
    assert repr(character) in caught.value.reason


@pytest.mark.parametrize("tag", ["", ".", "..", "-x", "ü" * (MAX_LENGTH // 2 + 1)])
def test_a_tag_that_cannot_be_a_file_or_an_argument_is_refused(tag: str) -> None:
    with pytest.raises(InvalidTag) as caught:
        check_tag(tag)
    assert caught.value.tag == tag


@pytest.mark.parametrize("tag", [None, 3, b"tide"])
def test_only_a_string_is_a_tag(tag: object) -> None:
    with pytest.raises(InvalidTag) as caught:
        check_tag(tag)
    assert caught.value.tag == tag
    assert caught.value.reason.endswith(type(tag).__name__)


def test_a_map_or_several_tags_in_the_place_of_one_are_told_so(golden: Golden) -> None:
    said = []
    for given_ in (SimpleNamespace(tag="tide"), ["tide"], ("tide", "ebb"), {"tide"}):
        with pytest.raises(InvalidTag) as caught:
            check_tag(given_)
        said.append(caught.value.reason)
    golden("tags/what-is-no-tag", "\n".join(said))


@given(st.text())
def test_what_is_accepted_is_one_name_in_a_folder(text: str) -> None:
    try:
        tag = check_tag(text)
    except InvalidTag:
        return
    assert tag == text
    assert tag not in {"", ".", ".."}
    assert not set(tag) & set(FORBIDDEN_CHARACTERS)
    assert len(tag.split()) == 1
    assert 0 < len(tag.encode()) <= MAX_LENGTH


def test_a_random_tag_is_a_tag_of_three_words() -> None:
    tags = [random_tag() for _ in range(100)]
    assert all(check_tag(tag) == tag and len(tag.split("-")) == 3 for tag in tags)
    assert len(set(tags)) > 90


def test_random_tags_neither_follow_nor_disturb_the_random_numbers_of_the_program() -> None:
    random.seed(1)
    undisturbed = random.random()
    random.seed(1)
    first = [random_tag() for _ in range(5)]
    assert random.random() == undisturbed
    random.seed(1)
    assert [random_tag() for _ in range(5)] != first
