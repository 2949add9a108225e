"""What runs containers on an execute host, and images for it."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

from htmap_pool.programs import run

from tests.site import debian

HERE = f"{sys.version_info.major}.{sys.version_info.minor}"
OTHER = "3.13" if HERE != "3.13" else "3.11"


def with_numpy() -> Path:
    """Return a root directory with the submit side's minor version of Python, and with numpy."""
    return debian.tree(HERE, "python3-numpy")


def with_another_python() -> Path:
    """Return a root directory with another minor version of Python than the submit side's."""
    return debian.tree(OTHER)


# --- Docker

# HTCondor starts Docker's client as its own user, who cannot be root and must be let in by the daemon.
_DAEMON = """\
chown -R daemon:daemon /var/lib/execute-host
export PATH={prefix}/usr/sbin:{prefix}/usr/bin:$PATH
dockerd --group=daemon --storage-driver=overlay2 --bridge=none --iptables=false --ip6tables=false --ip-forward=false \\
    --ip-masq=false --userland-proxy=false --data-root=/var/lib/execute-host/docker >/var/lib/execute-host/log/dockerd 2>&1 &
for attempt in $(seq 1200); do
    ! docker version >/dev/null 2>&1 && kill -0 $! || break
    sleep 0.1
done
set -e
docker version >/dev/null || tail -n 20 /var/lib/execute-host/log/dockerd >&2
docker version >/dev/null
"""

_CONFIGURATION = """
DOCKER = {prefix}/usr/bin/docker
# Its own test would need an image of the registry.
DOCKER_PERFORM_TEST = False
# No registry can be reached from here, and images that are there already are asked for in one all the same.
DOCKER_TRUST_LOCAL_IMAGES = True
CONDOR_IDS = 1.1
"""


def docker() -> Path:
    """Return a folder with Docker's programs."""
    return debian.programs("docker", ["docker.io", "containerd", "runc", "tini"])


def docker_configuration(prefix: Path) -> str:
    """Return the configuration of an execute host with Docker."""
    return _CONFIGURATION.format(prefix=prefix)


def docker_daemon(prefix: Path, images: Mapping[str, Path], variants: Mapping[str, str]) -> str:
    """Return a script that starts a Docker daemon on the host and makes images.

    :param prefix: the folder with Docker's programs.
    :param images: by its name the folder that an image is made of.
    :param variants: by its name the Dockerfile of an image that is made of those.
    """
    imports = [f"tar -C {folder} -c . | docker import - {name}" for name, folder in images.items()]
    builds = [f"echo '{text}' | docker build --quiet --tag {name} -" for name, text in variants.items()]
    return _DAEMON.format(prefix=prefix) + "\n".join([*imports, *builds, "set +e", ""])


# --- Apptainer

# HTCondor tests it as root, who may have fewer privileges on this machine than Apptainer wants of root; jobs are nobody's.
_APPTAINER = """\
#!/bin/sh
export APPTAINER_USERNS=1 PATH={prefix}/usr/bin:/usr/sbin:/usr/bin:/sbin:/bin
exec {prefix}/usr/bin/apptainer "$@"
"""


def apptainer() -> Path:
    """Return a folder with Apptainer's programs, to be started by its ``apptainer.sh``."""
    return debian.programs("apptainer", ["apptainer", "squashfuse", "squashfs-tools"], _finish_apptainer)


def _finish_apptainer(prefix: Path) -> None:
    # It looks for these beside its programs, of which one lies deeper than the others.
    for link, target in (("usr/etc", "../etc"), ("usr/lib/etc", "../../etc"), ("usr/lib/var", "../var")):
        (prefix / link).symlink_to(target)
    (prefix / "usr/var/lib/apptainer/mnt/session").mkdir(parents=True)
    (prefix / "apptainer.sh").write_text(_APPTAINER.format(prefix=prefix))
    (prefix / "apptainer.sh").chmod(0o755)


# The machine's own may be root's alone.
_FUSE = """\
mknod --mode=666 /var/lib/execute-host/fuse c 10 229
mount --bind /var/lib/execute-host/fuse /dev/fuse
"""


def apptainer_devices() -> str:
    """Return a script that lets everybody on the host mount images: without that, each job would unpack its own."""
    return _FUSE


def apptainer_configuration(prefix: Path) -> str:
    """Return the configuration of an execute host with Apptainer."""
    return f"""
SINGULARITY = {prefix}/apptainer.sh
# Debian's HTCondor comes without the image that it would test this with.
HasSIF = True
STARTD_ATTRS = $(STARTD_ATTRS) HasSIF
"""


# What makes a pool heed the attribute of a job that names an image; by default it is ignored.
HEEDING_THE_ATTRIBUTE = """
SINGULARITY_JOB = !isUndefined(TARGET.SingularityImage)
SINGULARITY_IMAGE_EXPR = TARGET.SingularityImage
"""


def sif(root: Path) -> Path:
    """Return an image in one file, made of a root directory."""
    return debian.made(f"{root.name}.sif", lambda path: _build([str(path), str(root)]))


def sandbox(root: Path) -> Path:
    """Return an image in a folder, made of a root directory."""
    return debian.made(f"{root.name}.sandbox", lambda path: _build(["--sandbox", str(path), str(root)]))


def _build(arguments: list[str]) -> None:
    # Packing well takes a minute, and the image is read on this machine only.
    quick = ["--mksquashfs-args=-Xcompression-level 1"]
    run([apptainer() / "apptainer.sh", "build", *quick, *arguments], timeout=300)
