"""A release from its beginning to its end. Until all has gone well, nothing in the checkout changes but its build folder."""

from __future__ import annotations

import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import attrs

from release import building, changelogs, checking, index, recipes, trial
from release.building import Refused
from release.distributions import ROOT, Distribution, distributions, version
from release.pages import Repository
from release.shared_facts import wanted
from release.staging import README, Facts, staged

BUILD = Path("build/release")  # the work; what is left of a release that failed, to look at
NOTES = Path("build/release-notes.md")
RECIPES = Path("build/conda")
DIST = Path("dist")


@attrs.frozen
class Release:
    """A release to be made.

    :param facts: what only it knows.
    :param pythons: with which it is tried.
    :param asks: what an index has of a name; see :func:`release.index.versions`.
    :param tells: called with what is done next.
    :param root: the checkout.
    """

    facts: Facts
    pythons: Sequence[str]
    asks: Callable[[str], list[str]] = index.versions
    tells: Callable[[str], object] = print
    root: Path = ROOT

    def make(self, *, uncommitted: bool = False) -> None:
        """Build, check, install and try everything, and only then put it where it is looked for.

        :param uncommitted: whether the checkout may have changes that are not committed.
        :raises Refused: something is not as it must be; all that was found is named.
        """
        self._refuse(self._unready(uncommitted=uncommitted))
        work = self.root / BUILD
        shutil.rmtree(work, ignore_errors=True)
        files = work / "dist"
        built = self._build(work, files)
        self.tells("checking the files, and the names on the index")
        self._refuse(checking.faults(built, files))
        self._refuse(index.faults(distributions(self.root), version(self.root), self.asks))
        self._try(built, files, work / "trial")
        self._finish(files, built)
        with suppress(KeyboardInterrupt):  # the release is made; what is left of the work, the next one deletes
            shutil.rmtree(work, ignore_errors=True)

    def _unready(self, *, uncommitted: bool) -> Iterator[str]:
        """Yield why no release can be made of the checkout as it is."""
        number = version(self.root)
        if missing := trial.without(self.pythons):
            yield f"there is no Python {', '.join(missing)} here to try it with; HTMAP_TEST_PYTHONS names folders to look in"
        if _git(self.root, "status", "--porcelain") and not uncommitted:
            yield "the checkout has changes that are not committed: `git status` shows them"
        if _git(self.root, "tag", "--list", f"v{number}"):
            yield f"there is a tag v{number}: `make version TO=...` makes the next one"
        for path, text in wanted(self.root):
            if not path.is_file() or path.read_text(encoding="utf-8") != text:
                yield f"{path.relative_to(self.root)} says something else than the core: `python -m release align` writes it"
        for each in distributions(self.root):
            yield from self._unready_texts(each, number)

    def _unready_texts(self, distribution: Distribution, number: str) -> Iterator[str]:
        """Yield why the texts of a distribution that people read cannot be those of a release."""
        for path in (distribution.folder / README, changelogs.path_of(distribution)):
            try:
                text = path.read_text(encoding="utf-8")
            except (OSError, UnicodeDecodeError) as error:
                yield f"{path.relative_to(self.root)} cannot be read: {error}"
                continue
            if path.name != README and number not in {each.version for each in changelogs.sections(text)[:1]}:
                yield (
                    f"the changelog of {distribution.name} does not begin with {number}: "
                    f"`make version TO={number}` adds a section"
                )

    def _build(self, work: Path, files: Path) -> list[Distribution]:
        """Build twice, in two places: what differs would differ for everybody who builds it again."""
        self.tells("building all distributions, twice")
        built: list[list[Distribution]] = []
        for into, tree in ((files, work / "tree"), (work / "again", work / "tree-again")):
            built.append(staged(tree, self.facts, self.root))
            building.build(built[-1], into, self.facts.day)
        if (first := building.sums(files)) != (second := building.sums(work / "again")):
            differ = [name for name in first if first[name] != second.get(name)]
            raise Refused(f"built twice, these are not the same: {', '.join(differ)}")
        return built[0]

    def _try(self, built: Sequence[Distribution], files: Path, folder: Path) -> None:
        folder.mkdir()
        room = trial.Room(folder)
        programs = []
        for python in self.pythons:
            self.tells(f"installing everything with Python {python}")
            programs.append(trial.installed(built, files, python, room))
        self.tells("starting a personal pool by the new files")
        with trial.pool(programs[0], room):
            for python, each in zip(self.pythons, programs):
                self.tells(f"running the demo with Python {python}")
                trial.demo(each, room)

    def _finish(self, files: Path, built: Sequence[Distribution]) -> None:
        """Put everything in its place: at last, and at once, the changelogs and the files that somebody uploads."""
        repository = Repository(self.facts.address, version(self.root))
        (self.root / NOTES).write_text(changelogs.notes(repository, built[0].folder), encoding="utf-8")
        shutil.rmtree(self.root / RECIPES, ignore_errors=True)
        recipes.write(built, files, self.root / RECIPES)
        dist = self.root / DIST
        with _uninterrupted():
            for each, ours in zip(built, distributions(self.root)):
                changelogs.path_of(ours).write_text(changelogs.text_of(each), encoding="utf-8")
            if dist.exists():
                dist.rename(files.with_name("dist-before"))
            files.rename(dist)

    @staticmethod
    def _refuse(faults: Iterator[str]) -> None:
        if found := list(faults):
            raise Refused("\n".join(found))


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Ignore Ctrl-C for a moment: there is no release by half."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _git(root: Path, *arguments: str) -> str:
    ran = subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True, check=False)
    if ran.returncode != 0:
        raise Refused(f"a release is made of a clone of the repository, which {root} is not: {ran.stderr.strip()}")
    return ran.stdout
