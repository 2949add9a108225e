"""A batch service like CERN's: a personal pool with a credd and the site's rules, for the users of a Kerberos realm."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from htmap_core import locked
from htmap_core.testing import eventually
from tests.site.realm import Realm

SCHEDD = "alice@bigbird99.cern.ch"
_SECONDS = {
    "espresso": 1200,
    "microcentury": 3600,
    "longlunch": 7200,
    "workday": 28800,
    "tomorrow": 86400,
    "testmatch": 259200,
    "nextweek": 604800,
}
_PATIENCE = 240  # seconds


def why_not() -> str | None:
    """Return why there can be no such service here; None where there can."""
    # The starter asks getlogin() for the user whose credential it fetches, and crashes where there is none.
    return (
        None
        if Path("/proc/self/loginuid").exists()
        else "this kernel knows no login uid, which HTCondor's starter asks for"
    )


class BatchService:
    """The service: ``configuration`` is what CONDOR_CONFIG must name, ``environment`` what an lxplus node has besides.

    :param folder: a folder for its files.
    :param realm: whose tickets it takes.
    :param htcondor: the folder that the programs of HTCondor are linked from.
    """

    def __init__(self, folder: Path, realm: Realm, htcondor: Path) -> None:
        self.folder = folder
        self.configuration = folder / "pool" / "condor_config"
        self.environment = {
            "CONDOR_CONFIG": str(self.configuration),
            "KRB5_CONFIG": str(realm.configuration),
            "_condor_SCHEDD_HOST": SCHEDD,
        }
        self.credentials = folder / "credentials"
        self.eos = folder / "eos"
        """What is on EOS, for the worker nodes' HTCondor plugin for root://."""
        self._produced = folder / "produced"
        self._lock = folder / "lock"
        self._inattentive = folder / "inattentive"
        self._htcondor = htcondor

    def start(self) -> None:
        """Write the configuration, and start the daemons with a login uid."""
        for path in (self.folder / "pool" / "config.d", self.eos):
            path.mkdir(parents=True)
        self.credentials.mkdir(mode=0o700)
        (self.folder / "pool" / "htcondor").symlink_to(self._htcondor)
        self._write_program("producer", _PRODUCER.format(produced=self._produced))
        self._write_program(
            "monitor", _MONITOR.format(credentials=self.credentials, lock=self._lock, inattentive=self._inattentive)
        )
        self._write_program("xrootd_plugin", _XROOTD_PLUGIN.format(python=sys.executable, eos=self.eos))
        (self.folder / "pool" / "config.d" / "cern.conf").write_text(self._configuration())
        # It can be set once, where there was no login; where there was one, it will do as it is.
        set_login = f"echo {os.getuid()} 2>/dev/null > /proc/self/loginuid || true"
        started = self._run("sh", "-c", f'{set_login}; exec "$0" "$@"', sys.executable, "-m", "htmap", "pool", "start")
        if started.returncode != 0:
            raise RuntimeError(f"the batch service does not start: {started.stdout} {started.stderr}")

    def stop(self) -> None:
        """Stop the daemons; the folder is the caller's to delete."""
        self._run(sys.executable, "-m", "htmap", "pool", "stop")

    @contextlib.contextmanager
    def unknown_credd(self) -> Iterator[str]:
        """Let the collector know nothing of the credd for a while, and return its address."""
        hidden = self.configuration.parent / "config.d" / "hidden.conf"
        hidden.write_text("CREDD.COLLECTOR_HOST = 127.0.0.1:1\n")
        try:
            self.stop_credd()
            self._tool("condor_on", "-daemon", "credd")
            address = self.configuration.parent / "log" / ".credd_address"
            eventually(address.exists, says="the credd has an address", within=_PATIENCE)
            yield address.read_text().splitlines()[0]
        finally:
            hidden.unlink()
            self.stop_credd()
            self.start_credd()

    def client(self) -> str:
        """Return the configuration of a machine without a schedd of its own, which finds that of the service by the collector."""
        collector = (self.configuration.parent / "log" / ".collector_address").read_text().splitlines()[0]
        return _CLIENT.format(collector=collector, folder=self.folder)

    def stop_credd(self) -> None:
        """Stop the credd, and wait until it is gone."""
        self._tool("condor_off", "-daemon", "credd")
        eventually(
            lambda: (kinds := self._advertised()) and "CredD" not in kinds, says="the credd is gone", within=_PATIENCE
        )

    def start_credd(self) -> None:
        """Start the credd, and wait until it is there."""
        self._tool("condor_on", "-daemon", "credd")
        eventually(lambda: "CredD" in self._advertised(), says="the credd is there", within=_PATIENCE)

    @contextlib.contextmanager
    def sleeping_monitor(self) -> Iterator[None]:
        """Let the credential monitor do nothing for a while."""
        monitor = int((self.credentials / "pid").read_text())
        os.kill(monitor, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(monitor, signal.SIGCONT)

    def miss_a_signal(self) -> None:
        """Let the credential monitor overlook the next credential, so that the credd waits in vain."""
        self._inattentive.touch()

    @property
    def monitor_has_missed_it(self) -> bool:
        """Whether it has done so."""
        return not self._inattentive.exists()

    def forget_users(self) -> None:
        """Delete the credentials of all users, as the credd does when they have had no jobs for a while."""
        with locked(self._lock):
            for path in self.credentials.glob("*.c[cr]*"):
                path.unlink()

    @property
    def times_produced(self) -> int:
        """How often the credential producer was run."""
        return len(self._produced.read_text().splitlines()) if self._produced.exists() else 0

    def evidence(self) -> str:
        """Return the ends of the daemons' logs."""
        logs = sorted((self.folder / "pool" / "log").glob("*Log*"))
        return "\n".join(f"== {log.name}\n{log.read_text(errors='replace')[-2000:]}" for log in logs)

    def _advertised(self) -> set[str]:
        """Return what kinds of daemons and slots the collector knows; nothing where it does not answer."""
        return set(self._tool("condor_status", "-any", "-autoformat", "MyType").split())

    def _tool(self, *command: str) -> str:
        program = next(self._htcondor.glob(f"usr/*bin/{command[0]}"))
        return self._run(str(program), *command[1:]).stdout

    def _run(self, *command: str) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "HTMAP_DIR": str(self.folder), "HTMAP_PLUGINS": "pool"}
        environment["CONDOR_CONFIG"] = str(self.configuration)
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    def _write_program(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text)
        (self.folder / name).chmod(0o755)

    def _configuration(self) -> str:
        flavours = "UNDEFINED"
        for name, seconds in reversed(_SECONDS.items()):
            flavours = f'ifThenElse(JobFlavour =?= "{name}", {seconds}, {flavours})'
        return _CONFIGURATION.format(
            schedd=SCHEDD,
            folder=self.folder,
            home=Path.home(),
            python=f"{sys.base_prefix}/bin",
            runtime=f"ifThenElse(MaxRuntime =!= undefined, MaxRuntime, ifThenElse(({flavours}) =!= undefined, {flavours}, 1200))",
        )


_CONFIGURATION = """\
SCHEDD_NAME = {schedd}
DAEMON_LIST = $(DAEMON_LIST) CREDD CREDMON_KRB
SEC_CREDENTIAL_DIRECTORY_KRB = {folder}/credentials
SEC_CREDENTIAL_PRODUCER = {folder}/producer
SEC_CREDENTIAL_REFRESH_INTERVAL = 0
CREDMON_KRB = {folder}/monitor
CREDD_POLLING_TIMEOUT = 6
# Worker nodes have the same Python as lxplus, on their PATH.
STARTER_SETS_HOME_ENV = False
STARTER_JOB_ENVIRONMENT = "HOME='{home}' PATH='{python}:/usr/bin:/bin'"
FILETRANSFER_PLUGINS = $(FILETRANSFER_PLUGINS), {folder}/xrootd_plugin
JOB_TRANSFORM_NAMES = $(JOB_TRANSFORM_NAMES) FLAVOUR
JOB_TRANSFORM_FLAVOUR @=end
   EVALSET MaxRuntime {runtime}
@end
SYSTEM_PERIODIC_REMOVE_NAMES = TOO_LONG TOO_LONG_HELD TOO_OFTEN
SYSTEM_PERIODIC_REMOVE_TOO_LONG = JobStatus == 2 && time() - EnteredCurrentStatus > MaxRuntime
SYSTEM_PERIODIC_REMOVE_TOO_LONG_REASON = strcat("Job removed: it ran for longer than MaxRuntime, ", string(MaxRuntime), " s")
# A day and ten starts are CERN's. Jobs of tests may ask for less.
SYSTEM_PERIODIC_REMOVE_TOO_LONG_HELD = JobStatus == 5 && time() - EnteredCurrentStatus > (MostHeld ?: 86400)
SYSTEM_PERIODIC_REMOVE_TOO_LONG_HELD_REASON = "Job removed: it was held for too long"
SYSTEM_PERIODIC_REMOVE_TOO_OFTEN = NumJobStarts > (MostStarts ?: 10)
SYSTEM_PERIODIC_REMOVE_TOO_OFTEN_REASON = "Job removed: it was restarted too often"
PERIODIC_EXPR_INTERVAL = 2
"""

_CLIENT = """\
COLLECTOR_HOST = {collector}
UID_DOMAIN = cern.ch
LOG = {folder}/client
SEC_DEFAULT_AUTHENTICATION_METHODS = FS
SEC_CREDENTIAL_PRODUCER = {folder}/producer
"""

# As at CERN, base64: the bindings cut what a producer prints at the first zero byte.
_PRODUCER = """\
#!/bin/sh
echo once more >> {produced}
exec base64 "${{KRB5CCNAME#FILE:}}"
"""

_MONITOR = """\
#!/bin/bash
# Turns what the credd was given into ticket caches, when it is told to by a signal.
umask 077
work() {{ # unless it shall miss this signal; in a process of its own, which is not disturbed by the next signal
    rm {inattentive} 2>/dev/null && return
    (
        flock 9
        for given in {credentials}/*.cred; do
            [ -e "$given" ] || continue
            base64 --decode "$given" > "${{given%.cred}}.new" 2>/dev/null || cp "$given" "${{given%.cred}}.new"
            mv "${{given%.cred}}.new" "${{given%.cred}}.cc"
        done
        touch {credentials}/CREDMON_COMPLETE
    ) 9>>{lock}
}}
trap work HUP
echo $$ > {credentials}/pid
work
while :; do sleep 1 & wait $!; done
"""

# Moves files between the scratch folder and the folder that stands for EOS.
_XROOTD_PLUGIN = """\
#!{python}
import os, re, shutil, sys
from pathlib import Path

if sys.argv[1:] == ["-classad"]:
    print('PluginVersion = "1"\\nPluginType = "FileTransfer"\\nMultipleFileSupport = true\\nSupportedMethods = "root"')
    sys.exit()
arguments = [argument for argument in sys.argv[1:] if argument != "-upload"]
named = dict(zip(arguments[::2], arguments[1::2]))
failed = False
with open(named["-outfile"], "w") as out:
    for ad in re.findall(r"\\[(.*?)\\]", Path(named["-infile"]).read_text(), re.DOTALL):
        url, local = (re.search(rf'{{name}} = "([^"]*)"', ad)[1] for name in ("Url", "LocalFileName"))
        there = Path("{eos}") / url.split("//", 2)[2].removeprefix("eos/")
        try:
            source, target = (local, there) if "-upload" in sys.argv else (there, local)
            if "XRDCP_CREATE_DIR = true" in Path(os.environ["_CONDOR_JOB_AD"]).read_text():
                there.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)
            problem = ""
        except OSError as error:
            problem, failed = str(error).replace('"', "'"), True
        success = "false" if problem else "true"
        said = f'TransferSuccess = {{success}}; TransferError = "{{problem}}"; TransferUrl = "{{url}}"'
        out.write(f'[ {{said}}; TransferFileName = "{{Path(local).name}}"; TransferTotalBytes = 1; ]\\n')
sys.exit(1 if failed else 0)
"""
