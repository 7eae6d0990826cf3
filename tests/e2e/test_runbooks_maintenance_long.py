"""Daily, weekly and monthly maintenance to their ends on the sandbox, and on a stack that has only some of the systems."""

import os
import re
import subprocess

import pytest

import keys
from runbook_terminal import agree, as_superuser, choose, chooses_not_done, ends_well, records
from stacktop import BINARY, OK, stacktop, write_config
from terminal import Terminal
from witness import Audit

BESIDE = "others"
FAILED = 1


@pytest.fixture
def run(tmp_path):
    """run(config, name, parameters...): the terminal in which the runbook runs."""
    terminals = []

    def made(config, name, *words):
        terminal = Terminal([BINARY, "-c", config, "runbook", "run", name, *words], columns=200, rows=100)
        terminals.append(terminal)
        return terminal

    yield made
    for terminal in terminals:
        terminal.close()


def dump(sandbox, path):
    environment = {**os.environ, "PGPASSWORD": sandbox.state["passwords"]["postgres"]}
    subprocess.run(["pg_dump", "-h", "127.0.0.1", "-p", str(sandbox.port("postgres")), "-U", "postgres", "-Fc",
                    "-f", path, "ecap"], env=environment, check=True)
    return path


def steps(folder, result):
    """The steps of the run that ended with this result, by name."""
    return {each["title"].split(": ", 1)[1]: each.get("proof", "") for each in Audit(folder / "state").records
            if each["event"] == "outcome" and each["result"] == result and ": " in each["title"]}


def pick(terminal, action, word):
    """Answers the question for a row with the one of the listed candidates that has the word."""
    terminal.wait_for(re.compile(rf"act {re.escape(action)}.*Row for the action[^\n]*: *\s*\Z", re.S), 60)
    terminal.press(*word, "Enter")
    prompt = rf"Row for the action[^\n]*: {re.escape(word)}.*Type `[^`]+` to apply the plan[^`]*: *\s*\Z"
    terminal.wait_for(re.compile(prompt, re.S), 60)  # not that of the plan before
    agree(terminal, action)


# ---- daily

def test_daily(calm, run, tmp_path):
    dump(calm, tmp_path / "ecap-1.dump")
    config = keys.configure(calm, tmp_path)
    terminal = run(config, "daily-maintenance", f"backup={tmp_path}/*.dump", "backup_age=1h")
    ends_well(terminal, tmp_path)  # no question: nothing is wrong
    done, skipped = steps(tmp_path, "done"), steps(tmp_path, "skipped")
    assert {"disks", "the backup", "replication", "sessions", "lag", "memory of the cache"} <= set(done), done
    assert skipped == {"failed units": "skipped: the configuration has no systemd target"}


def test_daily_with_an_old_backup(calm, run, tmp_path):
    """The question is asked, and a person may stop there."""
    old = dump(calm, tmp_path / "ecap-1.dump")
    os.utime(old, (1_700_000_000, 1_700_000_000))
    terminal = run(keys.configure(calm, tmp_path), "daily-maintenance", f"backup={tmp_path}/*.dump")
    chooses_not_done(terminal)
    assert re.search(r"the newest backup, .*ecap-1\.dump, is \d+d .* old, above 1d 2h", terminal.show())
    choose(terminal, "Without a backup that can be read", 2)
    assert terminal.wait_exit(30) == FAILED, terminal.show()
    assert records(tmp_path) == []


# ---- weekly

def test_weekly(calm, run, tmp_path):
    calm.sql("DROP TABLE IF EXISTS public.weekly; CREATE TABLE public.weekly (id int PRIMARY KEY);"
             " INSERT INTO public.weekly SELECT generate_series(1, 1000); DELETE FROM public.weekly WHERE id % 2 = 0;"
             " ALTER TABLE public.weekly OWNER TO ecap_user")
    config = keys.configure(calm, tmp_path)
    vacuumed = "SELECT relname, vacuum_count FROM pg_stat_user_tables WHERE relname = %s"
    neighbour = calm.sql(vacuumed, "customers")
    terminal = run(config, "weekly-maintenance")
    choose(terminal, "Does a table need more?", 2)
    pick(terminal, "postgres.vacuum", "public.weekly")
    choose(terminal, "Does a table need more?", 1)
    choose(terminal, "An unused index may be used", 2)
    pick(terminal, "postgres.reindex", "public.weekly_pkey")
    choose(terminal, "An unused index may be used", 1)
    choose(terminal, "Rows beyond the retention", 1)
    ends_well(terminal, tmp_path, "postgres.vacuum", "postgres.reindex")
    assert calm.sql(vacuumed, "weekly") == [("weekly", 1)] and calm.sql(vacuumed, "customers") == neighbour
    calm.sql("DROP TABLE public.weekly")


# ---- monthly

def test_monthly(calm, run, tmp_path):
    config = keys.configure(calm, tmp_path, **as_superuser(calm))
    terminal = run(config, "monthly-maintenance")
    choose(terminal, "Is each of these roles still needed", 1)
    choose(terminal, "Reset them?", 2)
    agree(terminal, "postgres.reset-statements")
    ends_well(terminal, tmp_path, "postgres.reset-statements")
    assert steps(tmp_path, "done")["access review"] == "chosen: Yes, all of them"


def test_the_roles_are_those_of_the_server(calm, tmp_path):
    """The page that the review shows, next to the catalogue."""
    calm.sql("DROP ROLE IF EXISTS reviewed; CREATE ROLE reviewed LOGIN CREATEROLE VALID UNTIL '2020-01-01';"
             " GRANT pg_read_server_files TO reviewed")
    shown = stacktop("-c", keys.configure(calm, tmp_path), "show", "postgres.roles", "ecap", "--json")
    calm.sql("DROP ROLE reviewed")
    assert shown.status == OK, shown
    tables = {table["id"]: table for table in shown.json["target"]["tables"]}
    rows = {row["cells"]["role"]: row["cells"] for row in tables["login_roles"]["rows"]}
    assert set(rows) == {"postgres", "ecap_user", "reviewed"}
    assert "as good as superuser" in rows["reviewed"]["review"] and "expired" in rows["reviewed"]["review"]
    assert rows["reviewed"]["expires"] == "2020-01-01" and rows["postgres"]["review"].startswith("superuser")
    assert rows["ecap_user"]["expires"] == "never" and "superuser" not in rows["ecap_user"]["review"]


# ---- a stack that has only some of the systems

@pytest.mark.parametrize("name", ["daily-maintenance", "weekly-maintenance", "monthly-maintenance"])
def test_a_stack_without_most_systems(name, run, tmp_path):
    config = write_config(tmp_path, hosts=[{"name": "here", "mounts": ["/"]}], interval="200ms",
                          state=str(tmp_path / "state"), thresholds={"host.load": "off", "host.memory": "off"})
    dry = stacktop("-c", config, "runbook", "run", name, "--dry-run")
    assert dry.status == OK and "skipped: the configuration has no postgres target" in dry.stdout, dry
    terminal = run(config, name)
    ends_well(terminal, tmp_path)
    assert "skipped: the configuration has no postgres target" in steps(tmp_path, "skipped").values()


@pytest.mark.parametrize("words, error", [
    (("consumer-lag",), "consumer-lag needs a kafka target (kafka=NAME), and the configuration has none"),
    (("redis-memory", "redis=cach"), 'redis: no redis target is named "cach"; did you mean "cache"?'),
    (("pool-exhausted",), "pool-exhausted: choose one of the 2 postgres targets, postgres=NAME: one, two"),
])
def test_which_target(words, error, tmp_path):
    config = write_config(tmp_path, redis=[{"name": "cache", "url": "redis://127.0.0.1:1"}],
                          postgres=[{"name": name, "dsn": "postgresql://x@127.0.0.1:1/x"} for name in ("one", "two")])
    run = stacktop("-c", config, "runbook", "run", *words, "--dry-run")
    assert run.status == 64 and error in run.stderr, run
