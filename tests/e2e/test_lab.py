"""The lab itself: PostgreSQL, Redis and HTTP are what they claim to be, and each part stops, freezes and comes
back in its role. Its Kafka: test_lab_brokers_long.py."""

import contextlib
import http.client
import json
import socket
import ssl
import urllib.error
import urllib.request

import pytest
import redis

from sandbox import HOST, wait_until
from sandbox_probe import FAILURES

BESIDE = "others"
LABEL = "long"


def client(lab, part):
    return redis.Redis(host=HOST, port=lab.port(part), decode_responses=True, socket_timeout=0.5)


def role(lab, part):
    """None while it closes connections, as it does when its role changes."""
    with contextlib.suppress(redis.RedisError), client(lab, part) as connection:
        return connection.info("replication")["role"]
    return None


# --- PostgreSQL ---------------------------------------------------------------------------------


def test_a_standby_streams_from_its_primary(lab_postgres):
    assert lab_postgres.sql("SELECT application_name, state FROM pg_stat_replication") == [("standby", "streaming")]
    assert lab_postgres.sql("SELECT pg_is_in_recovery()", part="standby") == [(True,)]


@pytest.mark.parametrize("database, encoding", [("ecap", "UTF8"), ("latin1", "LATIN1"), ("sql_ascii", "SQL_ASCII")])
def test_encodings(lab_postgres, database, encoding):
    assert lab_postgres.sql("SHOW server_encoding", dbname=database) == [(encoding,)]


def test_a_role_without_pg_monitor(lab_postgres):
    assert lab_postgres.sql("SELECT pg_has_role('pg_monitor', 'member')", user="plain_user") == [(False,)]


def test_pools_of_both_kinds(lab_postgres):
    """A session of a session pool keeps what it sets; in a transaction pool the server's session is shared."""
    with contextlib.closing(lab_postgres.connect("postgres", part="pgbouncer", dbname="pgbouncer")) as admin:
        with admin.cursor() as cursor:
            cursor.execute("SHOW DATABASES")
            names = [column.name for column in cursor.description]
            modes = {row[names.index("name")]: row[names.index("pool_mode")] for row in cursor.fetchall()}
    assert modes["session"] == "session" and modes["transaction"] == "transaction"
    for pool in ("session", "transaction"):
        assert lab_postgres.sql("SELECT current_database()", user="ecap_user", part="pgbouncer",
                                dbname=pool) == [("ecap",)]


def test_a_promoted_standby_is_a_standby_again(lab_postgres):
    lab_postgres.sql("SELECT pg_promote()", part="standby")
    assert lab_postgres.sql("SELECT pg_is_in_recovery()", part="standby") == [(False,)]
    lab_postgres.run("ctl", "restore")
    assert lab_postgres.sql("SELECT pg_is_in_recovery()", part="standby") == [(True,)]


# --- Redis --------------------------------------------------------------------------------------


def test_a_replica_and_a_sentinel(lab_redis):
    assert (role(lab_redis, "redis"), role(lab_redis, "replica")) == ("master", "slave")
    with client(lab_redis, "sentinel") as sentinel:
        assert int(sentinel.execute_command("SENTINEL", "GET-MASTER-ADDR-BY-NAME", "lab")[1]) == lab_redis.port("redis")


def test_a_failover_and_back(lab_redis):
    with client(lab_redis, "sentinel") as sentinel:
        wait_until(lambda: sentinel.execute_command("SENTINEL", "MASTER", "lab"), 10)
        wait_until(lambda: failover(sentinel), 20, "the sentinel knows of the replica")
    wait_until(lambda: role(lab_redis, "replica") == "master", 20)
    lab_redis.run("ctl", "restore")
    assert (role(lab_redis, "redis"), role(lab_redis, "replica")) == ("master", "slave")


def failover(sentinel):
    try:
        return sentinel.execute_command("SENTINEL", "FAILOVER", "lab")
    except redis.RedisError:  # it does not know yet to whom, or it is slow
        return False


def test_a_cluster_of_three(lab_redis):
    for node in ("cluster-1", "cluster-2", "cluster-3"):
        with client(lab_redis, node) as connection:
            info = connection.execute_command("CLUSTER", "INFO")
            info = info if isinstance(info, dict) else dict(line.split(":", 1) for line in info.split())
            assert (info["cluster_state"], info["cluster_size"]) == ("ok", "3")


# --- HTTP ---------------------------------------------------------------------------------------


def get(lab, path, timeout=5):
    try:
        with urllib.request.urlopen(f"http://{HOST}:{lab.port('http')}{path}", timeout=timeout) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def test_a_request_chooses_its_answer(lab_http):
    assert get(lab_http, "/ok") == (200, b"ok\n")
    assert get(lab_http, "/status/503")[0] == 503
    assert get(lab_http, "/redirect/3") == (200, b"ok\n")
    assert len(get(lab_http, "/body/1000000")[1]) == 1000000
    assert get(lab_http, "/delay/0.1/status/404")[0] == 404
    for path, failure in {"/drop": http.client.RemoteDisconnected, "/reset": ConnectionResetError,
                          "/cut": http.client.IncompleteRead, "/garbage": http.client.BadStatusLine}.items():
        with pytest.raises(failure):
            get(lab_http, path)
    for path in ("/hang", "/hang-head", "/hang-body"):
        with pytest.raises((TimeoutError, socket.timeout, urllib.error.URLError)):
            get(lab_http, path, timeout=0.2)
    with pytest.raises(urllib.error.HTTPError):
        urllib.request.urlopen(f"http://{HOST}:{lab_http.port('http')}/redirect/loop", timeout=5)


def test_health_becomes_what_a_test_wants(lab_http):
    get(lab_http, "/become/status/500")
    assert get(lab_http, "/health")[0] == 500
    get(lab_http, "/become/ok")
    assert get(lab_http, "/health")[0] == 200
    counts = [json.loads(get(lab_http, "/counts")[1])["connections"] for _ in range(2)]
    assert counts[1] == counts[0] + 1


@pytest.mark.parametrize("kind, fault", [("good", None), ("soon", None), ("expired", "CERTIFICATE_VERIFY_FAILED"),
                                         ("wrong-name", "CERTIFICATE_VERIFY_FAILED")])
def test_certificates(lab_http, kind, fault):
    context = ssl.create_default_context(cafile=lab_http.folder / "tls/ca.pem")
    context.verify_flags |= ssl.VERIFY_X509_STRICT  # the default of newer versions
    with socket.create_connection((HOST, lab_http.port(f"tls-{kind}")), timeout=5) as plain:
        if fault:
            with pytest.raises(ssl.SSLCertVerificationError, match=fault):
                context.wrap_socket(plain, server_hostname="localhost")
        else:
            with context.wrap_socket(plain, server_hostname="localhost") as secure:
                assert secure.getpeercert()


# --- the parts ----------------------------------------------------------------------------------


def ask(lab, part):
    if part in ("postgres", "standby"):
        lab.connect(part=part, connect_timeout=2).close()
    elif part == "pgbouncer":
        lab.connect("ecap_user", part=part, dbname="session", connect_timeout=2).close()
    elif part == "http":
        assert get(lab, "/ok", timeout=0.5)[0] == 200
    else:
        client(lab, part).ping()


@pytest.mark.parametrize("fixture, part", [
    ("lab_postgres", "standby"), ("lab_postgres", "pgbouncer"), ("lab_redis", "redis"),
    ("lab_redis", "cluster-2"), ("lab_http", "http")])
def test_a_part_freezes_dies_and_comes_back(request, fixture, part):
    lab = request.getfixturevalue(fixture)
    lab.freeze(part)
    with pytest.raises(FAILURES):
        ask(lab, part)
    lab.thaw(part)
    wait_until(lambda: ask(lab, part) is None)
    lab.kill(part)
    with pytest.raises(FAILURES):
        ask(lab, part)
    lab.start(part)
    ask(lab, part)
