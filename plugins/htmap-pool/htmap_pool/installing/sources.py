"""Which package archives this machine trusts, and which of them to ask for HTCondor.

apt knows its sources, but shows them only once their indexes were downloaded, which a fresh container has not done. So the
two formats are read here (see sources.list(5)); everything else is left to apt.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import attrs

# Daemons older than this cannot authenticate (FS) the clients of Python bindings built after September 2026. Debian 13's
# 23.9.6 cannot, 25.14.1 can. So what the machine's own sources offer comes first only if it is at least this new.
NEW_ENOUGH = (25, 14)

_NEWER_SUITES = {"debian": ("unstable", "testing", "stable"), "ubuntu": ("devel", "rolling")}
_COMPONENTS = {"debian": ("main",), "ubuntu": ("main", "universe")}


@attrs.frozen
class Source:
    """One entry of apt's sources.

    :param uri: where the archive is.
    :param suites: the suites of it, such as ``bookworm``.
    :param components: their parts, such as ``main``.
    :param signed_by: which keys may sign it: files, fingerprints or a key itself, as apt has it; None for all that apt trusts.
    """

    uri: str
    suites: tuple[str, ...]
    components: tuple[str, ...]
    signed_by: str | None = None

    def stanza(self) -> str:
        """Return the entry in the format of ``.sources`` files."""
        lines = [
            "Types: deb",
            f"URIs: {self.uri}",
            f"Suites: {' '.join(self.suites)}",
            f"Components: {' '.join(self.components)}",
        ]
        if self.signed_by:
            # A key itself stands in indented lines of its own.
            separator = "\n" if self.signed_by[0].isspace() else " "
            lines.append(f"Signed-By:{separator}{self.signed_by}")
        return "\n".join(lines) + "\n"


@attrs.frozen
class Candidate:
    """Package archives to try together.

    :param name: what to call them.
    :param sources: apt's entries for them.
    :param minimum: the oldest HTCondor to take from here.
    """

    name: str
    sources: tuple[Source, ...]
    minimum: tuple[int, ...] = ()


@attrs.frozen
class Distribution:
    """The machine's distribution, as os-release(5) names it."""

    id: str
    codename: str

    @classmethod
    def read(cls, path: Path = Path("/etc/os-release")) -> Distribution:
        """Read the file; what it does not say is empty."""
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        fields = dict(re.findall(r"""^(\w+)=["']?([^"'\n]*)["']?$""", text, re.MULTILINE))
        family = [fields.get("ID", ""), *fields.get("ID_LIKE", "").split()]
        identity = next((name for name in family if name in _COMPONENTS), family[0])
        codename = fields.get(f"{identity.upper()}_CODENAME") or fields.get("VERSION_CODENAME", "")
        return cls(identity, codename)

    @property
    def origin(self) -> str:
        """What the distribution's own archive calls itself in its signed Release files."""
        return self.id.capitalize()


def candidates(distribution: Distribution, sources: Sequence[Source]) -> list[Candidate]:
    """Return what to try for HTCondor, best first.

    The machine's own suites if what they offer is :data:`NEW_ENOUGH`; then newer suites on the mirrors that it already uses,
    the newest first; then its own suites with whatever they have. Third parties' archives are left out: only those are
    asked that have the distribution's suites, and :mod:`htmap_pool.installing.apt` checks who signs them.
    """
    own = tuple(source for source in sources if _is_own(distribution, source))
    if not own:
        return []
    mirrors = list(dict.fromkeys((source.uri, source.signed_by) for source in own if _has_base(distribution, source)))
    components = _COMPONENTS[distribution.id]
    newer = [
        Candidate(f"{suite} of {uri}", (Source(uri, (suite,), components, signed_by),))
        for suite in _NEWER_SUITES[distribution.id]
        for uri, signed_by in mirrors
    ]
    name = f"this machine's own sources ({' '.join(dict.fromkeys(suite for source in own for suite in source.suites))})"
    return [Candidate(name, own, NEW_ENOUGH), *newer, Candidate(f"{name}, any version", own)]


def _is_own(distribution: Distribution, source: Source) -> bool:
    # apt also knows cdrom:, file: and so on; only mirrors have suites that the machine does not name.
    is_mirror = source.uri.startswith(("http:", "https:", "mirror"))
    if distribution.id not in _COMPONENTS or not is_mirror or "main" not in source.components:
        return False
    names = _base_suites(distribution)
    return any(suite in names or suite.startswith(tuple(f"{name}-" for name in names)) for suite in source.suites)


def _has_base(distribution: Distribution, source: Source) -> bool:
    return any(suite in _base_suites(distribution) for suite in source.suites)


def _base_suites(distribution: Distribution) -> set[str]:
    aliases = {"oldoldstable", "oldstable", "stable", "testing", "unstable", "sid", "devel", "rolling"}
    return {distribution.codename, *aliases} - {""}


def read_sources(folder: Path = Path("/etc/apt")) -> list[Source]:
    """Return the enabled binary sources in apt's configuration *folder*: ``sources.list`` and ``sources.list.d``."""
    parts = folder / "sources.list.d"
    files = [folder / "sources.list", *sorted(parts.glob("*.list")), *sorted(parts.glob("*.sources"))]
    found: list[Source] = []
    for file in files:
        if file.is_file():
            text = file.read_text(encoding="utf-8", errors="replace")
            found += parse_deb822(text) if file.suffix == ".sources" else parse_list(text.splitlines())
    return found


def parse_list(lines: Iterable[str]) -> Iterator[Source]:
    """Read one-line entries: ``deb [option=value ...] uri suite component...``."""
    for line in lines:
        entry = line.partition("#")[0].strip()
        if match := re.fullmatch(r"deb\s+(?:\[([^]]*)\]\s*)?(\S+)\s+(\S+)\s*(.*)", entry):
            options = dict(option.partition("=")[::2] for option in (match[1] or "").split())
            yield Source(match[2], (match[3],), tuple(match[4].split()), options.get("signed-by") or None)


def parse_deb822(text: str) -> Iterator[Source]:
    """Read entries in paragraphs of ``Field: value``, where a value goes on in lines that begin with a blank."""
    for paragraph in re.split(r"\n\s*\n", text):
        fields = parse_fields(line for line in paragraph.splitlines() if not line.startswith("#"))
        if "deb" not in fields.get("types", "").split() or fields.get("enabled", "yes").lower() in ("no", "false", "0"):
            continue
        for uri in fields.get("uris", "").split():
            suites, components = fields.get("suites", "").split(), fields.get("components", "").split()
            yield Source(uri, tuple(suites), tuple(components), fields.get("signed-by") or None)


def parse_fields(lines: Iterable[str]) -> dict[str, str]:
    """Read one paragraph of ``Field: value`` lines; names come back in lower case, a value's further lines as they are."""
    fields: dict[str, str] = {}
    name = ""
    for line in lines:
        if line[:1].isspace() and name:
            fields[name] = f"{fields[name]}\n{line}".strip("\n")
        elif ":" in line:
            name, _, value = line.partition(":")
            name = name.strip().lower()
            fields[name] = value.strip()
    return fields
