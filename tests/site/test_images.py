"""An image that cannot be used is told with its name, by the hold: missing, private, without Python, without a shell."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs
import pytest
from htmap_pool.programs import run

import htmap
from htmap_core.testing import eventually
from tests.site import containers, debian
from tests.site.hosts import Site

REFUSED = "127.0.0.1:9"  # nobody listens there
PRIVATE = "127.0.0.1:5000"

# Docker's registry protocol, of a registry that wants to know who asks.
_REGISTRY = f"""
cat >/var/lib/execute-host/registry.py <<"END"
import http.server

class Registry(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(401)
        self.send_header("Www-Authenticate", 'Basic realm="private"')
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_HEAD = do_GET

host, port = "{PRIVATE}".split(":")
http.server.ThreadingHTTPServer((host, int(port)), Registry).serve_forever()
END
/usr/bin/python3 /var/lib/execute-host/registry.py >/dev/null 2>&1 </dev/null &
"""

# A program without a shell; and a shell for another processor, as a whole image for one would have.
_ODD_IMAGES = r"""
mkdir /var/lib/execute-host/odd && cd /var/lib/execute-host/odd
cp /bin/true true
tar -c true | docker import - noshell:1
cp /bin/sh sh && printf '\267' | dd of=sh bs=1 seek=18 conv=notrunc 2>/dev/null
printf 'FROM here:1\nCOPY sh /bin/sh\n' >Dockerfile && docker build --quiet --tag foreign:1 .
"""


@attrs.frozen
class Case:
    """An image that cannot be used.

    :param image: the image, as the option has it.
    :param named: how the hold names it.
    :param code: the code and subcode of the hold.
    :param options: other options.
    """

    image: str
    named: str
    code: tuple[int, int] = (35, 0)
    options: dict[str, Any] = attrs.field(factory=dict)


COULD_NOT_FINISH, CONTAINER_FAILED = (3, 7101), (3, 7102)
OF_DOCKER = {
    "a registry that cannot be reached": Case(f"docker://{REFUSED}/image:1", f"{REFUSED}/image:1"),
    "a registry that wants to know who asks": Case(f"docker://{PRIVATE}/private:1", f"{PRIVATE}/private:1"),
    "no name of an image": Case("docker://Capital", "Capital"),
    "no Python": Case("docker://hidden:1", "hidden:1", COULD_NOT_FINISH),
    "no shell": Case("docker://noshell:1", "noshell:1", COULD_NOT_FINISH),
    "another processor": Case("docker://foreign:1", "foreign:1", COULD_NOT_FINISH),
}
OF_APPTAINER = {
    "a file that is not there": Case(
        "/nowhere/image.sif", "/nowhere/image.sif", CONTAINER_FAILED, {"transfer_container": False}
    ),
    "a file that is no image": Case("GARBAGE", "garbage.sif", CONTAINER_FAILED),
    "a registry that cannot be reached": Case(f"docker://{REFUSED}/image:1", f"{REFUSED}/image:1", CONTAINER_FAILED),
    "no Python": Case("HIDDEN", "hidden.sandbox", COULD_NOT_FINISH, {"transfer_container": False}),
}


def hidden_sandbox() -> Path:
    """Return an image in a folder whose Python is not on its PATH."""
    return debian.made("hidden.sandbox", _make_hidden_sandbox)


def _make_hidden_sandbox(here: Path) -> None:
    run(["cp", "--archive", "--link", str(containers.sandbox(containers.with_numpy())), str(here)])
    (here / ".singularity.d" / "env" / "92-hidden.sh").write_text("export PATH=/nowhere\n")


@pytest.fixture(scope="module")
def maps(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, htmap.Map]]:
    """A map for each case, all submitted at once."""
    prefix, here = containers.docker(), containers.with_numpy()
    hidden = {"hidden:1": "FROM here:1\nENV PATH=/nowhere"}
    daemon = containers.docker_daemon(prefix, {"here:1": here}, hidden)
    config = containers.docker_configuration(prefix)
    site.add_host("docker", config=config, visible=[prefix, here], before=daemon + _ODD_IMAGES + _REGISTRY)
    prefix = containers.apptainer()
    config, devices = containers.apptainer_configuration(prefix), containers.apptainer_devices()
    site.add_host("apptainer", config=config, visible=[prefix, hidden_sandbox()], before=devices)
    garbage = tmp_path_factory.mktemp("images") / "garbage.sif"
    garbage.write_text("this is no image")
    given = {"GARBAGE": str(garbage), "HIDDEN": str(hidden_sandbox())}
    with site.client():
        yield {
            **_maps(site, "docker", OF_DOCKER, given),
            **_maps(site, "apptainer", OF_APPTAINER, given),
        }


def _maps(site: Site, host: str, cases: dict[str, Case], given: dict[str, str]) -> dict[str, htmap.Map]:
    htmap.settings["DELIVERY_METHOD"] = "singularity"
    found = {}
    for name, case in cases.items():
        options = htmap.MapOptions(
            container_image=given.get(case.image, case.image),
            max_retries=0,
            requirements=f'Machine == "{site.hosts[host].machine}"',
            **case.options,
        )
        found[f"{host}: {name}"] = htmap.map(str, [1], map_options=options)
    return found


DOCKER = [f"docker: {name}" for name in OF_DOCKER]
APPTAINER = [f"apptainer: {name}" for name in OF_APPTAINER]


@pytest.mark.parametrize("name", [*DOCKER, *APPTAINER])
def test_the_hold_names_the_image_and_why_tells_it(maps: dict[str, htmap.Map], name: str) -> None:
    host, _, kind = name.partition(": ")
    case, mapped = {"docker": OF_DOCKER, "apptainer": OF_APPTAINER}[host][kind], maps[name]
    eventually(lambda: mapped.components_by_status()[htmap.ComponentStatus.HELD], says="it is held")
    hold = mapped.holds[0]
    assert (hold.code, hold.subcode) == case.code
    assert case.named in hold.reason
    (explained,) = mapped.why()
    assert case.named in explained.text
    assert explained.advice != ""
