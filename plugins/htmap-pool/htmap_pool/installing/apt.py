"""Run the machine's apt with private files, so that nothing of the machine is changed.

apt computes the dependencies and checks the signatures. Its lists, cache and status file are ours. The status file is empty, so
apt ignores the machine's installed packages. No step needs root.
"""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

import attrs

from htmap_core import make_folder, write_atomically
from htmap_pool.errors import ToolFailed
from htmap_pool.installing.sources import Source, parse_fields
from htmap_pool.programs import last_lines, run

# Debian renamed htcondor to condor.
PACKAGE_NAMES = ("condor", "htcondor")

# It is called with the finished part of a step, from 0 to 1.
Progress = Callable[[float], None]

_CONFIGURATION = """\
// apt has read the machine's apt.conf.d before this file, because proxies are set there. The hooks would act outside our folders.
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
#clear APT::Architectures;
APT::Architectures:: "{architecture}";
APT::Architecture "{architecture}";
APT::Sandbox::User "{user}";
APT::Install-Recommends "false";
APT::Get::AllowUnauthenticated "false";
Acquire::AllowInsecureRepositories "false";
Acquire::Languages "none";
Acquire::Retries "1";
Acquire::http::Timeout "30";
Acquire::https::Timeout "30";
Acquire::ForceHash "SHA256";
Dir::State "{folder}";
Dir::State::Lists "{folder}/lists/";
Dir::State::status "{folder}/status";
Dir::Cache "{folder}/cache";
Dir::Cache::archives "{folder}/cache/archives/";
Dir::Cache::pkgcache "pkgcache.bin";
Dir::Cache::srcpkgcache "srcpkgcache.bin";
Dir::Etc::SourceList "{folder}/htmap.sources";
Dir::Etc::SourceParts "/dev/null";
Dir::Etc::Preferences "/dev/null";
Dir::Etc::PreferencesParts "/dev/null";
Dir::Log "{folder}/log";
Dir::Log::Planner "/dev/null";
"""


@attrs.frozen
class Package:
    """One binary package that apt has chosen."""

    name: str
    version: str
    architecture: str
    section: str
    depends: frozenset[str]
    provides: frozenset[str]
    size: int
    sha256: str

    @property
    def file(self) -> str:
        """The name that apt gives the package's file."""
        return f"{self.name}_{self.version.replace(':', '%3a')}_{self.architecture}.deb"


class Apt:
    """Runs apt-get and apt-cache with a state of their own.

    :param folder: the folder of that state.
    :param sources: the package archives to use.
    """

    def __init__(self, folder: Path, sources: Sequence[Source]) -> None:
        self._folder = folder
        self._configuration = folder / "apt.conf"
        architecture = run(["dpkg", "--print-architecture"]).strip()
        for part in ("lists/partial", "cache/archives/partial", "log"):
            make_folder(folder / part)
        (folder / "status").touch(mode=0o600)
        write_atomically(folder / "htmap.sources", "\n".join(source.stanza() for source in sources))
        # apt's own unprivileged user could not enter a private HTMAP_DIR.
        text = _CONFIGURATION.format(folder=folder, architecture=architecture, user="root")
        write_atomically(self._configuration, text)

    def update(self, origin: str, progress: Progress) -> None:
        """Fetch the package indexes, and check that the distribution itself signed them.

        :param origin: the origin that the signed Release files must have.
        :param progress: called with the finished part, from 0 to 1.
        :raises ToolFailed: there is no network, a key is unknown, or an archive is of another origin.
        """
        self._run("apt-get", ["update", "-q", "--error-on=any"], progress)
        for release in sorted((self._folder / "lists").glob("*Release")):
            fields = parse_fields(release.read_text(encoding="utf-8", errors="replace").splitlines())
            if fields.get("origin") != origin:
                raise ToolFailed("apt-get update", f"{release.name} is of {fields.get('origin')!r}, not of {origin!r}")

    def resolve(self, names: Sequence[str] = PACKAGE_NAMES) -> list[Package]:
        """Return a package, and after it the packages of the shared libraries that it needs.

        apt chooses the packages as if nothing were installed. Packages that the first one needs only for their programs (Perl,
        Python, systemd, ...) are left out: it runs the machine's own programs.

        :param names: the possible names of the package; by default those of HTCondor.
        :raises ToolFailed: the archive has no such package, or lacks one that it needs.
        """
        name = next((name for name in names if self._offers(name)), None)
        if name is None:
            raise ToolFailed("apt-cache", f"there is no package {' or '.join(names)}")
        said = self._run("apt-get", ["install", "-qq", "--print-uris", name])
        files = re.findall(r"^'[^']+' (\S+)_(\S+)_\S+\.deb \d+ ", said, re.MULTILINE)
        chosen = [f"{package}={version.replace('%3a', ':')}" for package, version in files]
        shown = self._run("apt-cache", ["show", *chosen])
        packages = [_package(paragraph) for paragraph in shown.split("\n\n") if paragraph.strip()]
        return libraries_for(name, packages)

    def download(self, packages: Sequence[Package], folder: Path, progress: Progress) -> list[Path]:
        """Fetch *packages* into *folder* and return their files; complete files are not fetched again.

        :raises ToolFailed: a file cannot be fetched, or differs from the signed index.
        """
        make_folder(folder)
        missing = [package for package in packages if not _is_whole(folder / package.file, package)]
        if missing:
            wanted = [f"{package.name}={package.version}" for package in missing]
            self._run("apt-get", ["download", "-q", "-o", "Acquire::Retries=3", *wanted], progress, cwd=folder)
        for package in missing:
            if not _is_whole(folder / package.file, package):
                (folder / package.file).unlink(missing_ok=True)
                raise ToolFailed("apt-get download", f"{package.file} differs from the archive's index")
        return [folder / package.file for package in packages]

    def _offers(self, name: str) -> bool:
        policy = self._run("apt-cache", ["policy", name])
        return bool(re.search(r"^\s+Candidate:\s+(?!\(none\))\S", policy, re.MULTILINE))

    def _run(
        self, program: str, arguments: Sequence[str], progress: Progress | None = None, cwd: Path | None = None
    ) -> str:
        # apt reads the file of -c after the machine's own configuration, so its values win.
        command = [program, "-c", str(self._configuration), *arguments]
        env = {**os.environ, "LC_ALL": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive"}
        env.pop("APT_CONFIG", None)
        if progress is None:
            return run(command, env=env, cwd=cwd)
        _run_with_progress(command, env, cwd, progress)
        return ""


def libraries_for(name: str, packages: Sequence[Package]) -> list[Package]:
    """Return the package *name*, and after it those of *packages* that it needs through shared libraries alone."""
    by_name = {package.name: package for package in packages}
    providers = {virtual: package for package in packages for virtual in package.provides}
    wanted: dict[str, Package] = {}
    todo = [name]
    while todo:
        package = by_name.get(todo[0]) or providers.get(todo[0])
        del todo[0]
        if package is None or package.name in wanted:
            continue
        if package.name == name or (package.architecture != "all" and package.section.endswith("libs")):
            wanted[package.name] = package
            todo += sorted(package.depends)
    return list(wanted.values())


def _package(paragraph: str) -> Package:
    fields = parse_fields(paragraph.splitlines())
    return Package(
        name=fields["package"],
        version=fields["version"],
        architecture=fields["architecture"],
        section=fields.get("section", ""),
        depends=_names(fields.get("depends", ""), fields.get("pre-depends", "")),
        provides=_names(fields.get("provides", "")),
        size=int(fields["size"]),
        sha256=fields["sha256"],
    )


def _names(*relations: str) -> frozenset[str]:
    """Return the package names in relations such as ``a (>= 1) | b:any, c``."""
    parts = (part for relation in relations for part in re.split(r"[,|]", relation))
    return frozenset(match[0] for part in parts if (match := re.match(r"[a-z0-9][a-z0-9+.-]*", part.strip())))


def _is_whole(file: Path, package: Package) -> bool:
    if not file.is_file() or file.stat().st_size != package.size:
        return False
    return hashlib.sha256(file.read_bytes()).hexdigest() == package.sha256


def _run_with_progress(command: Sequence[str], env: Mapping[str, str], cwd: Path | None, progress: Progress) -> None:
    """Run apt and report the progress that it writes to its status descriptor, ``dlstatus:item:percent:text``."""
    read, write = os.pipe()
    with open(read, encoding="utf-8", errors="replace") as status, tempfile.TemporaryFile() as complaints:
        try:
            process = subprocess.Popen(
                [*command, "-o", f"APT::Status-Fd={write}"],
                env=dict(env),
                cwd=cwd,
                pass_fds=[write],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=complaints,
            )
        except OSError as error:
            raise ToolFailed(command[0], error.strerror or str(error)) from error
        finally:
            os.close(write)
        with process:
            _follow(status, progress)
        complaints.seek(0)
        said = complaints.read().decode("utf-8", "replace")
    if process.returncode != 0:
        raise ToolFailed(f"{command[0]} {command[3]}", _complaint(said))


def _follow(status: Iterable[str], progress: Progress) -> None:
    """Read until apt closes the descriptor. If this process is killed, apt cannot write to it and ends, too."""
    for line in status:
        kind, _, rest = line.partition(":")
        if kind == "dlstatus" and (percent := re.match(r"[^:]*:([0-9.]+):", rest)):
            progress(float(percent[1]) / 100)


def _complaint(text: str) -> str:
    """Return apt's error without its warnings, and the keys that are missing."""
    errors = [line[2:].strip() for line in text.splitlines() if line.startswith("E:")]
    # The first error says what happened; the others, about ignored index files, do not help.
    said = " ".join(errors[0].split()) if errors else last_lines(text)
    if missing := sorted(set(re.findall(r"NO_PUBKEY (\w+)", text))):
        return f"{said} (it is signed with {', '.join(missing)}, which this machine's keyring does not have yet)"
    return said
