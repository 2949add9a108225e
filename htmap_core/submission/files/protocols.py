"""The transfer protocols of a map's files: the plugins that offer them, and the slots that have them."""

from __future__ import annotations

import os
from collections.abc import Iterator

from htmap_core.contract.options import MapOptions
from htmap_core.contract.pools import PoolView
from htmap_core.contract.protocol import Sender, TransferProtocol
from htmap_core.contract.submit import SubmitDescription
from htmap_core.contract.transfer_path import scheme_of
from htmap_core.exceptions import CannotTransfer, CondorError, HTMapException, InvalidOption
from htmap_core.language.expressions import quoted
from htmap_core.plugins.calls import plugins
from htmap_core.plugins.core.presigned import Validity, validity
from htmap_core.user_warnings import NoSlotTransfers, SuspiciousMap, UnknownWhetherSlotsTransfer
from htmap_core.wording import describe

# The schemes of our own distributions, for a hint if they are not installed.
_BROUGHT_BY = {"root": "htmap-cern"}


class Protocols:
    """The transfer protocols that one map uses.

    It sees every source and destination of the map's files once, and looks up each scheme once.

    :param options: the map's options.
    """

    def __init__(self, options: MapOptions) -> None:
        self._options = options
        self._inputs: dict[str, TransferProtocol] = {}
        self._outputs: dict[str, TransferProtocol] = {}
        self._senders: dict[str, Sender] = {}
        self.validity: Validity | None = None  # for how long the first signed URL is good

    @property
    def input_schemes(self) -> frozenset[str]:
        """The schemes of the URLs of input files."""
        return frozenset(self._inputs)

    @property
    def output_schemes(self) -> frozenset[str]:
        """The schemes of the URLs of output files, as users write them."""
        return frozenset(self._outputs)

    def fetch(self, source: str, replaced_by: str | None = None) -> None:
        """Note the protocol of an input file's *source*, a path or a URL.

        :param replaced_by: the plugin that has replaced a file of the user's by it, as messages call it; None if none has.
        :raises CannotTransfer: no plugin offers the protocol for inputs, or an option that it needs is missing.
        """
        if (scheme := scheme_of(source)) is None or scheme in self._inputs:
            return
        try:
            self._inputs[scheme] = self._protocol_of_input(scheme, source)
        except CannotTransfer as error:
            error.replaced_by = replaced_by
            raise

    def _protocol_of_input(self, scheme: str, source: str) -> TransferProtocol:
        protocol = _protocol(scheme, source)
        if not protocol.inputs:
            raise CannotTransfer(source, f"{scheme!r} is for outputs only", "Fetch it by another protocol")
        self._check_options(protocol, source)
        return protocol

    def send(self, destination: str) -> str:
        """Note the protocol of an output file's *destination*, a URL, and return the URL for HTCondor.

        :raises CannotTransfer: no plugin offers the protocol for outputs, or it cannot use the URL, or lacks an option.
        """
        if (scheme := scheme_of(destination)) is None:
            raise ValueError(f"{destination!r} is not a URL")
        if scheme not in self._outputs:
            self._learn_output(scheme, destination)
        if scheme not in self._senders:
            return destination
        try:
            sent = self.send(self._senders[scheme](destination))
        except ValueError as error:
            if isinstance(error, HTMapException):
                raise
            raise CannotTransfer(destination, f"it {error}", "Correct the URL") from error
        self.validity = self.validity or validity(sent)
        return sent

    def _learn_output(self, scheme: str, destination: str) -> None:
        protocol = _protocol(scheme, destination)
        if not protocol.outputs:
            raise CannotTransfer(destination, f"{scheme!r} is for inputs only", "Send it by another protocol")
        self._check_options(protocol, destination)
        self._outputs[scheme] = protocol
        fixed = {name: submit_side_file(name, value) for name, value in self._options.fixed().items()}
        if (sender := plugins.sender(protocol, fixed)) is not None:
            self._senders[scheme] = sender

    def _check_options(self, protocol: TransferProtocol, url: str) -> None:
        for name in protocol.options:
            if name not in self._options:
                advice = f"Give the map, or MAP_OPTIONS in the settings, {_all_of(protocol.options)}"
                raise CannotTransfer(url, f"{protocol.scheme!r} needs the option {name!r}", advice)
            if protocol.sender is not None and not isinstance(self._options.text(name), str):
                raise InvalidOption(
                    name, "one for each component", f"{protocol.scheme!r} needs one value for the whole map"
                )

    def describe(self, submit: SubmitDescription) -> None:
        """Send the protocols' own HTCondor transfer plugins with the jobs, and require slots that have the others.

        For inputs HTCondor itself adds that requirement. For outputs it does not: a job without the plugin could not end after
        all its work is done.
        """
        for scheme, protocol in {**self._inputs, **self._outputs}.items():
            if protocol.script is not None:
                submit.add_transfer_plugin(scheme, protocol.script)
            elif scheme in self._outputs and scheme not in self._senders:
                submit.require(f"stringListIMember({quoted(scheme)}, TARGET.HasFileTransferPluginMethods)")

    def warnings(self, pool: PoolView) -> Iterator[SuspiciousMap]:
        """Yield warnings about protocols that the pool probably lacks."""
        for scheme, protocol in {**self._inputs, **self._outputs}.items():
            if protocol.script is not None or (scheme in self._senders and scheme not in self._inputs):
                continue  # the plugin travels with the jobs, or a sender turns the URL into one of another scheme
            try:
                able, slots = pool.count(f"stringListIMember({quoted(scheme)}, HasFileTransferPluginMethods)")
            except CondorError as error:
                yield UnknownWhetherSlotsTransfer(scheme, describe(error))
                continue
            if slots and not able:
                yield NoSlotTransfers(scheme, slots)


# Commands whose value is a file of the submit side. HTCondor would look for a relative path in the map's directory.
_SUBMIT_SIDE_FILES = frozenset({
    "aws_access_key_id_file", "aws_secret_access_key_file", "gs_access_key_id_file", "gs_secret_access_key_file",
})  # fmt: skip


def submit_side_file(command: str, value: str) -> str:
    """Return the value of a submit command; the path of a file of the submit side becomes absolute."""
    return os.path.abspath(value) if command in _SUBMIT_SIDE_FILES else value  # resolve() would follow links


def _protocol(scheme: str, url: str) -> TransferProtocol:
    known = plugins.transfer_protocols()
    if scheme in known:
        script = known[scheme].script
        if script is not None and not script.is_file():
            raise CannotTransfer(url, f"the script for {scheme!r}, {script}, is missing", "Install its plugin again")
        return known[scheme]
    hint = f"`pip install {_BROUGHT_BY[scheme]}` adds it" if scheme in _BROUGHT_BY else "A plugin can add it"
    advice = (
        f"Known protocols: {', '.join(sorted(known))}. {hint}; `htmap plugins list` shows installed and broken plugins"
    )
    raise CannotTransfer(url, f"no plugin offers the transfer protocol {scheme!r}", advice)


def _all_of(names: tuple[str, ...]) -> str:
    return " and ".join(f"{name!r}" for name in names)
