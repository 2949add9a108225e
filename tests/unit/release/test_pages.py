"""READMEs as an index shows them: alone, so that their links lead to the repository."""

from __future__ import annotations

import pytest

from release.pages import Repository

WEB = "https://git.example.org/htmap"
REPOSITORY = Repository(WEB, "1.2.3")


@pytest.mark.parametrize(
    ("text", "led"),
    [
        ("[a](docs/a.md)", f"[a]({WEB}/blob/v1.2.3/plugins/htmap-tide/docs/a.md)"),
        ("[a](../../docs/a.md#b-c)", f"[a]({WEB}/blob/v1.2.3/docs/a.md#b-c)"),
        ("[a\nb](../htmap-pool/README.md)", f"[a\nb]({WEB}/blob/v1.2.3/plugins/htmap-pool/README.md)"),
        ("[`a`](#tide)", f"[`a`]({WEB}/blob/v1.2.3/plugins/htmap-tide/README.md#tide)"),
        ("![a](a.svg)", f"![a]({WEB}/raw/v1.2.3/plugins/htmap-tide/a.svg)"),
        ("![a.svg](a.svg)", f"![a.svg]({WEB}/raw/v1.2.3/plugins/htmap-tide/a.svg)"),
        ('<img src="../a.svg">', f'<img src="{WEB}/raw/v1.2.3/plugins/a.svg">'),
        ('<a href="a.md">', f'<a href="{WEB}/blob/v1.2.3/plugins/htmap-tide/a.md">'),
        ("[a](a.md) and [b](b.md)", "[a]({0}a.md) and [b]({0}b.md)".format(f"{WEB}/blob/v1.2.3/plugins/htmap-tide/")),
        ("[a](https://example.org/a.md)", "[a](https://example.org/a.md)"),
        ("[a](mailto:ada@example.org)", "[a](mailto:ada@example.org)"),
        ("`[a](a.md)`", "`[a](a.md)`"),
        ("```sh\n[a](a.md)\n```\n", "```sh\n[a](a.md)\n```\n"),
        ("    [a](a.md)\n", "    [a](a.md)\n"),
    ],
)
def test_links_lead_to_the_repository_and_code_stays(text: str, led: str) -> None:
    assert REPOSITORY.readable_alone(text, "plugins/htmap-tide/README.md") == led


def test_the_links_of_a_distribution_are_of_its_own_folder_and_version() -> None:
    urls = REPOSITORY.urls("plugins/htmap-tide")
    assert urls["Homepage"] == WEB
    assert urls["Changelog"] == f"{WEB}/blob/v1.2.3/plugins/htmap-tide/CHANGELOG.md"
    assert REPOSITORY.urls("")["Changelog"] == f"{WEB}/blob/v1.2.3/CHANGELOG.md"
