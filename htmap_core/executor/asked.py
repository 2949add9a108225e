"""What calls are submitted with: the map options and the number of calls that share a job."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, Optional, Union

import attrs

from htmap_core.contract.option_values import INPUT_FILES, OUTPUT_REMAPS
from htmap_core.contract.options import MapOptions
from htmap_core.exceptions import InvalidOption
from htmap_core.maps.drafts.options import check_options
from htmap_core.submission.chunking import choice

Chunksize = Optional[Union[int, Literal["auto"]]]


@attrs.frozen(eq=False)
class Asked:
    """What calls are submitted with. Calls with equal ones may share a submission.

    :param options: the map options, without those of the settings.
    :param chunksize: how many calls share a job; None for the option of that name.
    :ivar key: is equal where the others are.
    """

    options: MapOptions
    chunksize: Chunksize = None
    key: str = attrs.field(init=False)

    @key.default
    def _of_values(self) -> str:
        return repr((self.chunksize, sorted((name, repr(value)) for name, value in self.options.items())))

    @classmethod
    def of(cls, given: MapOptions | None, chunksize: Chunksize) -> Asked:
        """Return what calls are submitted with.

        :raises NotOptions: these are no map options.
        :raises InvalidOption: an option has a value for each component, or *chunksize* is neither a number of calls nor ``auto``.
        """
        check_options(given)
        options = MapOptions() if given is None else given.copy()
        for name in (*options.per_component(), *({INPUT_FILES} & options.keys())):
            raise InvalidOption(name, options[name], _NO_LISTS)
        if not isinstance(remaps := options.get(OUTPUT_REMAPS, {}), Mapping):
            raise InvalidOption(OUTPUT_REMAPS, remaps, _NO_LISTS)
        choice.given(chunksize, options)
        return cls(options, chunksize)

    def changed(self, given: MapOptions | None, chunksize: Chunksize, more: Mapping[str, Any]) -> Asked:
        """Return the same with other options; raises what :meth:`of` does.

        :param more: options that come before those *given*.
        """
        check_options(given)
        options = MapOptions.merge(MapOptions(**more), *([] if given is None else [given]), self.options)
        return Asked.of(options, self.chunksize if chunksize is None else chunksize)


_NO_LISTS = (
    "an executor does not know its calls before they come, so no option has a value for each. Give what differs to each: "
    "`executor.with_options(...).submit(...)`"
)
