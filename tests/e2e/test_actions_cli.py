"""Actions without the screen: `stacktop actions`, `plan`, `apply`, `audit`. One process plans, another applies; a plan
that no longer holds is refused, and nothing reaches the servers."""

import contextlib
import json
import re
import socket
import subprocess
import threading
import time

import pytest

from sandbox import HOST, wait_until
from stacktop import BINARY, CONFIG, USAGE, closed_port, stacktop, write_config
from terminal import PATIENCE, Terminal, environment
from witness import Audit

BESIDE = "others"
DONE, FAILED, UNKNOWN, PARTLY = 0, 1, 2, 3


class Remedy:
    """stacktop with a state folder of its own, on PostgreSQL of the sandbox."""

    def __init__(self, sandbox, folder):
        self.sandbox = sandbox
        self.folder = folder
        self.env = {"XDG_STATE_HOME": str(folder / "xdg")}
        self.state = folder / "xdg" / "stacktop"
        self.phrase = ""
        self.configure()

    def configure(self, port=None, environment_name="sandbox", **more):
        target = {"name": "ecap", "dsn": self.sandbox.dsn}
        if port:
            target["dsn"] = target["dsn"].replace(f":{self.sandbox.port('postgres')}/", f":{port}/")
        target |= more.pop("target", {})
        lists = {"name": "test", "environment": environment_name, "postgres": [target], **more}
        self.config = write_config(self.folder, **lists)

    @property
    def audit(self):
        return Audit(self.state)

    @property
    def plans(self):
        return self.state / "plans"

    def run(self, *arguments, env=None, **options):
        return stacktop("-c", self.config, *arguments, env=self.env | (env or {}), **options)

    def plan(self, pid, *arguments):
        """The hash of the plan to terminate that session; its phrase is the pid."""
        self.phrase = str(pid)
        run = self.run("plan", "postgres.terminate", "ecap", pid, *arguments)
        assert run.status == DONE, run
        return re.search(r"^Plan ([0-9a-f]{64})$", run.stdout, re.M).group(1)

    def apply(self, plan, *arguments, **options):
        return self.run("apply", plan, *arguments, **options)

    def refused(self, plan, words, *arguments, confirm=None, **options):
        """Nothing is done, and the reason is given."""
        phrase = self.phrase if confirm is None else confirm
        run = self.apply(plan, "--confirm", phrase, *arguments, **options)
        assert run.status == FAILED and words in run.stderr, run
        assert self.audit.records == []
        return run


class Session:
    """A client of PostgreSQL that is idle in a transaction."""

    def __init__(self, sandbox, name):
        self.sandbox = sandbox
        self.connection = sandbox.connect("ecap_user", name)
        self.connection.autocommit = False
        with self.connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            self.pid = cursor.fetchone()[0]

    @property
    def alive(self):
        return bool(self.sandbox.sql("SELECT 1 FROM pg_stat_activity WHERE pid = %s", self.pid))

    def close(self):
        with contextlib.suppress(Exception):
            self.connection.close()


@pytest.fixture
def remedy(sandbox, tmp_path):
    return Remedy(sandbox, tmp_path)


@pytest.fixture
def victim(sandbox):
    session = Session(sandbox, "victim")
    yield session
    session.close()


@pytest.fixture
def neighbour(sandbox):
    session = Session(sandbox, "neighbour")
    yield session
    session.close()


# The list of actions.


def test_the_actions_are_listed():
    run = stacktop("actions", env={"COLUMNS": "80"})
    assert run.status == DONE and run.stderr.count("stacktop:") == run.stderr.count("no configuration file") == 1
    assert max(map(len, run.stdout.splitlines())) <= 80
    assert re.search(r"^postgres$", run.stdout, re.M)
    assert re.search(r"^  T  postgres\.terminate  destructive, for rows of sessions$", run.stdout, re.M)
    assert "pg_terminate_backend(pid)" in run.stdout
    listed = stacktop("actions", "--json").json["actions"]
    assert {"postgres.cancel", "postgres.terminate"} <= {action["id"] for action in listed}
    for action in listed:
        assert action["what"] and action["runs"] and action["danger"] in ("reversible", "destructive", "none")
        assert action["id"].startswith(action["kind"] + ".")
        assert all(param["help"] for param in action["params"])
        for param in action["params"]:
            assert (param["type"] in ("text", "secret")) != ("allowed" in param), (action["id"], param)
    assert "age=DURATION   minimum" in run.stdout and "(1s to 30d, default 10m)" in " ".join(run.stdout.split())
    keys = [(action["kind"], action["key"]) for action in listed if "key" in action]
    assert len(keys) == len(set(keys))


def test_each_mode_has_its_help():
    for mode in ("check", "config", "actions", "plan", "apply", "audit"):
        run = stacktop(mode, "-h")
        assert run.status == DONE and run.stdout.startswith(f"usage: stacktop {mode}"), run


# From the plan to the verification.


def test_one_plans_and_another_applies(remedy, victim, neighbour):
    made = remedy.run("plan", "postgres.terminate", "ecap", f"pid {victim.pid}")
    assert made.status == DONE and made.stderr == "", made
    assert f"Terminate pid {victim.pid} of ecap" in made.stdout
    assert "Cannot be undone" in made.stdout and f"Confirmation phrase: {victim.pid}\n" in made.stdout
    assert victim.alive and remedy.audit.records == []
    plan = re.search(rf"stacktop -c {remedy.config} apply ([0-9a-f]+)", made.stdout).group(1)

    run = remedy.apply(plan, "--confirm", victim.pid)
    assert run.status == DONE and run.stderr == "", run
    assert re.search(rf"^done +pid {victim.pid} ", run.stdout, re.M), run
    assert "\nProof: " in run.stdout
    assert not victim.alive and neighbour.alive

    intent, outcome = remedy.audit.only()
    assert intent["action"] == outcome["action"] == "postgres.terminate"
    assert intent["confirm"] == str(victim.pid) and intent["hash"].startswith(plan)
    assert outcome["result"] == "done"
    assert [each["result"] for each in outcome["victims"]] == ["done"]

    listed = remedy.run("audit")
    assert listed.status == DONE
    assert f"Terminate pid {victim.pid} of ecap" in listed.stdout and "  done  " in listed.stdout
    assert listed.stdout.count("Terminate pid") == 1  # intent and outcome belong to one action
    lines = remedy.run("audit", "--json").stdout.splitlines()
    assert [json.loads(line)["event"] for line in lines] == ["intent", "outcome"]
    for none in (("--action", "kafka.*"), ("--target", "other"), ("--user", "nobody?"), ("--unknown",)):
        assert remedy.run("audit", "--json", *none).stdout == "", none
    for some in (("--action", "postgres.*"), ("--target", "ec*"), ("--since", "1h")):
        assert len(remedy.run("audit", "--json", *some).stdout.splitlines()) == 2, some


def test_the_plan_as_json(remedy, victim):
    run = remedy.run("plan", "postgres.terminate", "ecap", victim.pid, "--json")
    assert run.status == DONE, run
    plan = run.json
    assert plan["phrase"] == str(victim.pid) and plan["action"] == "postgres.terminate"
    assert plan["victims"][0]["pins"]["pid"] == str(victim.pid)
    assert plan["address"] == f"{HOST}:{remedy.sandbox.port('postgres')}"
    kept = remedy.plans / f"{plan['hash']}.json"
    assert kept.read_text() == run.stdout
    assert kept.stat().st_mode & 0o7777 == 0o600
    assert remedy.plans.stat().st_mode & 0o7777 == 0o700


def test_several_ask_for_their_count(remedy, victim, neighbour):
    """Several objects: the environment's name and the count."""
    run = remedy.run("plan", "postgres.terminate", "ecap", victim.pid, neighbour.pid, "--json")
    plan = run.json
    assert plan["phrase"] == "sandbox 2" and len(plan["victims"]) == 2
    remedy.refused(plan["hash"], "nothing was done", confirm=victim.pid)
    assert remedy.apply(plan["hash"], "--confirm", "sandbox 2").status == DONE
    assert not victim.alive and not neighbour.alive


def test_production_asks_for_its_name(remedy, victim):
    remedy.configure(environment_name="eu-prod-1")
    plan = remedy.plan(victim.pid)
    remedy.refused(plan, "nothing was done")
    assert remedy.apply(plan, "--confirm", f"eu-prod-1 {victim.pid}").status == DONE
    assert not victim.alive


def test_what_is_gone_already(remedy, victim, neighbour):
    plan = remedy.plan(victim.pid)
    victim.close()
    wait_until(lambda: not victim.alive)
    run = remedy.apply(plan, "--confirm", victim.pid)
    assert run.status == DONE and re.search(rf"^gone +pid {victim.pid}", run.stdout, re.M), run
    assert neighbour.alive and remedy.audit.only()[1]["result"] == "gone"


# Plans that are refused without a trace.


def test_a_wrong_phrase(remedy, victim):
    plan = remedy.plan(victim.pid)
    right = str(victim.pid)
    for phrase in ("", "y", "ecap", f"pid {right}", f"{right} ", f" {right}", f"{right}\n", "sandbox", "x" * 1000):
        remedy.refused(plan, "nothing was done" if len(phrase) < 300 else "", confirm=phrase)
    run = remedy.apply(plan)
    assert run.status == FAILED and "no terminal" in run.stderr
    assert victim.alive
    assert remedy.apply(plan, "--confirm", victim.pid).status == DONE  # it is still valid


def test_a_changed_plan(remedy, victim, neighbour):
    plan = remedy.plan(victim.pid)
    path = remedy.plans / f"{plan}.json"
    text = path.read_text()
    path.write_text(text.replace(str(victim.pid), str(neighbour.pid)))
    remedy.refused(plan, "was changed after it was made")
    path.write_text(text[:-10])
    remedy.refused(plan, "cannot read the plan")
    path.write_text(text)
    path.chmod(0o600)
    assert remedy.apply(plan, "--confirm", victim.pid).status == DONE
    assert not victim.alive and neighbour.alive


def test_an_old_plan(remedy, victim):
    plan = remedy.plan(victim.pid)
    path = remedy.plans / f"{plan}.json"
    made = int(re.search(r'"made_ms":(\d+)', path.read_text()).group(1))
    path.write_text(path.read_text().replace(str(made), str(made - 3601 * 1000), 1))
    run = remedy.refused(plan, "was valid for an hour")
    assert time.strftime("%Y-%m-%d", time.gmtime(made / 1000 - 3601)) in run.stderr
    assert victim.alive


def test_a_plan_is_applied_once(remedy, victim, neighbour):
    plan = remedy.plan(victim.pid)
    assert remedy.apply(plan, "--confirm", victim.pid).status == DONE
    run = remedy.apply(plan, "--confirm", victim.pid)
    assert run.status == FAILED and "has already been applied" in run.stderr
    assert len(remedy.audit.records) == 2 and neighbour.alive


def test_two_at_once(remedy, victim):
    """The second one gets an error: the plan is executed once."""
    plan = remedy.plan(victim.pid)
    argv = [str(BINARY), "-c", str(remedy.config), "apply", plan, "--confirm", str(victim.pid)]
    both = [subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                             text=True, env=environment("dumb", remedy.env)) for _ in range(2)]
    ends = [process.communicate(timeout=20 * PATIENCE) for process in both]
    assert sorted(process.returncode for process in both) == [DONE, FAILED], ends
    remedy.audit.only()
    assert not victim.alive


def read_only_flag(_):
    return ["--read-only"], {}


def read_only_environment(_):
    return [], {"STACKTOP_READ_ONLY": "1"}


def read_only_configuration(remedy):
    remedy.configure(read_only=True)
    return [], {}


def read_only_target(remedy):
    remedy.configure(target={"read_only": True})
    return [], {}


@pytest.mark.parametrize("how", [read_only_flag, read_only_environment, read_only_configuration, read_only_target])
def test_read_only(remedy, victim, how):
    """A plan is possible, its execution is refused."""
    arguments, env = how(remedy)
    made = remedy.run("plan", "postgres.terminate", "ecap", victim.pid, "--json", *arguments, env=env)
    assert made.status == DONE, made
    remedy.refused(made.json["hash"], "read-only", *arguments, confirm=victim.pid, env=env)
    assert victim.alive
    remedy.configure()
    assert remedy.apply(made.json["hash"], "--confirm", victim.pid).status == DONE
    assert not victim.alive


@contextlib.contextmanager
def forwarded(port):
    """Another port of the same server."""
    listener = socket.create_server((HOST, 0))

    def pump(source, sink):
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                sink.sendall(data)
        for end in (source, sink):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def serve():
        with contextlib.suppress(OSError):
            while True:
                client, _ = listener.accept()
                server = socket.create_connection((HOST, port))
                for pair in ((client, server), (server, client)):
                    threading.Thread(target=pump, args=pair, daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.close()


def test_another_place(remedy, victim):
    """The configuration now names another target."""
    plan = remedy.plan(victim.pid)
    remedy.configure(environment_name="staging")
    remedy.refused(plan, 'is for the environment "sandbox", but the configuration is for "staging"')
    remedy.configure(target={"name": "other"})
    remedy.refused(plan, 'for postgres "ecap", which is not in the configuration')
    assert victim.alive
    with forwarded(remedy.sandbox.port("postgres")) as port:  # another address of the same server
        remedy.configure(port=port)
        assert remedy.apply(plan, "--confirm", victim.pid).status == DONE
    assert not victim.alive


def test_no_record_no_action(remedy, victim):
    plan = remedy.plan(victim.pid)
    remedy.audit.path.mkdir()
    run = remedy.apply(plan, "--confirm", victim.pid)
    assert run.status == FAILED and str(remedy.audit.path) in run.stderr and "nothing was done" in run.stderr, run
    assert victim.alive
    remedy.audit.path.rmdir()
    assert remedy.apply(plan, "--confirm", victim.pid).status == DONE  # not used up
    assert not victim.alive


def test_a_server_that_is_away(remedy, victim):
    plan = remedy.plan(victim.pid)
    path = remedy.plans / f"{plan}.json"
    assert path.exists()
    remedy.configure(port=closed_port())
    run = remedy.apply(plan, "--confirm", victim.pid)
    assert run.status == FAILED and "does not answer" in run.stderr, run
    assert remedy.audit.only()[1]["result"] in ("refused", "skipped") and victim.alive


def test_the_audit_of_several(remedy, victim, neighbour):
    """Each action is a line; one whose process ended in the middle is unknown."""
    assert remedy.run("audit").stdout == "No matching actions.\n"
    for session in (victim, neighbour):
        assert remedy.apply(remedy.plan(session.pid), "--confirm", session.pid).status == DONE
    lost = remedy.audit.intents[0]
    lost["id"] = "20200101T000000.000-1-1"
    lost["who"] |= {"pid": 4194305, "pid_start": 1, "ssh": "10.0.0.7 51234"}  # greater than any pid
    with remedy.audit.path.open("a") as file:
        file.write(json.dumps(lost) + "\n")
    run = remedy.run("audit")
    assert run.status == DONE and run.stderr == "", run
    rows = [line for line in run.stdout.splitlines() if "Terminate pid" in line]
    assert [re.search(r"  (done|unknown)  ", row).group(1) for row in rows] == ["done", "done", "unknown"]
    assert " from 10.0.0.7  postgres ecap" in rows[2] and "51234" not in run.stdout
    narrow = remedy.run("audit", env={"COLUMNS": "60"})
    assert max(map(len, narrow.stdout.splitlines())) <= 60
    only = remedy.run("audit", "--unknown")
    assert only.stdout.count("Terminate pid") == 1 and "unknown" in only.stdout
    assert remedy.run("audit", "--unknown", "--since", "2h").stdout == only.stdout
    assert f"--acknowledge {lost['id']}" in only.stdout


def test_an_unknown_outcome_is_acknowledged(remedy, victim):
    """Both kinds, an intent whose process is gone and an outcome that is recorded as unknown, are acknowledged with a
    command and in the dashboard. Afterwards neither is reported, and the audit log says who, when and why."""
    assert remedy.apply(remedy.plan(victim.pid), "--confirm", victim.pid).status == DONE
    lost, ended = remedy.audit.intents[0], remedy.audit.outcomes[0]
    lost["id"], ended["id"] = "20200101T000000.000-1-1", "20200101T000000.000-1-2"
    lost["who"] |= {"pid": 4194305, "pid_start": 1}
    ended["result"] = "unknown"
    with remedy.audit.path.open("a") as file:
        file.write(json.dumps(lost) + "\n" + json.dumps(ended) + "\n")
    only = remedy.run("audit", "--unknown").stdout
    assert f"--acknowledge {lost['id']}" in only and f"--acknowledge {ended['id']}" in only, only
    run = remedy.run("audit", "--acknowledge", "nonsense", "--reason", "x")
    assert run.status == FAILED and 'no action with the id "nonsense"' in run.stderr, run
    assert remedy.run("audit", "--acknowledge", lost["id"]).status == USAGE
    run = remedy.run("audit", "--acknowledge", lost["id"], "--reason", "the session is gone")
    assert run.status == DONE and run.stdout == run.stderr == "", run
    run = remedy.run("audit", "--acknowledge", lost["id"], "--reason", "again")
    assert run.status == FAILED and "was acknowledged by " in run.stderr and "the session is gone" in run.stderr
    with Terminal([BINARY, "-c", remedy.config], columns=160, rows=40, env=remedy.env) as terminal:
        terminal.wait_for(re.compile(r"outcome unknown: .*Terminate|outcome unknown: "))
        assert lost["id"] not in terminal.screen.text, terminal.show()
        terminal.press(":")
        terminal.press(f"acknowledge {ended['id']} looked at it")
        terminal.press("Enter")
        terminal.wait_for("acknowledged: ")
        terminal.press("q")
        assert terminal.wait_exit(2) == DONE
    assert remedy.run("audit", "--unknown").stdout == "No matching actions.\n"
    acknowledged = [record for record in remedy.audit.records if record["event"] == "acknowledged"]
    assert [(record["id"], record["reason"]) for record in acknowledged] == [
        (lost["id"], "the session is gone"), (ended["id"], "looked at it")]
    assert acknowledged[0]["who"]["user"] == lost["who"]["user"] and acknowledged[0]["at_ms"] > lost["at_ms"]
    listing = remedy.run("audit").stdout
    assert listing.count("acknowledged by ") == 2 and "the session is gone" in " ".join(listing.split())


# Invalid arguments.


@pytest.mark.parametrize("words, status, said", [
    (["postgres.terminat", "ecap", "1"], USAGE, 'did you mean "postgres.terminate"?'),
    (["postgres.terminate", "ecpa", "1"], USAGE, 'did you mean "ecap"?'),
    (["postgres.terminate", "ecap"], USAGE, "requires a row of sessions"),
    (["postgres.terminate"], USAGE, "requires a target"),
    ([], USAGE, "requires an action and a target"),
    (["postgres.terminate-idle", "ecap", "agee=5m"], USAGE, 'did you mean "age"?'),
    (["postgres.terminate-idle", "ecap", "age=often"], USAGE, "is not a duration"),
    (["postgres.terminate", "ecap", "none"], FAILED, 'no "none" among sessions of ecap'),
    (["postgres.terminate-idle", "ecap", "age=29d"], FAILED, "no visible session has been idle in transaction"),
])
def test_no_plan(remedy, words, status, said):
    run = remedy.run("plan", *words)
    assert run.status == status and said in run.stderr and run.stderr.startswith("stacktop: "), run
    assert run.stdout == "" and not remedy.plans.exists()


def test_no_plan_of_a_server_that_is_away(remedy):
    remedy.configure(port=closed_port())
    run = remedy.run("plan", "postgres.terminate", "ecap", "1")
    assert run.status == FAILED and "ecap does not answer: refused" in run.stderr, run


def test_no_such_plan(remedy):
    assert remedy.apply("0123456789").status == FAILED
    assert "is not a plan" in remedy.apply("../../x").stderr
    assert remedy.run("apply").status == USAGE
    assert remedy.run("audit").status == DONE
    assert remedy.run("audit", "--since", "soon").status == USAGE
    remedy.config.write_text("nonsense: [")
    assert remedy.apply("0123456789").status == CONFIG


# At a terminal.


def test_typed_at_a_terminal(remedy, victim, neighbour):
    plan = remedy.plan(victim.pid)
    argv = [BINARY, "-c", remedy.config, "apply", plan, "--confirm", str(victim.pid)]
    with Terminal(argv, columns=100, rows=40, env=remedy.env) as terminal:
        terminal.wait_for(f"Type `{victim.pid}` to apply the plan")  # --confirm is for scripts
        assert victim.alive
        terminal.press(str(victim.pid), "Enter")
        terminal.wait_for(f"done     pid {victim.pid}", alive=False)
        assert terminal.wait_exit(2) == DONE
    assert not victim.alive and neighbour.alive
    assert remedy.audit.only()[0]["confirm"] == str(victim.pid)


def test_typed_wrongly(remedy, victim):
    plan = remedy.plan(victim.pid)
    for keys, status in ((["Enter"], FAILED), (["ecap", "Enter"], FAILED), (["Ctrl-D"], FAILED), (["Ctrl-C"], -2)):
        with Terminal([BINARY, "-c", remedy.config, "apply", plan], columns=100, rows=40, env=remedy.env) as terminal:
            terminal.wait_for(f"Type `{victim.pid}` to apply the plan")
            terminal.press(*keys)
            assert terminal.wait_exit(2) == status, keys
    assert victim.alive and remedy.audit.records == []


def test_what_was_typed_before_does_not_count(remedy, victim):
    plan = remedy.plan(victim.pid)
    with Terminal([BINARY, "-c", remedy.config, "apply", plan], columns=100, rows=40, env=remedy.env) as terminal:
        terminal.press(str(victim.pid), "Enter")
        terminal.wait_for(f"Type `{victim.pid}` to apply the plan")
        terminal.press("Ctrl-C")
        assert terminal.wait_exit(2) == -2
    assert victim.alive and remedy.audit.records == []


# Actions that take long.


@pytest.fixture
def keys(sandbox):
    """150,000 keys, and one that does not match."""
    with contextlib.closing(sandbox.redis) as client:
        client.eval("for i = 1, 150000 do redis.call('set', 'cli-test:' .. i, 'x') end", 0)
        client.set("cli-neighbour", "x")
        yield lambda: sum(1 for _ in client.scan_iter("cli-test:*", count=5000))
        client.eval("for _, key in ipairs(redis.call('keys', 'cli-test:*')) do redis.call('unlink', key) end", 0)
        client.delete("cli-neighbour")


def test_ctrl_c_stops_at_a_safe_point(remedy, sandbox, keys):
    remedy.configure(redis=[{"name": "cache", "url": f"redis://{HOST}:{sandbox.port('redis')}/0"}])
    plan = remedy.run("plan", "redis.delete-keys", "cache", "pattern=cli-test:*", "--json").json
    with Terminal([BINARY, "-c", remedy.config, "apply", plan["hash"]], columns=100, rows=40,
                  env=remedy.env) as terminal:
        terminal.wait_for("to apply the plan, anything else to cancel:")
        terminal.press(plan["phrase"], "Enter")
        terminal.wait_for(re.compile(r"running.* of 150,\d+ keys"))
        terminal.press("Ctrl-C")
        terminal.wait_for("stopping at the next safe point", alive=False)
        assert terminal.wait_exit(5) == PARTLY, terminal.show()
    assert 0 < keys() < 150000
    assert remedy.audit.only()[1]["result"] == "partial"
    victim = remedy.audit.only()[1]["victims"][0]
    assert victim["result"] == "partly" and victim["unit"] == "keys" and 0 < victim["done"] < victim["total"]
    run = remedy.apply(plan["hash"], "--confirm", plan["phrase"])
    assert run.status == FAILED and "has already been applied" in run.stderr


def test_ctrl_c_twice_leaves_at_once(remedy, victim):
    """The server no longer answers: exit status and audit log say that the outcome is unknown."""
    plan = remedy.plan(victim.pid)
    with Terminal([BINARY, "-c", remedy.config, "apply", plan], columns=100, rows=40, env=remedy.env) as terminal:
        terminal.wait_for(f"Type `{victim.pid}` to apply the plan")
        remedy.sandbox.freeze("postgres")
        try:
            terminal.press(str(victim.pid), "Enter")
            terminal.wait_for(re.compile(r"^running\b", re.M))
            began = time.monotonic()
            terminal.press("Ctrl-C")
            terminal.wait_for("press Ctrl-C again to exit at once")
            waited = time.monotonic() - began
            terminal.press("Ctrl-C")
            terminal.wait_for("the outcome is not known", alive=False)
            assert terminal.wait_exit(2) == UNKNOWN
        finally:
            remedy.sandbox.thaw("postgres")
    ended = remedy.audit.only()[1]
    assert ended["result"] in ("unknown", "skipped")
    assert ended["execute_ms"] >= int(waited * 1000) - 1 and "verify_ms" not in ended, ended
