"""Real servers with the API of S3, each fetched once into the sandbox's cache: Versity's gateway (built with Go), and
moto with its own checks of logins (from PyPI), which verify signatures with code of their own."""

import contextlib
import os
import shutil
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from sandbox import wait_until
from stacktop import ROOT, closed_port

sys.path.insert(0, str(ROOT / "sandbox"))
from stack import cache  # noqa: E402
from stack.part import Absent  # noqa: E402

GATEWAY = "github.com/versity/versitygw/cmd/versitygw@v1.8.0"
MOTO = "moto[server,s3]==5.2.5"
BUILD_SECONDS = 900
ACCESS, SECRET = "test-access", "test/secret+key"


def gateway_program(log):
    def build(incoming):
        if not shutil.which("go"):
            raise Absent("go is not installed; it is needed to build versitygw")
        print(f"building {GATEWAY} (once, some minutes) ...", flush=True)
        cache.run(["go", "install", GATEWAY], "go", GATEWAY, log, BUILD_SECONDS,
                  {**os.environ, "GOBIN": str(incoming), "GOFLAGS": "-p=2"})
    return cache.get("versitygw-1.8.0", build) / "versitygw"


def moto_folder(log):
    def install(incoming):
        cache.run([sys.executable, "-m", "pip", "install", "--target", str(incoming), MOTO, "boto3"], "pip", MOTO, log,
                  BUILD_SECONDS)
    return cache.get("moto-5.2.5", install)


@contextlib.contextmanager
def _running(command, url, log, **options):
    with open(log, "ab") as output:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, **options)
    try:
        def answers():
            assert process.poll() is None, Path(log).read_text()
            try:
                urllib.request.urlopen(url, timeout=5)
            except urllib.error.HTTPError:
                return True
            except OSError:
                return False
            return True
        wait_until(answers, 60, "an answer of the server")
        yield url
    finally:
        process.kill()
        process.wait()


@contextlib.contextmanager
def gateway(folder, certificate=None):
    """Versity's gateway with versions; certificate: (PEM file, its key) for https."""
    try:
        program = gateway_program(folder / "fetch.log")
    except Absent as absent:
        pytest.skip(str(absent))
    port = closed_port()
    for name in ("data", "versions"):
        (folder / name).mkdir()
    command = [str(program), "--port", f"127.0.0.1:{port}", "--quiet"]
    if certificate:
        command += ["--cert", str(certificate[0]), "--key", str(certificate[1])]
    command += ["posix", "--versioning-dir", str(folder / "versions"), str(folder / "data")]
    with _running(command, f"http{'s' if certificate else ''}://127.0.0.1:{port}", folder / "server.log",
                  env={**os.environ, "ROOT_ACCESS_KEY": ACCESS, "ROOT_SECRET_KEY": SECRET}) as url:
        yield url


@contextlib.contextmanager
def moto(folder):
    """moto: yields the URL and the keys of a user with all rights."""
    try:
        packages = moto_folder(folder / "fetch.log")
    except Absent as absent:
        pytest.skip(str(absent))
    port = closed_port()
    script = f"import sys; sys.path.insert(0, {str(packages)!r}); from moto.server import main; main(sys.argv[1:])"
    with _running([sys.executable, "-c", script, "-H", "127.0.0.1", "-p", str(port)], f"http://127.0.0.1:{port}",
                  folder / "server.log") as url:
        yield url


def client(packages, url, access, secret, service="s3"):
    """boto3's, from the folder that moto was installed into."""
    if str(packages) not in sys.path:
        sys.path.insert(0, str(packages))
    import boto3
    return boto3.client(service, endpoint_url=url, aws_access_key_id=access, aws_secret_access_key=secret,
                        region_name="us-east-1")
