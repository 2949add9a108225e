"""Plugins that misbehave in a call: what they print and return, how long they take, and that they are blamed."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import textwrap
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import attrs
import pytest

from htmap_core.condor import bindings
from htmap_core.contract.options import MapOptions
from htmap_core.contract.plan import MapPlan
from htmap_core.contract.pools import Pool, PoolAddress
from htmap_core.contract.submit import SubmitDescription
from htmap_core.exceptions import HTMapException, InvalidOption, PluginError, PluginHangs, ReservedOptionKeyword
from htmap_core.plugins import offers
from htmap_core.plugins.calls import Plugins
from htmap_core.plugins.sources import importing
from htmap_core.settings.chain import settings
from htmap_core.testing import eventually
from htmap_core.testing.empty_pool import EmptyPool
from tests.golden_files import Golden
from tests.throwaway_plugins import Site


@pytest.fixture
def plan(tmp_path: Path) -> MapPlan:
    return MapPlan("tide", tmp_path, tmp_path / "runtime.pyz", 3, 3, MapOptions(), settings, EmptyPool())


def harbour(plugins: Plugins) -> Pool:
    return next(pool for pool in plugins.pools() if pool.name == "harbour")


HARBOUR = """
import os, subprocess, sys, threading, time
class Odd:
    def __repr__(self): raise ValueError("nobody knows what I am")
class Harbour(Pool):
    name = "harbour"
    rank = {rank}
    def named_by(self):
        {named_by}
    def find(self):
        {find}
    def start(self):
        {start}
    def advice(self):
        {advice}
    def time_limit(self, options):
        {time_limit}
@hookimpl
def htmap_pools(): return [Harbour()]
"""
NOTHING = {
    "rank": "1",
    "named_by": "return None",
    "find": "return None",
    "start": "return None",
    "advice": "return ''",
    "time_limit": "return None",
}


def of_harbour(**methods: str) -> str:
    return HARBOUR.format(**{**NOTHING, **methods})


def join_all() -> None:
    for thread in threading.enumerate():
        if "boats" in thread.name:
            thread.join(10)


@pytest.fixture(autouse=True)
def _no_thread_left() -> Iterator[None]:
    yield
    join_all()


# --- answers of the wrong kind


@pytest.mark.parametrize("call", ["find", "start"])
@pytest.mark.parametrize(
    "answer",
    [
        "'harbour'",
        "True",
        "Harbour",
        "{}",
        "PoolAddress('port')",
        "PoolAddress('harbour', schedd=['quay'])",
        "PoolAddress('harbour', collector=9618)",
        "PoolAddress('harbour', collector='quay pier')",
        "PoolAddress('harbour', configuration='/nowhere/condor_config')",
        "PoolAddress('harbour', configuration=3)",
        "PoolAddress('harbour', configuration=os.path.relpath(__file__))",
        "Odd()",
    ],
)
def test_a_pool_that_answers_with_no_address_of_its_own_is_blamed(
    site: Site, plugins: Plugins, call: str, answer: str
) -> None:
    site.install("boats", of_harbour(**{call: f"return {answer}"}))
    with pytest.raises(PluginError) as caught:
        getattr(plugins, call)(harbour(plugins))
    assert (caught.value.plugin, caught.value.distribution) == ("boats", "htmap-boats")
    assert caught.value.reason.startswith(call)


@pytest.mark.parametrize("call", ["named_by", "advice"])
def test_a_pool_that_says_something_else_than_text_is_blamed(site: Site, plugins: Plugins, call: str) -> None:
    site.install("boats", of_harbour(**{call: "return 3"}))
    with pytest.raises(PluginError) as caught:
        getattr(plugins, call)(harbour(plugins))
    assert caught.value.plugin == "boats"
    assert caught.value.reason.startswith(call)


@pytest.mark.parametrize("answer", ["'2h'", "1.5", "[3600]", "True", "0", "-1"])
def test_a_pool_that_says_something_else_than_seconds_is_blamed(site: Site, plugins: Plugins, answer: str) -> None:
    site.install("boats", of_harbour(time_limit=f"return {answer}"))
    with pytest.raises(PluginError) as caught:
        plugins.time_limit(harbour(plugins), MapOptions())
    assert (caught.value.plugin, caught.value.reason.startswith("time_limit")) == ("boats", True)


def test_a_pool_is_asked_how_long_a_job_may_take_by_the_options(site: Site, plugins: Plugins) -> None:
    site.install("boats", of_harbour(time_limit="return int(options['MY.Hours']) * 3600"))
    asked = MapOptions(custom_options={"Hours": 2})
    assert plugins.time_limit(harbour(plugins), asked) == 7200


@pytest.mark.parametrize(
    "rank", ["'high'", "None", "float('nan')", "5; delivery_method = 3", "5; delivery_method = ['assume']"]
)
def test_a_pool_that_could_not_be_chosen_switches_off_its_own_plugin_alone(
    site: Site, plugins: Plugins, rank: str
) -> None:
    site.install("boats", of_harbour(rank=rank))
    assert "machine" in [pool.name for pool in plugins.pools()]
    assert [record.state for record in plugins.records() if record.name == "boats"] == ["broken"]


@pytest.mark.parametrize(
    "answer", ["'maybe', 'it floats'", "'yes', None", "'yes', 'it floats', 'high'", "'yes', 'it floats', float('nan')"]
)
def test_a_check_whose_answer_could_not_be_compared_makes_the_method_the_last_choice(
    site: Site, plugins: Plugins, answer: str
) -> None:
    source = f"class M(Method):\n    def check(self, pool): return Suitability({answer})\n"
    site.install("boats", f"{source}@hookimpl\ndef htmap_delivery_methods(): return [M('rowboat')]")
    found = plugins.check(plugins.delivery_method("rowboat"), EmptyPool())
    assert (found.verdict, found.rank) == ("unknown", -100)


@pytest.mark.parametrize("hook", ["htmap_setup_credentials", "htmap_rewrite_submit"])
@pytest.mark.parametrize("answer", ["submit", "{}", "0", "SubmitDescription()"])
def test_a_step_that_returns_something_is_blamed(
    site: Site, plugins: Plugins, plan: MapPlan, hook: str, answer: str
) -> None:
    site.install("boats", f"@hookimpl\ndef {hook}(submit): return {answer}")
    with pytest.raises(PluginError) as caught:
        getattr(plugins, hook.removeprefix("htmap_"))(SubmitDescription(), plan)
    assert (caught.value.plugin, caught.value.distribution) == ("boats", "htmap-boats")
    assert caught.value.reason.startswith(hook)


CHANGING = """
class M(Method):
    def prepare(self, plan): plan.options["request_memory"] = "9GB"
    def describe(self, submit, plan): del plan.options["request_cpus"]
@hookimpl
def htmap_delivery_methods(): return [M("rowboat")]
@hookimpl
def htmap_rewrite_submit(submit, plan): plan.options["+Project"] = "1"
"""


@pytest.mark.parametrize("call", ["prepare", "describe", "htmap_rewrite_submit", "time_limit"])
def test_a_plugin_that_changes_the_options_of_a_map_is_blamed(
    site: Site, plugins: Plugins, plan: MapPlan, call: str
) -> None:
    site.install("boats", of_harbour(time_limit="options['request_memory'] = '9GB'") + CHANGING)
    plan.options["request_cpus"] = 2
    method, pool, submit = plugins.delivery_method("rowboat"), harbour(plugins), SubmitDescription()
    calls: dict[str, Callable[[], object]] = {
        "prepare": lambda: plugins.prepare(method, plan),
        "describe": lambda: plugins.describe(method, submit, plan),
        "htmap_rewrite_submit": lambda: plugins.rewrite_submit(submit, plan),
        "time_limit": lambda: plugins.time_limit(pool, plan.options),
    }
    with pytest.raises(PluginError) as caught:
        calls[call]()
    assert (caught.value.plugin, caught.value.reason.startswith(call)) == ("boats", True)


@pytest.mark.parametrize("call", ["prepare", "describe"])
def test_a_delivery_method_that_returns_something_is_blamed(
    site: Site, plugins: Plugins, plan: MapPlan, call: str
) -> None:
    source = f"class M(Method):\n    def {call}(self, *_): return {{}}\n"
    site.install("boats", f"{source}@hookimpl\ndef htmap_delivery_methods(): return [M('rowboat')]")
    method = plugins.delivery_method("rowboat")
    given = (plan,) if call == "prepare" else (SubmitDescription(), plan)
    with pytest.raises(PluginError) as caught:
        getattr(plugins, call)(method, *given)
    assert caught.value.plugin == "boats"
    assert caught.value.reason.startswith(call)


SENDING = """
class Unfit(ValueError): ...
def sender(options):
    print("for", options)
    def send(url):
        print("sends", url)
        {}
    return send
@hookimpl
def htmap_transfer_protocols(): return [TransferProtocol("semaphore", sender=sender)]
"""


@pytest.mark.parametrize("fault", ["1 / 0", "return 3", "raise SystemExit"])
def test_a_sender_that_fails_for_a_url_is_blamed(site: Site, plugins: Plugins, fault: str) -> None:
    site.install("boats", SENDING.format(fault))
    send = plugins.sender(plugins.transfer_protocols()["semaphore"], {})
    assert send is not None
    with pytest.raises(PluginError) as caught:
        send("semaphore://sea")
    assert (caught.value.plugin, caught.value.distribution) == ("boats", "htmap-boats")


def test_a_sender_says_that_a_url_does_not_fit_and_prints_to_standard_error(
    site: Site, plugins: Plugins, capsys: pytest.CaptureFixture[str]
) -> None:
    site.install("boats", SENDING.format("raise Unfit('it is foggy')"))
    send = plugins.sender(plugins.transfer_protocols()["semaphore"], {})
    assert send is not None
    with pytest.raises(ValueError, match="foggy"):
        send("semaphore://sea")
    out, err = capsys.readouterr()
    assert out == ""
    assert "sends semaphore://sea" in err


def test_a_protocol_without_a_sender_rewrites_nothing(plugins: Plugins) -> None:
    assert plugins.sender(plugins.transfer_protocols()["https"], {}) is None


# --- answers that do not come


@pytest.mark.parametrize("hang", ["time.sleep(0.6)", "threading.Event().wait(0.6)", "busy"])
@pytest.mark.parametrize("call", ["find", "named_by", "advice"])
def test_a_question_to_a_pool_that_hangs_is_given_up(site: Site, plugins: Plugins, call: str, hang: str) -> None:
    if hang == "busy":
        hang = "[0 for end in [time.monotonic() + 0.6] for _ in iter(lambda: time.monotonic() > end, True)]"
    site.install("boats", of_harbour(**{call: hang}))
    settings["PLUGINS.TIME_LIMIT"] = 0.1
    with pytest.raises(PluginHangs) as caught:
        getattr(plugins, call)(harbour(plugins))
    assert (caught.value.plugin, caught.value.seconds) == ("boats", 0.1)
    assert caught.value.reason.startswith(call)


def test_a_check_that_hangs_makes_the_method_unknown_and_the_last_choice(
    site: Site, plugins: Plugins, golden: Golden
) -> None:
    source = "import time\nclass M(Method):\n    def check(self, pool): time.sleep(0.6)\n"
    site.install("boats", f"{source}@hookimpl\ndef htmap_delivery_methods(): return [M('rowboat')]")
    settings["PLUGINS.TIME_LIMIT"] = 0.1
    found = plugins.check(plugins.delivery_method("rowboat"), EmptyPool())
    assert (found.verdict, found.rank) == ("unknown", -100)
    golden("plugins/a-check-that-hangs", found.reason)


def test_what_still_hangs_is_not_asked_again(site: Site, plugins: Plugins, tmp_path: Path) -> None:
    (asked := tmp_path / "asked").touch()
    go_on = tmp_path / "go-on"
    asking = f"with open({str(asked)!r}, 'a') as file: file.write('x')"
    waiting = f"while not os.path.exists({str(go_on)!r}): time.sleep(0.01)"
    site.install("boats", of_harbour(find=f"{asking}\n        {waiting}"))
    settings["PLUGINS.TIME_LIMIT"] = 0.1
    for _ in range(3):
        with pytest.raises(PluginHangs):
            plugins.find(harbour(plugins))
    assert asked.read_text() == "x"
    go_on.touch()
    join_all()
    assert plugins.find(harbour(plugins)) is None


def test_another_pool_of_the_same_plugin_is_asked_while_one_hangs(site: Site, plugins: Plugins, tmp_path: Path) -> None:
    go_on = tmp_path / "go-on"
    source = of_harbour(find=f"while not os.path.exists({str(go_on)!r}): time.sleep(0.01)")
    quay = "class Quay(Harbour):\n    name = 'quay'\n    def find(self): return PoolAddress('quay')\n"
    site.install("boats", source.replace("@hookimpl", f"{quay}@hookimpl").replace("[Harbour()]", "[Harbour(), Quay()]"))
    settings["PLUGINS.TIME_LIMIT"] = 0.1
    with pytest.raises(PluginHangs):
        plugins.find(harbour(plugins))
    other = next(pool for pool in plugins.pools() if pool.name == "quay")
    assert plugins.find(other) == PoolAddress("quay")
    go_on.touch()


@pytest.mark.parametrize("limit", [float("inf"), 1e300])
def test_a_limit_may_be_longer_than_a_thread_can_wait(
    site: Site, plugins: Plugins, plan: MapPlan, limit: float
) -> None:
    site.install("boats", of_harbour(find="time.sleep(0.05)") + "@hookimpl\ndef htmap_rewrite_submit(): pass")
    settings["PLUGINS.TIME_LIMIT"] = limit
    assert plugins.find(harbour(plugins)) is None
    plugins.rewrite_submit(SubmitDescription(), plan)


def test_what_a_class_has_not_overridden_is_answered_without_a_thread(site: Site, plugins: Plugins) -> None:
    source = """
    class Harbour(Pool):
        name = "harbour"
        def find(self): return PoolAddress("harbour", schedd=threading.current_thread().name)
        def advice(self): return ""
    @hookimpl
    def htmap_pools(): return [Harbour()]
    """
    site.install("boats", "import threading\n" + textwrap.dedent(source))
    pool, begun = harbour(plugins), []
    threading.setprofile(lambda *_: begun.append(threading.current_thread().name))
    try:
        assert (plugins.named_by(pool), plugins.time_limit(pool, MapOptions())) == (None, None)
        assert begun == []
        plugins.find(pool)
    finally:
        threading.setprofile(None)
    assert any("boats" in name for name in begun)


def test_a_command_ends_whatever_threads_a_plugin_has_left_behind(site: Site) -> None:
    source = """
    import concurrent.futures, time
    class Harbour(Pool):
        name = "harbour"
        def find(self):
            with concurrent.futures.ThreadPoolExecutor() as others:
                others.submit(time.sleep, 120).result()
        def advice(self): return ""
    @hookimpl
    def htmap_pools(): return [Harbour()]
    """
    site.install("boats", source)
    command = [sys.executable, "-m", "htmap_core", "plugins", "list", "--json"]
    environment = {**site.environment(), "HTMAP_PLUGINS_TIME_LIMIT": "0.5", "PYTHONUNBUFFERED": ""}
    ran = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=True)
    (told,) = (pool for pool in json.loads(ran.stdout)["pools"] if pool["name"] == "harbour")
    assert (told["usable"], "'boats'" in told["why_not"], "\n" in told["why_not"]) == (False, True, False)


def test_the_time_in_the_bindings_does_not_count(site: Site, plugins: Plugins) -> None:
    source = "from htmap_core.condor import bindings\n" + of_harbour(
        find="with bindings.counted(), bindings.counted(): time.sleep(0.6)"
    )
    site.install("boats", source)
    settings["PLUGINS.TIME_LIMIT"] = 0.4
    assert plugins.find(harbour(plugins)) is None


def test_a_watch_counts_each_moment_once() -> None:
    watch, begin = bindings.Watch(), time.monotonic()
    with bindings.watched(watch), bindings.counted(), bindings.counted():
        time.sleep(0.05)
    assert 0.05 <= watch.seconds() <= time.monotonic() - begin
    assert watch.seconds() == watch.seconds()


def test_a_step_may_take_its_time(site: Site, plugins: Plugins, plan: MapPlan) -> None:
    site.install("boats", "import time\n@hookimpl\ndef htmap_setup_credentials(submit): time.sleep(0.2)")
    settings["PLUGINS.TIME_LIMIT"] = 0.1
    plugins.setup_credentials(SubmitDescription(), plan)


# --- what is printed


PRINTING = """
import sys
print("at import")
class Loud(Method):
    def check(self, pool): print("in check"); return Suitability.yes("it floats")
    def prepare(self, plan): sys.stdout.write("in prepare")
    def describe(self, submit, plan): print("in describe", file=sys.stdout, flush=True)
@hookimpl
def htmap_delivery_methods(): print("in an offer"); return [Loud("loud")]
@hookimpl
def htmap_rewrite_submit(submit): print("in a step")
"""


def test_what_plugins_print_goes_to_standard_error(
    site: Site, plugins: Plugins, plan: MapPlan, capsys: pytest.CaptureFixture[str]
) -> None:
    site.install("boats", PRINTING)
    before = sys.stdout
    method = plugins.delivery_method("loud")
    plugins.check(method, EmptyPool())
    plugins.prepare(method, plan)
    plugins.describe(method, SubmitDescription(), plan)
    plugins.rewrite_submit(SubmitDescription(), plan)
    assert sys.stdout is before
    out, err = capsys.readouterr()
    assert out == ""
    for where in ("at import", "in an offer", "in check", "in prepare", "in describe", "in a step"):
        assert where in err


def test_other_threads_print_on_while_a_plugin_is_called(
    site: Site, plugins: Plugins, plan: MapPlan, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    called, go_on = tmp_path / "called", tmp_path / "go-on"
    source = f"""
    import os, time
    @hookimpl
    def htmap_rewrite_submit(submit):
        print("from the plugin")
        os.mkdir({str(called)!r})
        while not os.path.exists({str(go_on)!r}): time.sleep(0.01)
    """
    site.install("boats", source)
    step = threading.Thread(target=plugins.rewrite_submit, args=(SubmitDescription(), plan))
    step.start()
    eventually(called.exists, says="the step runs")
    sys.stdout.write("from the program\n")
    go_on.touch()
    step.join()
    out, err = capsys.readouterr()
    assert (out, err) == ("from the program\n", "from the plugin\n")


def test_a_thread_that_prints_meanwhile_does_not_crash_the_interpreter() -> None:
    program = """
    import threading
    from htmap_core.plugins.guarding.printing import to_stderr

    ended = threading.Event()

    def print_much():
        while not ended.is_set():
            print(".", flush=True)

    other = threading.Thread(target=print_much)
    other.start()
    for _ in range(20_000):
        with to_stderr():
            pass
    ended.set()
    other.join()
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(program)], stdout=subprocess.DEVNULL, check=False)
    assert done.returncode == 0


def test_json_stays_json_whatever_plugins_and_their_programs_print(site: Site, tmp_path: Path) -> None:
    find = (
        "print('from Python'); subprocess.run(['echo', 'from a program']); os.write(1, b'from a descriptor'); "
        "sys.__stdout__.write('from before'); "
        "other = threading.Thread(target=print, args=['from a thread']); other.start(); other.join()"
    )
    site.install("boats", "print('at import')\n" + of_harbour(find=find))
    command = [sys.executable, "-m", "htmap_core", "plugins", "list", "--json"]
    environment = {**site.environment(), "PYTHONUNBUFFERED": ""}
    result = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert "harbour" in [pool["name"] for pool in json.loads(result.stdout)["pools"]]
    for where in ("at import", "from Python", "from a program", "from a descriptor", "from before", "from a thread"):
        assert where in result.stderr


# --- who has set what, and what is told


def test_what_was_raised_reaches_the_user_without_the_way_to_it(site: Site, plugins: Plugins, plan: MapPlan) -> None:
    source = """
    def deep(left): return deep(left - 1) if left else 1 / 0
    class NoTicket(HTMapException):
        def __str__(self): return "there is no ticket"
    @hookimpl
    def htmap_setup_credentials(submit): raise NoTicket
    @hookimpl
    def htmap_rewrite_submit(submit): deep(20)
    """
    site.install("boats", source)
    for call in (plugins.setup_credentials, plugins.rewrite_submit):
        with pytest.raises(HTMapException) as caught:
            call(SubmitDescription(), plan)
        told = "".join(traceback.format_exception(type(caught.value), caught.value, caught.value.__traceback__))
        assert re.findall('File ".*(?:throwaway|pluggy)', told) == []
    (record,) = (each for each in plugins.records() if each.name == "boats")
    assert "deep" in record.traceback


@pytest.mark.parametrize("text", ["return ''", "return self.ticket", "return 3"])
def test_an_exception_without_a_text_is_told_with_its_plugin(
    site: Site, plugins: Plugins, plan: MapPlan, text: str
) -> None:
    source = f"class NoTicket(HTMapException):\n    def __str__(self): {text}\n"
    site.install("boats", f"{source}@hookimpl\ndef htmap_rewrite_submit(submit): raise NoTicket")
    with pytest.raises(PluginError) as caught:
        plugins.rewrite_submit(SubmitDescription(), plan)
    assert (caught.value.plugin, "NoTicket" in caught.value.reason) == ("boats", True)


@pytest.mark.parametrize("call", ["htmap_pools", "htmap_rewrite_submit"])
def test_an_error_whose_text_fails_is_told_with_its_plugin(
    site: Site, plugins: Plugins, plan: MapPlan, call: str
) -> None:
    source = "class Odd(Exception):\n    def __str__(self): return self.nothing\n"
    site.install("boats", f"{source}@hookimpl\ndef {call}(): raise Odd")
    if call == "htmap_rewrite_submit":
        with pytest.raises(PluginError) as caught:
            plugins.rewrite_submit(SubmitDescription(), plan)
        assert caught.value.plugin == "boats"
    else:
        plugins.pools()
        assert [record.state for record in plugins.records() if record.name == "boats"] == ["broken"]


def test_a_trace_says_what_each_call_has_changed_and_how_long_it_took(
    site: Site, plugins: Plugins, plan: MapPlan, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    source = """
    @hookimpl
    def htmap_rewrite_submit(submit):
        submit.set("request_memory", "2GB")
        submit.take("colour")
        submit.add_input_file("/tide.csv")
    @hookimpl
    def htmap_setup_credentials(submit): 1 / 0
    """
    site.install("boats", textwrap.dedent(source) + of_harbour())
    monkeypatch.setenv("HTMAP_TRACE_PLUGINS", "1")
    submit = SubmitDescription()
    submit.set("colour", "red")
    plugins.rewrite_submit(submit, plan)
    with pytest.raises(PluginError):
        plugins.setup_credentials(submit, plan)
    plugins.find(harbour(plugins))
    told = [line for line in capsys.readouterr().err.splitlines() if line.startswith("plugin 'boats'")]
    assert "import of" in told.pop(0)  # it begins
    assert [" ms" in line for line in told] == [True] * len(told)
    for what, facts in {
        "import of": [" ms", "htmap-boats 1.2.3"],
        "htmap_rewrite_submit": ["request_memory = 2GB", "/tide.csv", "without colour"],
        "htmap_setup_credentials": ["raised"],
        "htmap_pools": ["Harbour"],
        "find": ["None"],
    }.items():
        (line,) = (each for each in told if what in each)
        assert [fact in line for fact in facts] == [True] * len(facts)


@pytest.mark.parametrize("hangs", [True, False])
def test_a_plugin_is_named_while_its_import_hangs(
    site: Site, plugins: Plugins, hangs: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(importing, "NAMED_AFTER", 0.05 if hangs else 60)
    site.install("boats", f"{UNTIL_TOLD}{'until_told()' if hangs else ''}\n{of_harbour()}")
    assert harbour(plugins).name == "harbour"
    assert ("'boats'" in capsys.readouterr().err) == hangs


UNTIL_TOLD = """
import sys, time
def until_told():
    for _ in range(1000):
        if sys.stderr.tell(): break
        time.sleep(0.01)
"""


def test_a_plugin_is_named_while_its_offer_hangs(
    site: Site, plugins: Plugins, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(offers, "NAMED_AFTER", 0.05)
    site.install("boats", f"{UNTIL_TOLD}@hookimpl\ndef htmap_pools(): until_told(); return []")
    plugins.pools()
    told = capsys.readouterr().err
    assert ("'boats'" in told, "htmap_pools" in told) == (True, True)


@pytest.mark.parametrize("call", ["htmap_setup_credentials", "prepare", "start"])
def test_a_plugin_is_named_while_a_call_without_a_limit_hangs(
    site: Site, plugins: Plugins, plan: MapPlan, call: str, capsys: pytest.CaptureFixture[str]
) -> None:
    source = """
    class M(Method):
        def prepare(self, plan): until_told()
    @hookimpl
    def htmap_delivery_methods(): return [M("rowboat")]
    @hookimpl
    def htmap_setup_credentials(): until_told()
    """
    site.install("boats", UNTIL_TOLD + of_harbour(start="until_told()") + textwrap.dedent(source))
    method, pool = plugins.delivery_method("rowboat"), harbour(plugins)
    settings["PLUGINS.TIME_LIMIT"] = 0.05
    calls: dict[str, Callable[[], object]] = {
        "htmap_setup_credentials": lambda: plugins.setup_credentials(SubmitDescription(), plan),
        "prepare": lambda: plugins.prepare(method, plan),
        "start": lambda: plugins.start(pool),
    }
    calls[call]()
    told = capsys.readouterr().err
    assert ("'boats'" in told, call in told) == (True, True)


def test_a_conflict_names_both_plugins(site: Site, plugins: Plugins, plan: MapPlan) -> None:
    for name, memory in (("alpha", "1GB"), ("beta", "2GB")):
        site.install(name, f"@hookimpl\ndef htmap_rewrite_submit(submit): submit.set('request_memory', {memory!r})")
    with pytest.raises(HTMapException) as caught:
        plugins.rewrite_submit(SubmitDescription(), plan)
    found: Any = caught.value
    assert (found.first_by, found.second_by) == ("plugin 'alpha'", "plugin 'beta'")


@pytest.mark.parametrize(
    "does",
    [
        "submit.set('log', '/tmp/x')",
        "submit.require('(((')",
        "submit.add_environment('A B', 'x')",
        "submit.set_attribute('Two words', 1)",
    ],
)
def test_a_value_that_is_refused_is_told_with_its_plugin(
    does: str, site: Site, plugins: Plugins, plan: MapPlan
) -> None:
    site.install("alpha", f"@hookimpl\ndef htmap_rewrite_submit(submit): {does}")
    with pytest.raises((InvalidOption, ReservedOptionKeyword)) as caught:
        plugins.rewrite_submit(SubmitDescription(), plan)
    found: Any = caught.value
    assert found.origin == "plugin 'alpha'"


@pytest.mark.parametrize("given", ["MY.Colour", "Colour"])
def test_an_option_of_the_users_that_is_refused_is_not_told_as_the_plugins(
    given: str, site: Site, plugins: Plugins, plan: MapPlan
) -> None:
    site.install("alpha", REFUSE)
    options: dict[str, Any] = {given: "sea"}
    plan = attrs.evolve(plan, options=MapOptions(**options))
    with pytest.raises(InvalidOption) as caught:
        plugins.rewrite_submit(SubmitDescription(), plan)
    assert (caught.value.name, caught.value.origin) == ("colour", None)


REFUSE = """
from htmap_core.exceptions import InvalidOption
@hookimpl
def htmap_rewrite_submit(submit, plan): raise InvalidOption("colour", "sea", "is no colour")
"""

SETTING: dict[str, Callable[[SubmitDescription], None]] = {
    "request_memory": lambda submit: submit.set("request_memory", "2GB"),
    "MY.Colour": lambda submit: submit.set_attribute("Colour", 1),
    "TARGET.HasSea": lambda submit: submit.require("TARGET.HasSea && TARGET.HasSand"),
    "universe": lambda submit: submit.set_universe("docker"),
    "executable": lambda submit: submit.launch_with("/bin/python", transfer=False),
    "environment variable SEA": lambda submit: submit.add_environment("SEA", "blue"),
}


@pytest.mark.parametrize("what", SETTING)
def test_it_is_known_which_plugin_has_set_something(what: str) -> None:
    submit = SubmitDescription()
    assert submit.authors.plugin(what) is None
    with submit.authors.writing("plugin 'boats'"):
        SETTING[what](submit)
    assert submit.authors.plugin(what) == "plugin 'boats'"
    SETTING[what](submit)  # again, by HTMap
    assert submit.authors.plugin(what) in {"plugin 'boats'", None}


def test_what_is_taken_out_has_no_author_any_more() -> None:
    submit = SubmitDescription()
    with submit.authors.writing("plugin 'boats'"):
        submit.set("+Colour", 1)
        submit.set("colour", 1)
    for name in ("+Colour", "colour"):
        submit.take(name)
    assert [submit.authors.plugin(name) for name in ("MY.Colour", "colour")] == [None, None]
