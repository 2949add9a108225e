"""What the jobs of one portion of a map run, and how they are described."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from htmap_core import names
from htmap_core.files.atomic import write_atomically
from htmap_core.files.reading import read_file
from htmap_core.files.sealed import check, checksum, checksum_of
from htmap_core.files.sharing import make_shared, mend, write_program
from htmap_core.storage.content import source_lines
from htmap_core.storage.content.inputs import check_argument, check_function, function_record
from htmap_core.storage.content.source_lines import SourceLines
from htmap_core.storage.faults.damage import told_as_damage
from htmap_core.storage.record import SubmitRecord, submit_from, submit_text
from htmap_run.arguments import RECORDED

_SHARD = 2  # of the digits of a name: its folder, of which there are 256 then

NOT_AGAIN = "no component of the map can be submitted again; results can still be read"


class PortionFiles:
    """The function, the archive and the submit description of one portion of a map. Inputs lie beside them.

    :param map_path: the map's directory.
    :param submission: the submission that has the portion's first jobs. The map's own directory has the files of submission 0.
    """

    def __init__(self, map_path: Path, submission: int = 0) -> None:
        self.map_path = map_path
        self.prefix: str = f"{names.ADDED}/{submission}/" if submission else ""
        """The path of its files below the map's directory: empty, or with a slash at its end."""
        self.path: Path = map_path / self.prefix if submission else map_path
        self._ending = f".{submission}" if submission else ""

    @property
    def id(self) -> str:
        """The map's unique id."""
        return self.map_path.name

    @property
    def root(self) -> Path:
        """The HTMAP_DIR that contains the map, even if the setting has changed since."""
        return self.map_path.parents[1]

    @property
    def runtime(self) -> Path:
        """The path of the archive that jobs run."""
        return self.path / names.RUNTIME

    def argument(self, name: str) -> Path:
        """Return the path of the file with a large part of a function or an input, by its name. All portions have it there.

        Earlier versions have named such parts of inputs by paths, in a folder of each portion.
        """
        if "/" in name:
            return self.path / names.ARGUMENTS / name
        return self.map_path / names.ARGUMENTS / name[:_SHARD] / names.ARGUMENT.format(name=name)

    def arguments_in(self, columns: Sequence[str]) -> Iterator[Path]:
        """Yield the paths of the large parts of a job's inputs, by its row in an item file."""
        inside, folders = f"/{self.id}/", (f"{names.ARGUMENTS}/", f"{self.prefix}{names.ARGUMENTS}/")
        for text in columns[len(names.COLUMNS) :]:
            places = (path.partition(inside)[2] for path in text.split(","))
            yield from (self.map_path / place for place in places if place.startswith(folders))

    def arguments_of_function(self) -> list[Path]:
        """Return the paths of the large parts of the function.

        :raises CorruptMap: the function is missing or damaged.
        """
        return [self.argument(name) for name in function_record(self.path / names.FUNCTION).get(RECORDED, ())]

    def check_function(self) -> None:
        """Check that the pickled function and its large parts are undamaged, before they are sent again.

        :raises CorruptMap: one of them is missing or damaged.
        """
        check_function(self.path / names.FUNCTION)
        for path in self.arguments_of_function():
            check_argument(path)

    def write_submit(
        self, commands: dict[str, str], columns: tuple[str, ...], authors: dict[str, str] | None = None
    ) -> None:
        """Write the final submit description, from which a rerun can submit any components again.

        The programs that travel with jobs are complete by now, and get checksums.

        :param authors: who has set each command, but for those that HTMap alone has set; None if that is not known.
        """
        plugin = names.TRANSFER_PLUGIN.format(scheme="*")
        programs = [path for name in (names.RUNTIME, names.LAUNCHER, plugin) for path in self.path.glob(name)]
        programs += (self.map_path / names.OUTPUTS).glob(plugin + self._ending)
        checksums = {path.relative_to(self.map_path).as_posix(): checksum_of(path) for path in programs}
        submit = SubmitRecord(commands, columns, checksums, authors)
        write_atomically(self.path / names.SUBMIT, submit_text(submit, self.root))

    def read_submit(self) -> tuple[dict[str, str], tuple[str, ...]]:
        """Return the submit commands and the item columns that the portion was submitted with.

        :raises CorruptMap: they cannot be read, or a program that travels with jobs is damaged.
        """
        found = self.described()
        for name, expected in found.programs.items():
            path = self.map_path / name
            with told_as_damage(path, NOT_AGAIN, missing=f"is missing, so {NOT_AGAIN}"):
                check(path, expected)
        return found.commands, found.columns

    def described(self) -> SubmitRecord:
        """Return what ``submit.json`` has, whether the programs that travel with jobs are whole or not.

        :raises CorruptMap: it cannot be read.
        """
        path = self.path / names.SUBMIT
        with told_as_damage(path, NOT_AGAIN, missing=f"is missing, so {NOT_AGAIN}"):
            return submit_from(read_file(path), path, self.root)

    def mend_runtime(self, archive: bytes) -> bool:
        """Write the archive that jobs run anew, if it was this one; return whether it was.

        Other maps share it, and have it whole then, too.

        :raises CorruptMap: the submit description, which tells, is damaged.
        """
        if self.described().programs.get(f"{self.prefix}{names.RUNTIME}") != checksum(archive):
            return False
        if not mend(self.runtime, archive):
            self.write_program(names.RUNTIME, archive)
        return True

    def adopt(self, script: Path, name: str) -> Path:
        """Put a copy of a program that travels with jobs beside the function, and return its path."""
        return self.write_program(name, script.read_bytes())

    def adopt_plugin(self, script: Path, scheme: str) -> str:
        """Put a copy of a transfer plugin where HTCondor looks for it, and return its name there."""
        # In the outputs, to which HTCondor writes, nothing is shared with other maps.
        program = self.map_path / names.OUTPUTS / (names.TRANSFER_PLUGIN.format(scheme=scheme) + self._ending)
        write_program(program, script.read_bytes())
        return program.name

    def write_program(self, name: str, content: bytes) -> Path:
        """Put a program that travels with jobs beside the function, and return its path.

        Maps share equal ones, but for those in the outputs, the folder to which HTCondor writes.
        """
        program = self.path / name
        if program.parent == self.path:
            make_shared(program, content, self.root / names.PROGRAMS)
        else:
            write_program(program, content)
        return program

    @property
    def source_lines(self) -> SourceLines:
        """The lines of source of the functions.

        :raises CorruptMap: their file is damaged.
        """
        path = self.path / names.SOURCE_LINES
        with told_as_damage(path, "reports on errors lack lines of source; all else can be read"):
            return source_lines.read(path)
