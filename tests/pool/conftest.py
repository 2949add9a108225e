"""Servers on loopback that jobs fetch files from and send files to, and a pool whose file transfers trust them."""

from __future__ import annotations

import contextlib
import http.server
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import attrs
import boto3
import pytest
import trustme
import werkzeug.serving
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

import htmap
from htmap_core.plugins.core.presigned import validity
from htmap_core.testing import pool_of_its_own
from htmap_core.testing.pools import htmap_dir_with_pool

HOST = "127.0.0.1"  # a name without a dot would be taken for a bucket of Amazon's


class FileHandler(http.server.SimpleHTTPRequestHandler):
    """Gives out files of a folder, and takes them by PUT."""

    folder: Path

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, directory=str(self.folder), **kwargs)

    def do_PUT(self) -> None:
        path = self.folder / unquote(urlsplit(self.path).path).lstrip("/")
        content = self.rfile.read(int(self.headers["Content-Length"]))
        forbidden = path.parent.name == "forbidden"
        if not forbidden:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        self.send_response(403 if forbidden else 201)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Keep quiet."""


@attrs.frozen
class Punctual:
    """Refuses presigned URLs whose time is over, as Amazon's S3 does, and moto does not."""

    application: Any

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        valid = validity(environ["QUERY_STRING"])
        if valid is None or time.time() <= valid.end:
            return self.application(environ, start_response)
        start_response("403 Forbidden", [("Content-Length", "0")])
        return []


@attrs.frozen
class Servers:
    """What listens: an http and an https server for the files of one folder, and an S3 server with one bucket."""

    folder: Path
    http: str
    https: str
    s3: str
    bucket: Any
    access_key_id: Path
    secret: Path
    authorities: Path


@contextlib.contextmanager
def serving(server: Any) -> Iterator[int]:
    """Serve in a thread; return the port."""
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """Servers with certificates of an authority that nobody else knows."""
    folder = tmp_path_factory.mktemp("servers")
    authorities, certificate = folder / "authorities", folder / "authority.pem"
    authority, context = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.cert_pem.write_to_path(str(certificate))
    authority.issue_cert(HOST).configure_cert(context)
    authorities.mkdir()
    hashed = ["openssl", "x509", "-noout", "-hash", "-in", str(certificate)]
    name = subprocess.run(hashed, capture_output=True, text=True, check=True).stdout.strip()
    (authorities / f"{name}.0").symlink_to(certificate)

    handler = type("Handler", (FileHandler,), {"folder": folder / "files"})
    plain, secure = (http.server.ThreadingHTTPServer((HOST, 0), handler) for _ in range(2))
    secure.socket = context.wrap_socket(secure.socket, server_side=True)
    application = DomainDispatcherApplication(create_backend_app)
    moto = werkzeug.serving.make_server(HOST, 0, Punctual(application), threaded=True, ssl_context=context)
    with serving(plain) as http_port, serving(secure) as https_port, serving(moto) as s3_port:
        (folder / "files").mkdir()
        (folder / "id").write_text("AKIAEXAMPLE")
        (folder / "secret").write_text("hush")
        yield Servers(
            folder / "files",
            f"{HOST}:{http_port}",
            f"{HOST}:{https_port}",
            f"{HOST}:{s3_port}",
            bucket(s3_port, certificate),
            folder / "id",
            folder / "secret",
            authorities,
        )


def bucket(port: int, certificate: Path) -> Any:
    s3 = boto3.resource(
        "s3",
        endpoint_url=f"https://{HOST}:{port}",
        aws_access_key_id="AKIAEXAMPLE",
        aws_secret_access_key="hush",
        region_name="us-east-1",
        verify=str(certificate),
    )
    return s3.create_bucket(Bucket="my-bucket")


@pytest.fixture(scope="session")
def trusting_pool(installed_htcondor: Path, servers: Servers) -> Iterator[Path]:
    """Run a pool whose file transfers trust the servers' authority; return its HTMAP_DIR."""
    # HTCondor's curl plugin looks for authorities in X509_CERT_DIR, beside those that the machine trusts.
    with pool_of_its_own(installed_htcondor, f'STARTD_ENVIRONMENT = "X509_CERT_DIR={servers.authorities}"\n') as folder:
        yield folder


@pytest.fixture
def site(htmap_dir: Path, trusting_pool: Path, servers: Servers) -> Iterator[Servers]:
    """Give a test the servers, with the pool that trusts them, and the keys of the bucket in the settings."""
    with htmap_dir_with_pool(htmap_dir, trusting_pool):
        htmap.settings["MAP_OPTIONS.aws_access_key_id_file"] = servers.access_key_id
        htmap.settings["MAP_OPTIONS.aws_secret_access_key_file"] = servers.secret
        yield servers
