"""A PostgreSQL of the tests of pages, and what they ask of it."""

from pathlib import Path

import pytest

from postgres_servers import Cluster
from stacktop import closed_port, stacktop, write_config

PROGRAMS = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    if not PROGRAMS:
        pytest.skip("PostgreSQL is not installed")
    cluster = Cluster(tmp_path_factory.mktemp("pages") / "server", PROGRAMS[-1].parent, 15)
    cluster.make()
    cluster.start()
    try:
        for database in ("app", "bare"):
            cluster.sql(f"CREATE DATABASE {database}", dbname="postgres")
        cluster.sql("CREATE EXTENSION pg_stat_statements; CREATE ROLE watcher LOGIN; GRANT pg_monitor TO watcher;"
                    " CREATE ROLE nobody LOGIN; CREATE TABLE goods (id int PRIMARY KEY, price int);"
                    " INSERT INTO goods SELECT n, n FROM generate_series(1, 20000) n; ANALYZE goods")
        yield cluster
    finally:
        cluster.remove()


def configured(cluster, folder, user="watcher", database="app", **more):
    dsn = cluster.dsn(user).replace("/app", f"/{database}")
    return write_config(folder, postgres=[{"name": "shop", "dsn": dsn}], hosts=[], interval="500ms",
                        services=[{"name": "api", "address": f"127.0.0.1:{closed_port()}"}], **more)


@pytest.fixture
def shop(server, tmp_path):
    return configured(server, tmp_path)


def show(config, *arguments, **options):
    return stacktop("show", "-c", config, *arguments, **options)


def sessions_of(server, user="watcher"):
    return [pid for [pid] in server.sql("SELECT pid FROM pg_stat_activity WHERE usename = %s ORDER BY backend_start",
                                        user)]
