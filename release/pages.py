"""Where the pages of the repository are on the web, and READMEs whose links lead there: an index shows them alone."""

from __future__ import annotations

import posixpath
import re

import attrs

# Code, in which nothing is a link, or the target of a link of Markdown or HTML.
_LINK = re.compile(
    r"(?P<code>^```[\s\S]*?^```$|^(?: {4}|\t).*$|`[^`\n]+`)"
    r"|(?P<image>!\[[^\]]*)?\]\((?P<target>[^)\s]+)\)"
    r"|(?P<attribute>(?:src|href)=\")(?P<value>[^\"]+)",
    re.MULTILINE,
)


@attrs.frozen
class Repository:
    """The repository on the web, as it is at a version. GitHub has these addresses, and GitLab leads from them to its own.

    :param address: where it is.
    :param version: the version, whose tag is in each address, so that a page does not change later.
    """

    address: str
    version: str

    def page(self, path: str) -> str:
        """Return the address of a file as people read it."""
        return f"{self.address}/blob/v{self.version}/{path}"

    def raw(self, path: str) -> str:
        """Return the address of a file itself, such as a picture."""
        return f"{self.address}/raw/v{self.version}/{path}"

    def urls(self, folder: str) -> dict[str, str]:
        """Return the table ``[project.urls]`` of the distribution in a folder of the repository."""
        return {
            "Homepage": self.address,
            "Documentation": self.page("README.md"),
            "Changelog": self.page(posixpath.join(folder, "CHANGELOG.md")),
            "Issues": f"{self.address}/issues",
        }

    def readable_alone(self, text: str, path: str) -> str:
        """Return a page of Markdown whose links lead to the repository.

        :param path: the page's place in it. Its own headings are there, too: an index gives headings no anchors.
        """

        def led(match: re.Match[str]) -> str:
            target = match["target"] or match["value"]
            if match["code"] or re.match(r"[a-z]+:", target):
                return match[0]
            file, _, anchor = target.partition("#")
            place = posixpath.normpath(posixpath.join(posixpath.dirname(path), file)) if file else path
            is_shown = match["image"] or (match["attribute"] or "").startswith("src")
            address = self.raw(place) if is_shown else self.page(place)
            start, end = (each - match.start() for each in match.span("target" if match["target"] else "value"))
            return match[0][:start] + (f"{address}#{anchor}" if anchor else address) + match[0][end:]

        return _LINK.sub(led, text)
