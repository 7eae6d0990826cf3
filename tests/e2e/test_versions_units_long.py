"""The unit tests that start a server, with the oldest and the newest supported version."""

import os
import subprocess

import pytest

from stacktop import BINARY
from terminal import PATIENCE
from versions import Absent, servers

BESIDE = "others"
SECONDS = 180
POSTGRES = ("collectors_test_postgres", "collectors_test_postgres_standby", "collectors_test_postgres_trust",
            "actions_test_postgres_encodings", "actions_test_postgres_conn", "actions_test_postgres_maintenance_delete",
            "actions_test_postgres_maintenance_index", "actions_test_postgres_maintenance_settings",
            "actions_test_postgres_maintenance_vacuum", "actions_test_postgres_sessions", "clients_postgres_test_pg")
REDIS = ("collectors_test_redis", "collectors_test_redis_states", "actions_test_redis_commands", "actions_test_redis_conformance",
         "actions_test_redis_keys", "actions_test_redis_server", "clients_redis_test_redis")


def run(test, variables):
    program = BINARY.parent / test
    if not (BINARY.parent / "core_test_text").exists():
        pytest.skip("built without tests")
    done = subprocess.run([program], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          cwd=BINARY.parent, env={**os.environ, **variables}, timeout=SECONDS * PATIENCE, check=False)
    assert done.returncode == 0, done.stdout.decode(errors="replace")[-4000:]


@pytest.mark.parametrize("test", POSTGRES)
@pytest.mark.parametrize("version", ["10", "18"])
def test_postgres(version, test, tmp_path):
    try:
        programs = servers.postgres(version, tmp_path / "fetch.log")
    except Absent as reason:
        pytest.skip(f"no PostgreSQL {version}: {reason}")
    run(test, {"POSTGRES_BINARIES": str(programs)})


@pytest.mark.parametrize("test", REDIS)
@pytest.mark.parametrize("name", ["redis-6.2.5", "redis-8.2.3", "valkey-9.1.2"])
def test_redis(name, test, tmp_path):
    try:
        program, variables = servers.redis(name, tmp_path / "fetch.log")
    except Absent as reason:
        pytest.skip(f"no {name}: {reason}")
    run(test, {"REDIS_SERVER": str(program), **variables})
