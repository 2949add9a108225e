"""The contract: all that a plugin can do."""

from __future__ import annotations

import inspect
import re

import pluggy
import pytest

import htmap_core
from htmap_core.contract import hookspecs
from htmap_core.names import ENTRY_POINT_GROUP
from tests.golden_files import Golden

HOOKS = {
    "htmap_delivery_methods": "() -> 'Sequence[DeliveryMethod]'",
    "htmap_transfer_protocols": "() -> 'Sequence[TransferProtocol]'",
    "htmap_check_place": "(folder: 'Path', pool: 'PoolView') -> 'None'",
    "htmap_rewrite_input": "(file: 'InputFile', pool: 'PoolView') -> 'None'",
    "htmap_setup_credentials": "(submit: 'SubmitDescription', plan: 'MapPlan') -> 'None'",
    "htmap_rewrite_submit": "(submit: 'SubmitDescription', plan: 'MapPlan') -> 'None'",
    "htmap_pools": "() -> 'Sequence[Pool]'",
    "htmap_checks": "(pool: 'PoolAccess') -> 'Sequence[Check]'",
    "htmap_site_words": "(interruption: 'Interruption') -> 'SiteWords | None'",
    "htmap_settings": "() -> 'Mapping[str, type]'",
    "htmap_default_settings": "() -> 'Mapping[str, Any]'",
    "htmap_commands": "() -> 'Sequence[click.Command]'",
}
# Who adds to the table above raises the second number, who changes what was released or takes it away the first.
VERSION = "1.0"
KINDS = {
    "htmap_check_place": "Step: ",
    "htmap_rewrite_input": "Step: ",
    "htmap_setup_credentials": "Step: ",
    "htmap_rewrite_submit": "Step: ",
    "htmap_checks": "Question: ",
    "htmap_site_words": "Question: ",
}


def specified() -> dict[str, object]:
    return {name: value for name, value in vars(hookspecs).items() if name.startswith("htmap_")}


def test_the_hooks_are_those_of_the_design_and_no_others() -> None:
    assert specified().keys() == HOOKS.keys()


def test_they_have_the_version_that_plugins_are_promised_them_by() -> None:
    assert htmap_core.HOOKS_VERSION == VERSION


@pytest.mark.parametrize("name", HOOKS)
def test_a_hook_has_the_signature_that_plugins_are_written_for(name: str) -> None:
    assert str(inspect.signature(getattr(hookspecs, name))) == HOOKS[name]


@pytest.mark.parametrize("name", HOOKS)
def test_a_hook_says_what_it_is_for_and_how_often_it_is_called_where(name: str) -> None:
    text = inspect.getdoc(getattr(hookspecs, name)) or ""
    assert text.startswith(KINDS.get(name, "Offer "))
    assert re.search(r"\bCalled (once|when)\b", text)
    for argument in inspect.signature(getattr(hookspecs, name)).parameters:
        assert f":param {argument}:" in text


def test_no_hook_stops_at_the_first_result() -> None:
    manager = pluggy.PluginManager(ENTRY_POINT_GROUP)
    manager.add_hookspecs(hookspecs)
    callers = [getattr(manager.hook, name) for name in HOOKS]
    assert [caller.name for caller in callers if caller.spec is None or caller.spec.opts.get("firstresult")] == []


def test_plugin_authors_find_all_that_they_need_at_one_door(golden: Golden) -> None:
    assert htmap_core.hookimpl is hookspecs.hookimpl
    assert [name for name in htmap_core.__all__ if not hasattr(htmap_core, name)] == []
    with pytest.raises(AttributeError) as caught:
        htmap_core.nothing
    golden("hookspecs/plugin-authors-find-all-that-they-need-at-one", caught.value)
