"""Write the configuration of a personal pool, which its daemons and its clients share."""

from __future__ import annotations

import re
import socket
from pathlib import Path

import attrs

from htmap_pool.errors import CannotStart
from htmap_pool.places import Places
from htmap_pool.release import Release
from htmap_pool.running.identity import Identity

# The machine's name would not do: a laptop's name changes, and jobs in the queue would then belong to another user.
DOMAIN = "personal.htmap"


@attrs.frozen
class Shape:
    """The size of a pool, how long it runs, and how strict it is.

    :param cpus: the number of processors; None for all of the machine's.
    :param memory: the memory in MB; None for all of the machine's.
    :param idle_shutdown: the seconds after which an idle pool stops; 0 for never.
    :param enforce_memory: whether jobs are held that use more memory than their slot has.
    """

    cpus: int | None = None
    memory: int | None = None
    idle_shutdown: int = 0
    enforce_memory: bool = False


def port_of(places: Places) -> int | None:
    """Return the port that a configuration names which is there already; None if there is none."""
    try:
        found = _PORT.search(places.configuration.read_text(errors="replace"))
    except OSError:
        return None
    return int(found[1]) if found else None


_PORT = re.compile(r"^SHARED_PORT_PORT = ([1-9]\d{0,4})$", re.MULTILINE)


def text(places: Places, runtime: Path, release: Release, identity: Identity, shape: Shape, port: int) -> str:
    """Return the configuration file.

    :param places: the pool's folders.
    :param runtime: the local folder for sockets and locks.
    :param release: the HTCondor to run.
    :param identity: the owner, as the daemons see them.
    :param shape: the size of the pool.
    :param port: the one port that it listens on.
    :raises CannotStart: a path cannot be written into a configuration file.
    """
    for path in (places.root, runtime, release.root):
        if any(character in str(path) for character in "\n\"'$,"):
            raise CannotStart(
                f"HTCondor cannot work with the path {str(path)!r}",
                advice="Choose another HTMAP_DIR, without quotes, commas and dollar signs",
            )
    sections = [
        _HEAD,
        _folders(places, runtime, release),
        _NETWORK.format(host=socket.gethostname() or "localhost", port=port),
        _security(identity),
        _QUICK,
        _slots(shape),
        _ENFORCED_MEMORY if shape.enforce_memory else "",
        _idle_shutdown(shape.idle_shutdown),
        f"LOCAL_CONFIG_DIR = {places.user_configuration}\n",
    ]
    return "\n".join(sections)


_HEAD = """\
# Written by `htmap pool start` each time; changes here are lost.
# Put your own parameters into files config.d/*.conf beside this one: HTCondor reads them after it.
"""


def _folders(places: Places, runtime: Path, release: Release) -> str:
    return f"""\
# Every folder is set, because the defaults are those of a system-wide HTCondor.
RELEASE_DIR = {release.root}
BIN = {release.bin}
SBIN = {release.sbin}
LIBEXEC = {release.libexec}
LIB = {release.lib}
SHARE = {release.share}
ETC = {places.root}/etc
LOCAL_DIR = {places.root}
LOG = {places.log}
SPOOL = {places.spool}
EXECUTE = {places.execute}
RUN = {runtime}
LOCK = {runtime}
DAEMON_SOCKET_DIR = {runtime}/sock
LOCAL_CONFIG_FILE =
SEC_PASSWORD_DIRECTORY = {places.root}/etc
SEC_TOKEN_SYSTEM_DIRECTORY = {places.root}/etc
SEC_TOKEN_DIRECTORY = {places.root}/etc

# If EXECUTE is below /tmp, the default would hide the scratch directory from the job itself.
MOUNT_UNDER_SCRATCH =
"""


_NETWORK = """\
# The pool listens on this machine only. Clients read the address files. The port was free when the pool was started, so several
# pools can run. It is a fixed one: a shared_port that was killed would come back at another, where daemons do not look for it.
use ROLE : CentralManager
use ROLE : Submit
use ROLE : Execute
CONDOR_HOST = 127.0.0.1
COLLECTOR_HOST = $(CONDOR_HOST):{port}
NETWORK_INTERFACE = 127.0.0.1
BIND_ALL_INTERFACES = False
ENABLE_IPV6 = False
# The pool asks no name server: a laptop may have none.
NETWORK_HOSTNAME = {host}
NO_DNS = False
USE_SHARED_PORT = True
SHARED_PORT_PORT = {port}
COLLECTOR_ADDRESS_FILE = $(LOG)/.collector_address
SCHEDD_ADDRESS_FILE = $(LOG)/.schedd_address
MASTER_ADDRESS_FILE = $(LOG)/.master_address
STARTD_ADDRESS_FILE = $(LOG)/.startd_address
NEGOTIATOR_ADDRESS_FILE = $(LOG)/.negotiator_address
"""


def _security(identity: Identity) -> str:
    owner = f"{identity.name}@{DOMAIN}"
    # Root's clients are outside the namespace and must stay root, who is the owner inside it. As any other user they would look
    # like the user that stands for all others, and whoever lets that one in lets in everybody.
    # Jobs see the mask as their user, but they belong to root and should find root's home.
    ids = f"CONDOR_IDS = 0.0\n{_ROOTS_HOME.format(home=Path.home())}" if identity.in_namespace else ""
    return f"""\
# Only the owner is let in, authenticated by making a directory (FS). With other methods beside it, the owner could be
# taken for condor@password, who may not submit.
UID_DOMAIN = {DOMAIN}
FILESYSTEM_DOMAIN = {DOMAIN}
TRUST_UID_DOMAIN = True
{ids}SEC_DEFAULT_INTEGRITY = REQUIRED
SEC_DEFAULT_ENCRYPTION = OPTIONAL
SEC_ENABLE_TOKEN_FETCH = False
SEC_ENABLE_TOKEN_REQUEST = False
COLLECTOR_BOOTSTRAP_SSL_CERTIFICATE = False
{_for_each_level("SEC_{level}_AUTHENTICATION = REQUIRED")}
{_for_each_level("SEC_{level}_AUTHENTICATION_METHODS = FS")}
{_for_each_level(f"ALLOW_{{level}} = {owner}")}
ALLOW_CLIENT = *
"""


_LEVELS = (
    "DEFAULT",
    "READ",
    "WRITE",
    "OWNER",
    "ADMINISTRATOR",
    "CONFIG",
    "DAEMON",
    "NEGOTIATOR",
    "ADVERTISE_MASTER",
    "ADVERTISE_SCHEDD",
    "ADVERTISE_STARTD",
)


def _for_each_level(line: str) -> str:
    return "\n".join(line.format(level=level) for level in _LEVELS)


_ROOTS_HOME = """\
STARTER_SETS_HOME_ENV = False
STARTER_JOB_ENVIRONMENT = "HOME='{home}'"
"""

# The defaults are made for large pools, where a minute more or less does not matter. The schedd asks for a negotiation when jobs
# come into a queue in which none waited. With no interval to hold it back, that takes milliseconds. Where some waited, the next
# regular one has to do.
_QUICK = """\
NEGOTIATOR_INTERVAL = 2
NEGOTIATOR_MIN_INTERVAL = 0
NEGOTIATOR_CYCLE_DELAY = 0
SCHEDD_INTERVAL = 1
SCHEDD_MIN_INTERVAL = 0
RUNBENCHMARKS = False
START = True
PREEMPT = False
KILL = False
SUSPEND = False
WANT_SUSPEND = False
WANT_VACATE = True
MachineMaxVacateTime = 10
GRACEFUL_SHUTDOWN_TIMEOUT = 20
# When the input files are there, the starter asks the shadow whether it may start. If the shadow has not yet noticed the end of
# the child process that sent the files, the starter waits five seconds. Without a child process it need not wait.
SHADOW.FAKE_CREATE_THREAD = True
# The schedd learns from a starter's first report where a job runs; before that, nobody can look at the job's output. The second
# report, by default after five minutes, is the first one with the job's real memory.
STARTER_INITIAL_UPDATE_INTERVAL = 0
STARTER_UPDATE_INTERVAL = 30
# For a second after its last job, a slot's ad is out of date and a match would be refused, so that a map which follows another
# had to wait for two negotiations. A slot that is kept that long takes the next job without one, as the schedd looks each second.
# It is not kept longer, because the next map may need more memory than it has, and would wait until it is released.
JOB_TRANSFORM_NAMES = $(JOB_TRANSFORM_NAMES) BRIEF_CLAIMS
JOB_TRANSFORM_BRIEF_CLAIMS @=end
   REQUIREMENTS KeepClaimIdle =?= undefined || KeepClaimIdle > 2
   SET KeepClaimIdle 2
@end
# By default a schedd offers twenty jobs of a user until some of them have matched, the first of the queue: a map that no slot can
# run would keep all others from running.
SCHEDD_ENABLE_PER_USER_MATCH_LIMITS = False
# If a startd is killed, or the pool is started again after its master was, the schedd tries to reach the jobs that ran, which
# are dead, for as long as their lease is, by default 40 minutes. A schedd that was killed is back in seconds, and finds its jobs.
JOB_DEFAULT_LEASE_DURATION = 60
# The seconds after which daemons notice that their master was killed, and end.
PARENT_CHECK_FIRST_INTERVAL = 10
PARENT_CHECK_INTERVAL = 10
# A daemon that crashed is started again at once; if it crashes again, later.
MASTER_BACKOFF_CONSTANT = 0
# HTCondor sends no mail about its daemons: the logs are at hand.
PUBLISH_OBITUARIES = False
SCHEDD_RESTART_REPORT =
# Run times are differences of times in the event logs, and first tries are short.
DEFAULT_USERLOG_FORMAT_OPTIONS = SUB_SECOND
PREEN_ARGS = -r
"""


# In control groups, which HTCondor uses where it may write to them, the kernel ends a job at once. Otherwise HTCondor adds up
# what the processes of a job have in memory; by default the startd would learn of it after minutes. HTMap's jobs read from the
# machine's ad that they must stay below that.
_ENFORCED_MEMORY = """\
CREATE_CGROUP_WITHOUT_ROOT = True
use POLICY : HOLD_IF_MEMORY_EXCEEDED
PID_SNAPSHOT_INTERVAL = 2
STARTER_UPDATE_INTERVAL = 3
POLLING_INTERVAL = 2
HTMapEnforcesMemory = True
STARTD_ATTRS = $(STARTD_ATTRS) HTMapEnforcesMemory
"""


def _slots(shape: Shape) -> str:
    lines = ["SLOT_TYPE_1 = 100%", "SLOT_TYPE_1_PARTITIONABLE = True", "NUM_SLOTS_TYPE_1 = 1", "NUM_SLOTS = 1"]
    if shape.cpus is not None:
        lines.append(f"NUM_CPUS = {shape.cpus}")
    if shape.memory is not None:
        lines.append(f"MEMORY = {shape.memory}")
    return "\n".join(lines) + "\n"


def _idle_shutdown(seconds: int) -> str:
    """Return the parameters that stop an idle pool: first the schedd ends, which knows the queue, then the master.

    Held jobs do not keep a pool running, because they wait for a person. The schedd's statistics cover the last *seconds*.
    """
    if not seconds:
        return "# This pool runs until it is told to stop.\n"
    busy = " + ".join(_BUSY)
    interval = max(2, min(60, seconds // 10))
    return f"""\
STATISTICS_WINDOW_SECONDS = {seconds}
STATISTICS_WINDOW_QUANTUM = {max(1, min(60, seconds // 10))}
SCHEDD.DAEMON_SHUTDOWN = {busy} == 0 && MyCurrentTime - DaemonStartTime > {seconds}
MASTER.DAEMON_SHUTDOWN = SCHEDD_StartTime =?= 0 && MyCurrentTime - DaemonStartTime > {seconds}
MASTER_UPDATE_INTERVAL = {interval}
"""


# The attributes of the schedd's ad that count waiting jobs, running jobs, and jobs that came or went lately.
_BUSY = (
    "TotalIdleJobs",
    "TotalRunningJobs",
    "TotalLocalJobsIdle",
    "TotalLocalJobsRunning",
    "TotalSchedulerJobsIdle",
    "TotalSchedulerJobsRunning",
    "RecentJobsSubmitted",
    "RecentJobsExited",
)
