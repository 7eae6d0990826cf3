"""Every page of Redis with Redis 6.2 to 8 and Valkey: it is complete, has no fault, and knows what the version knows. A new
page is tested here without a line more."""

import shutil

import pytest

from redis_servers import Server
from stacktop import stacktop, write_config
from versions import Absent, servers

BESIDE = "others"
VERSIONS = ["system", *servers.REDIS]
PAGES = [page for page in stacktop("show", "--json").json["pages"] if page["kind"] == "redis"]


@pytest.fixture(scope="module", params=VERSIONS)
def server(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp(request.param)
    program, variables = shutil.which("redis-server") or shutil.which("valkey-server"), {}
    if request.param != "system":
        try:
            program, variables = servers.redis(request.param, folder / "fetch.log")
        except Absent as reason:
            pytest.skip(f"no {request.param}: {reason}")
    if not program:
        pytest.skip("redis-server is not installed")
    running = Server(folder, "--latency-monitor-threshold", "1", program=[program], variables=variables)
    try:
        running.client.mset({f"session:{number}": "x" * 100 for number in range(50)})
        running.client.hset("hash", mapping={"a": "1"})
        running.client.execute_command("EVAL", "for i = 1, 3000000 do end return 1", 0)
        yield running
    finally:
        running.end()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page["id"])
def test_a_page(server, page, tmp_path):
    config = write_config(tmp_path, redis=[{"name": "cache", "url": f"redis://127.0.0.1:{server.port}"}], hosts=[])
    row = ["hash"] if page.get("row_of") else []
    run = stacktop("show", "-c", config, page["id"], "cache", *row, "--json", "--duration", "1s")
    assert run.status == 0 and run.stderr == "", run
    target = run.json["target"]
    assert not [note for note in target["notes"] if "severity" in note], target["notes"]
    assert target["samples"] >= 2 and target["failures"] == 0
    assert all(table["rows"] for table in target["tables"] if table["id"] not in ("events", "slow", "histogram", "errors")), target


def test_what_a_version_knows(server, tmp_path):
    config = write_config(tmp_path, redis=[{"name": "cache", "url": f"redis://127.0.0.1:{server.port}"}], hosts=[])
    version = tuple(int(part) for part in server.client.info()["redis_version"].split(".")[:2])

    def tables(page, *row):
        run = stacktop("show", "-c", config, page, "cache", *row, "--json")
        return {table["id"]: {row["key"]: row["cells"] for row in table["rows"]} for table in run.json["target"]["tables"]}

    mset = tables("redis.commands")["commands"]["mset"]
    assert mset["total_calls"] == 1 and mset["total_failed"] == 0
    assert ("unknown" in mset["p99"] if version < (7, 0) else mset["p99"] > 0)
    assert bool(tables("redis.latency")["histogram"]) == (version >= (7, 0))
    assert tables("redis.latency")["events"]["command"]["events"] >= 1
    key = tables("redis.key", "hash")["keys"]["hash"]
    assert [key["type"], key["length"]] == ["hash", 1]
    assert tables("redis.memory")["prefixes"]["session:"]["keys"] == 50
