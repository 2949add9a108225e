"""All files of a map that travel beside HTMap's own: what jobs get, where what they make goes, and who transfers it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

from htmap_core.contract.options import MapOptions
from htmap_core.contract.pools import PoolView
from htmap_core.contract.submit import SubmitDescription
from htmap_core.submission.files.inputs import InputFiles
from htmap_core.submission.files.outputs import OutputRemaps
from htmap_core.submission.files.protocols import Protocols
from htmap_core.submission.files.staging import Entry
from htmap_core.user_warnings import SuspiciousMap


class MapFiles:
    """The files of a map that is being made. Its methods stand in the order in which they are called.

    :param options: the map options, whose ``input_files`` and ``output_remaps`` are taken one by one.
    :param chunksize: how many components share a job.
    """

    def __init__(self, options: MapOptions, chunksize: int) -> None:
        self._protocols = Protocols(options)
        self._inputs = InputFiles(options, chunksize, self._protocols)
        self._remaps = OutputRemaps(options.output_remaps, self._protocols)
        self._components = 0

    @property
    def columns(self) -> dict[str, str]:
        """The item columns for files, and what separates the values of components that share a job."""
        return {**self._inputs.columns, **self._remaps.columns}

    def of_all(self, map_path: Path, of_function: Iterable[str]) -> list[Entry]:
        """Take in the files that all components get, and return what the execute side must know of them.

        :param map_path: the map's directory, in which links to files are made.
        :param of_function: the sources of the TransferPaths that the function has.
        :raises SameName: two of them have the same name.
        :raises CannotTransfer: one of them is a URL that nothing can be fetched from.
        """
        return self._inputs.begin(map_path, of_function)

    def of_next(self, of_arguments: Collection[str]) -> tuple[list[Entry], list[list[str]]]:
        """Take in the files of the next component.

        :param of_arguments: the sources of the TransferPaths that its arguments have.
        :returns: what the execute side must know of its input files, and its values in each of the columns.
        :raises MisalignedInputData: ``input_files`` or ``output_remaps`` have nothing for it.
        :raises InvalidOption: what they have is no file, or cannot be a destination.
        :raises SameName: two of its files have the same name.
        :raises CannotTransfer: a file or a destination is a URL that nothing can be fetched from, or sent to.
        """
        component = self._components
        self._components += 1
        entries, listed = self._inputs.of(component, of_arguments)
        return entries, [listed, *self._remaps.of(component)]

    def end(self) -> None:
        """Check that the options have nothing for components that are not there.

        :raises MisalignedInputData: they have.
        """
        self._inputs.check_end(self._components)
        self._remaps.check_end(self._components)

    def describe(self, submit: SubmitDescription) -> None:
        """Have the jobs transfer the files, and bring what they need for that."""
        for listed in self._inputs.to_transfer:
            submit.add_input_file(listed)
        self._protocols.describe(submit)

    def warnings(self, pool: PoolView) -> Iterator[SuspiciousMap]:
        """Yield what makes it improbable that all files arrive."""
        yield from self._inputs.warnings()
        yield from self._protocols.warnings(pool)
        yield from self._remaps.warnings(self._components)
