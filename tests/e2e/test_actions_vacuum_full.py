"""postgres.vacuum-full and postgres.reindex: the room that they need is compared with what is free, where the server's
files are on this host."""

import contextlib
import json
import os
import shutil
import subprocess

import pytest

from page_server import configured, server  # noqa: F401
from stacktop import stacktop

BESIDE = "others"


@pytest.fixture
def bloated(server):  # noqa: F811
    server.sql("CREATE TABLE bloated (id int PRIMARY KEY, filler text);"
               " INSERT INTO bloated SELECT n, repeat('x', 90) FROM generate_series(1, 20000) n;"
               " DELETE FROM bloated WHERE id % 10 <> 0")
    yield server
    server.sql("DROP TABLE bloated")


def plan_of(config, *words, status=0):
    run = stacktop("plan", "-c", config, "--json", *words)
    assert run.status == status, run
    return json.loads(run.stdout) if status == 0 else run.stderr


def texts(plan):
    return json.dumps(plan)


def test_a_table_is_rewritten(bloated, tmp_path):
    boss = configured(bloated, tmp_path, user="postgres")
    before = bloated.one("SELECT pg_total_relation_size('bloated')")
    plan = plan_of(boss, "postgres.vacuum-full", "shop", "public.bloated")
    text = texts(plan)
    assert "ACCESS EXCLUSIVE" in text and "VACUUM (FULL, ANALYZE) public.bloated" in text
    assert "needs up to 2.9 MB of disk space" in text and f"are free in {bloated.data}" in text and plan["phrase"] == "public.bloated"
    refused = stacktop("apply", plan["hash"], "-c", boss, "--confirm", "y")
    assert refused.status != 0 and bloated.one("SELECT pg_total_relation_size('bloated')") == before
    run = stacktop("apply", plan["hash"], "-c", boss, "--confirm", plan["phrase"])
    assert run.status == 0 and "before" in run.stdout, run
    assert bloated.one("SELECT pg_total_relation_size('bloated')") < before / 5
    assert bloated.one("SELECT count(*) FROM bloated") == 2000


def test_what_is_free_is_not_known(bloated, tmp_path):
    """Without the right to read the data directory's name, or where the directory is that of another server."""
    bloated.sql("ALTER TABLE bloated OWNER TO nobody")
    nobody = configured(bloated, tmp_path, user="nobody")
    for action, name in (("postgres.vacuum-full", "public.bloated"), ("postgres.reindex", "public.bloated_pkey")):
        text = texts(plan_of(nobody, action, "shop", name))
        assert "how much disk space is free is not known" in text and "needs pg_read_all_settings" in text
    boss = configured(bloated, tmp_path, user="postgres")
    pidfile = bloated.data / "postmaster.pid"
    lines = pidfile.read_text()
    pidfile.write_text(lines.replace(str(bloated.port), "1"))
    try:
        text = texts(plan_of(boss, "postgres.vacuum-full", "shop", "public.bloated"))
        assert "is that of another server" in text
    finally:
        pidfile.write_text(lines)


@contextlib.contextmanager
def small_disk(folder, owner):
    if os.getuid() != 0 or not shutil.which("mount"):
        pytest.skip("needs root to mount a file system of 4 MB")
    folder.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", folder], check=False).returncode != 0:
        pytest.skip("cannot mount a file system of 4 MB here")
    try:
        (folder / "space").mkdir()
        owner.give(folder / "space")
        yield folder / "space"
    finally:
        subprocess.run(["umount", folder], check=True)


def test_without_room_there_is_no_plan(server, tmp_path):  # noqa: F811
    boss = configured(server, tmp_path, user="postgres")
    with small_disk(server.folder / "small", server) as space:
        server.sql(f"CREATE TABLESPACE small LOCATION '{space}'")
        try:
            server.sql("CREATE TABLE crammed (id int PRIMARY KEY USING INDEX TABLESPACE small, filler text)"
                       " TABLESPACE small")
            server.sql("INSERT INTO crammed SELECT n, repeat('x', 90) FROM generate_series(1, 18000) n")
            error = plan_of(boss, "postgres.vacuum-full", "shop", "public.crammed", status=1)
            assert "public.crammed needs up to" in error and f"are free in {space}" in error
            text = texts(plan_of(boss, "postgres.reindex", "shop", "public.crammed_pkey"))
            assert f"are free in {space}" in text
        finally:
            server.sql("DROP TABLE IF EXISTS crammed")
            server.sql("DROP TABLESPACE small")
