"""All files that travel with a map besides HTMap's own: inputs, the destinations of outputs, and their protocols."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path

from htmap_core.contract.options import MapOptions
from htmap_core.contract.pools import PoolView
from htmap_core.contract.submit import SubmitDescription
from htmap_core.plugins.core.presigned import Validity
from htmap_core.plugins.sites.rules import SiteRules
from htmap_core.submission.files.inputs import InputFiles
from htmap_core.submission.files.outputs import OutputRemaps
from htmap_core.submission.files.protocols import Protocols
from htmap_core.submission.files.staging import Entry
from htmap_core.user_warnings import SuspiciousMap


class MapFiles:
    """The files during the creation of a map. The methods stand in the order of their calls.

    :param options: the map options; ``input_files`` and ``output_remaps`` are consumed one value at a time.
    :param pool: the pool that the map goes to, whose site may replace input files; None for no site.
    :param first: the first component; the values of those before it are passed over.
    """

    def __init__(self, options: MapOptions, pool: PoolView | None = None, *, first: int = 0) -> None:
        self._protocols = Protocols(options)
        rule = None if pool is None else SiteRules(pool).of_inputs()
        self._inputs = InputFiles(options, self._protocols, rule, first=first)
        self._remaps = OutputRemaps(options.output_remaps, self._protocols, first=first)
        self._components = first

    @property
    def columns(self) -> dict[str, str]:
        """The item columns for files, with the separators of the values of components that share a job."""
        return {**self._inputs.columns, **self._remaps.columns}

    def of_all(
        self, map_path: Path, of_function: Iterable[str], arguments: Iterable[Path] = (), *, prefix: str = ""
    ) -> list[Entry]:
        """Add the files that all components get, and return their entries for the execute side.

        :param map_path: the map's directory, for links to files.
        :param prefix: where in it links go: empty, or a folder with a slash at its end.
        :param of_function: the sources of the function's TransferPaths.
        :param arguments: the files in which large parts of the function lie.
        :raises SameName: two of them have the same name.
        :raises CannotTransfer: jobs cannot fetch files from one of their URLs.
        """
        return self._inputs.begin(map_path, of_function, arguments, prefix=prefix)

    def send_to_all(self, paths: Iterable[str]) -> list[str]:
        """Add files that all components get under their own names; return those that cannot go, because the names are taken."""
        return self._inputs.send_to_all(paths)

    def of_next(
        self, of_arguments: Collection[str], *, begins_job: bool = True, arguments: Sequence[str] = ()
    ) -> tuple[list[Entry], list[list[str]]]:
        """Add the files of the next component.

        :param of_arguments: the sources of the TransferPaths in its arguments.
        :param arguments: the files in which its large arguments lie.
        :param begins_job: whether it is the first one of its job.
        :returns: the entries of its input files for the execute side, and its values for each of the columns.
        :raises MisalignedInputData: ``input_files`` or ``output_remaps`` has no value for it.
        :raises InvalidOption: their value is not a file, or not a destination.
        :raises SameName: two of its files have the same name.
        :raises CannotTransfer: jobs cannot fetch files from, or send files to, one of the URLs.
        """
        component = self._components
        self._components += 1
        entries, listed = self._inputs.of(component, of_arguments, begins_job=begins_job, arguments=arguments)
        return entries, [listed, *self._remaps.of(component)]

    def end(self) -> None:
        """Check that all values of the options are used.

        :raises MisalignedInputData: an option has more values than the map has components.
        """
        self._inputs.check_end(self._components)
        self._remaps.check_end(self._components)

    def describe(self, submit: SubmitDescription) -> None:
        """Add the input files, and the protocols of all files, to the submit description."""
        for listed in self._inputs.to_transfer:
            submit.add_input_file(listed)
        self._protocols.describe(submit)

    @property
    def job_bytes(self) -> int:
        """The known size of the files that the present job gets so far; before the first component, of those that all get."""
        return self._inputs.job_bytes

    @property
    def input_schemes(self) -> frozenset[str]:
        """The schemes of the URLs that jobs fetch input files from."""
        return self._protocols.input_schemes

    @property
    def output_schemes(self) -> frozenset[str]:
        """The schemes of the URLs that output files are sent to."""
        return self._protocols.output_schemes

    @property
    def validity(self) -> Validity | None:
        """For how long the signed URLs of outputs are good; None if there are none."""
        return self._protocols.validity

    def warnings(self, pool: PoolView) -> Iterator[SuspiciousMap]:
        """Yield warnings about files that will probably not arrive."""
        yield from self._inputs.warnings()
        yield from self._protocols.warnings(pool)
        yield from self._remaps.warnings(self._components)
