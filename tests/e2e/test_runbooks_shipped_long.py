"""The runbooks of emergencies and of recovery to their ends on the sandbox: the fault is real, a person answers, and the
effect is looked at on the server."""

import os
import re
import shlex
import subprocess

import pytest

import keys
from runbook_terminal import agree, as_superuser, choose, chooses_not_done, ends_well, records
from sandbox import wait_until
from stacktop import BINARY, ROOT, stacktop
from terminal import Terminal

BESIDE = "others"
FAILED = 1
NAMES = "SELECT datname FROM pg_database WHERE datname LIKE 'ecap%' ORDER BY 1"


def with_runtime(sandbox, name):
    """{old: new}: the service's line in the configuration, with how it is started and stopped."""
    line = f'{{name: {name}, address: "127.0.0.1:{sandbox.port(name)}"}}'
    ctl = [str(ROOT / "sandbox/ctl"), "--state", str(sandbox.folder)]
    verbs = ", ".join(f'{verb}: "{shlex.join([*ctl, verb, name])}"' for verb in ("start", "stop"))
    return {line: line[:-1] + f", runtime: {{{verbs}}}}}"}


@pytest.fixture
def run(tmp_path):
    """run(config, name, parameters...): the terminal in which the runbook runs."""
    terminals = []

    def made(config, name, *words):
        terminal = Terminal([BINARY, "-c", config, "runbook", "run", name, *words], columns=200, rows=70)
        terminals.append(terminal)
        return terminal

    yield made
    for terminal in terminals:
        terminal.close()


# ---- emergencies

def test_database_down(calm, run, tmp_path):
    config = keys.configure(calm, tmp_path, **with_runtime(calm, "postgres"))
    neighbour = calm.pid("redis")
    calm.stop("postgres")
    terminal = run(config, "database-down")
    choose(terminal, "postgres is down. The end of its log", 1)
    agree(terminal, "service.start")
    ends_well(terminal, tmp_path, "service.start")
    assert calm.sql("SELECT count(*) FROM customers") == [(1000,)]
    assert calm.pid("redis") == neighbour


def test_database_down_only_where_it_is(calm, run, tmp_path):
    """Nothing is down: no question, no action."""
    terminal = run(keys.configure(calm, tmp_path), "database-down")
    ends_well(terminal, tmp_path)
    assert "postgres is ok" in terminal.show()


def test_broker_down(calm, run, tmp_path):
    calm.need("kafka")
    config = keys.configure(calm, tmp_path, **with_runtime(calm, "kafka"))
    calm.kill("kafka")
    terminal = run(config, "broker-down")
    choose(terminal, "What is to be done with kafka?", 1)
    agree(terminal, "service.start")
    choose(terminal, "Are partitions led by others", 1)
    ends_well(terminal, tmp_path, "service.start")
    assert "transactions" in calm.kafka_tool("topics", "--list")


# ---- Kafka by time

def test_kafka_recovery(calm, run, tmp_path):
    calm.need("kafka")
    config = keys.configure(calm, tmp_path)
    committed = {key: value[0] for key, value in calm.offsets().items() if key[0] == "transactions"}
    terminal = run(config, "kafka-recovery", "time=15s ago")
    choose(terminal, "streaming is stopped, ecap-consumer-group continues transactions at 15s ago", 1)
    agree(terminal, "service.stop")
    agree_again(terminal, "kafka.reset-offsets")
    agree_again(terminal, "service.start")
    ends_well(terminal, tmp_path, "service.stop", "kafka.reset-offsets", "service.start")
    reset = records(tmp_path)[1]
    assert "12 of 12" in reset["proof"], reset
    undo = next((tmp_path / "state").rglob("*.csv")).read_text()  # the offsets before
    kept = {int(part): int(offset) for _, part, offset in re.findall(r"(\w+),(\d+),(\d+)", undo)}
    assert set(kept) == set(range(12)) and all(kept[part] >= (committed["transactions", part] or 0) for part in kept)
    wait_until(lambda: calm.group_state() == ("Stable", "3"), 30)


def agree_again(terminal, action):
    """The next plan, not the one that was agreed to before."""
    terminal.wait_for(re.compile(rf"act {re.escape(action)}.*Type `[^`]+` to apply the plan[^`]*: *\s*\Z", re.S), 60)
    agree(terminal, action)


def test_kafka_recovery_without_reset_starts_the_consumers(calm, run, tmp_path):
    """The plan is not confirmed: the consumers that were stopped for it run again."""
    calm.need("kafka")
    terminal = run(keys.configure(calm, tmp_path), "kafka-recovery", "time=15s ago")
    choose(terminal, "streaming is stopped", 1)
    agree(terminal, "service.stop")
    terminal.wait_for(re.compile(r"act kafka\.reset-offsets.*Type `[^`]+` to apply the plan[^`]*: *\s*\Z", re.S), 60)
    terminal.press("Enter")
    chooses_not_done(terminal)
    agree_again(terminal, "service.start")
    assert terminal.wait_exit(60) == FAILED, terminal.show()
    assert [(each["action"], each["result"]) for each in records(tmp_path)] == [
        ("service.stop", "done"), ("service.start", "done")]
    wait_until(lambda: calm.group_state() == ("Stable", "3"), 30)


# ---- a database from its backup

@pytest.fixture
def backup(calm, tmp_path):
    """A backup of ecap, and a customer that was added after it. The names are as before afterwards."""
    path = tmp_path / "ecap-1.dump"
    environment = {**os.environ, "PGPASSWORD": calm.state["passwords"]["postgres"]}
    subprocess.run(["pg_dump", "-h", "127.0.0.1", "-p", str(calm.port("postgres")), "-U", "postgres", "-Fc",
                    "-f", path, "ecap"], env=environment, check=True)
    calm.sql("INSERT INTO customers VALUES (424242, 'after the backup')")
    yield path
    with_ended = ("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname LIKE 'ecap%'"
                  " AND pid <> pg_backend_pid()")
    names = [name for name, in calm.sql(NAMES, dbname="postgres")]
    if "ecap_before" in names:
        calm.sql(with_ended, dbname="postgres")
        command(calm, "DROP DATABASE ecap WITH (FORCE)")
        command(calm, "ALTER DATABASE ecap_before RENAME TO ecap")
    if "ecap_restored" in names:
        command(calm, "DROP DATABASE ecap_restored WITH (FORCE)")
    calm.sql("DELETE FROM customers WHERE id = 424242")


def command(sandbox, text):
    """One that no transaction may contain."""
    connection = sandbox.connect("postgres", dbname="postgres")
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(text)
    connection.close()


def until_restored(terminal, path):
    terminal.wait_for(re.compile(rf"Newest backup.*{re.escape(path.name)}", re.S), 60)
    agree_again(terminal, "postgres.restore-backup")
    terminal.wait_for(re.compile(r"public\.customers: 1,000 rows\s*\n", re.S), 60)
    terminal.wait_for(re.compile(r"public\.transactions: [\d,]+ rows?, newest created_at 20", re.S), 10)


def has_customer(sandbox, database):
    return sandbox.sql("SELECT count(*) FROM customers WHERE id = 424242", dbname=database) == [(1,)]


def test_postgres_recovery(calm, run, backup, tmp_path):
    config = keys.configure(calm, tmp_path, **as_superuser(calm))
    redis = calm.pid("redis")
    terminal = run(config, "postgres-recovery", f"file={backup}")
    until_restored(terminal, backup)
    assert has_customer(calm, "ecap")  # not touched yet
    choose(terminal, "Compare the rows", 1)
    agree_again(terminal, "service.stop")
    if "kafka" in config.read_text() and calm.state["parts"]["kafka"]["status"] != "absent":
        terminal.wait_for(re.compile(r"stop the consumer\n.*Type `[^`]+` to apply the plan[^`]*: *\s*\Z", re.S), 60)
        agree(terminal, "service.stop")
    agree_again(terminal, "postgres.rename-database")
    choose(terminal, "Does the backup have the schema", 1)
    agree_again(terminal, "service.start")
    if calm.state["parts"]["kafka"]["status"] != "absent":
        terminal.wait_for(re.compile(r"start the consumer\n.*Type `[^`]+` to apply the plan[^`]*: *\s*\Z", re.S), 60)
        agree(terminal, "service.start")
    terminal.wait_for(re.compile(r"^Run \S+: \w+", re.M), 120, alive=False)
    assert terminal.wait_exit(20) == 0, terminal.show()
    assert [name for name, in calm.sql(NAMES, dbname="postgres")] == ["ecap", "ecap_before"]
    assert not has_customer(calm, "ecap") and has_customer(calm, "ecap_before")
    assert calm.sql("SELECT count(*) FROM customers") == [(1000,)] and calm.pid("redis") == redis
    swap = next(each for each in records(tmp_path) if each["action"] == "postgres.rename-database")
    assert swap["result"] == "done" and swap["undo"].endswith(
        "ecap_before to=ecap keep=ecap_restored end_sessions=true")
    assert calm.state["passwords"]["postgres"] not in (tmp_path / "state/audit.jsonl").read_text()
    # the way back, as the outcome has it
    words = shlex.split(swap["undo"])
    plan = stacktop("-c", config, "plan", *words)
    code = re.search(r"^Plan (\w{12})", plan.stdout, re.M).group(1)
    assert stacktop("-c", config, "apply", code, "--confirm", "ecap_before").status == 0
    assert has_customer(calm, "ecap") and not has_customer(calm, "ecap_restored")


def test_a_broken_backup_stops_before_anything(calm, run, backup, tmp_path):
    broken = tmp_path / "broken.dump"
    broken.write_bytes(backup.read_bytes()[:200])
    terminal = run(keys.configure(calm, tmp_path, **as_superuser(calm)), "postgres-recovery", f"file={broken}")
    chooses_not_done(terminal)
    assert terminal.wait_exit(30) == FAILED, terminal.show()
    assert "is not a backup that can be restored" in terminal.show()
    assert records(tmp_path) == [] and calm.sql(NAMES, dbname="postgres") == [("ecap",)]


def test_a_backup_that_breaks_off_stops_before_the_swap(calm, run, backup, tmp_path):
    """Its table of contents is whole, its data are not: the new database is left, and named; nothing is renamed."""
    broken = tmp_path / "broken.dump"
    broken.write_bytes(backup.read_bytes()[:-3000])
    terminal = run(keys.configure(calm, tmp_path, **as_superuser(calm)), "postgres-recovery", f"file={broken}")
    agree_again(terminal, "postgres.restore-backup")
    chooses_not_done(terminal)
    assert terminal.wait_exit(30) == FAILED, terminal.show()
    restored, = records(tmp_path)
    assert restored["result"] == "partial", restored
    assert restored["victims"][0]["words"].endswith("Do not use it; drop it before the next attempt"), restored
    assert calm.sql(NAMES, dbname="postgres") == [("ecap",), ("ecap_restored",)] and has_customer(calm, "ecap")


def test_without_the_swap_the_services_run_again(calm, run, backup, tmp_path):
    """The rename is not confirmed: the names stay, and what was stopped for it is started."""
    config = keys.configure(calm, tmp_path, **as_superuser(calm))
    terminal = run(config, "postgres-recovery", f"file={backup}", "consumer=dashboard")
    until_restored(terminal, backup)
    choose(terminal, "Compare the rows", 1)
    agree_again(terminal, "service.stop")
    terminal.wait_for(re.compile(r"stop the consumer\n.*Type `[^`]+` to apply the plan[^`]*: *\s*\Z", re.S), 60)
    agree(terminal, "service.stop")
    terminal.wait_for(re.compile(r"act postgres\.rename.*Type `[^`]+` to apply the plan[^`]*: *\s*\Z", re.S), 60)
    terminal.press("Enter")
    chooses_not_done(terminal)
    agree_again(terminal, "service.start")
    terminal.wait_for(re.compile(r"start that again\n.*Type `[^`]+` to apply the plan[^`]*: *\s*\Z", re.S), 60)
    agree(terminal, "service.start")
    assert terminal.wait_exit(60) == FAILED, terminal.show()
    assert calm.sql(NAMES, dbname="postgres") == [("ecap",), ("ecap_restored",)] and has_customer(calm, "ecap")
    assert [each["result"] for each in records(tmp_path)] == ["done"] * 5
