"""What a process inherits and cannot rely on: closed descriptors, limits, signal masks, an output that cannot be
written. None of it ends the program early, and none of it improves a verdict."""

import fcntl
import http.server
import itertools
import os
import re
import resource
import shutil
import signal
import subprocess
import threading
from pathlib import Path

import pytest

from stacktop import BINARY, CRIT, OK, UNKNOWN, WARN, Listener, check, closed_port, stacktop, write_config
from terminal import PATIENCE, Terminal, environment

FAILED, OSERR = 1, 71
F_SETPIPE_SZ = 1031


class Server(http.server.ThreadingHTTPServer):
    request_queue_size = 1024


@pytest.fixture
def web():
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    server = Server(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield server.server_port
    server.shutdown()
    server.server_close()


def service(port, name="api"):
    return {"name": name, "address": f"127.0.0.1:{port}", "health": f"http://127.0.0.1:{port}/"}


def run(*arguments, closed=(), limits=(), block=(), ignore=(), env=None, **options):
    """Runs stacktop with descriptors closed, limits lowered and signals blocked or ignored, as
    another parent might leave them. Outputs are captured where they are open."""

    def prepare():
        for number in block:
            signal.pthread_sigmask(signal.SIG_BLOCK, [number])
        for number in ignore:
            signal.signal(number, signal.SIG_IGN)
        for which, value in limits:
            resource.setrlimit(which, value)
        for descriptor in closed:
            os.close(descriptor)

    pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | options
    process = subprocess.Popen([str(BINARY), *map(str, arguments)], text=True, preexec_fn=prepare,
                               env=environment("dumb", env), **pipes)
    process.out, process.err = process.communicate(timeout=30 * PATIENCE)
    return process


# Closed descriptors.

CLOSED = [which for count in range(1, 4) for which in itertools.combinations((0, 1, 2), count)]


@pytest.mark.parametrize("closed", CLOSED, ids=lambda which: "".join(map(str, which)))
def test_closed_descriptors(tmp_path, web, closed):
    """Each mode works or reports why not, and its output goes to no other file."""
    good = write_config(tmp_path, services=[service(web)])
    (bad_folder := tmp_path / "bad").mkdir()
    bad = write_config(bad_folder, services=[service(closed_port())],
                       redis=[{"name": "r", "url": f"redis://127.0.0.1:{closed_port()}/0"}])
    env = {"XDG_STATE_HOME": str(tmp_path / "state")}
    silent = 1 in closed
    expected = [
        (["check", "-c", good], UNKNOWN if silent else OK),
        (["check", "-c", good, "--json"], UNKNOWN if silent else OK),
        (["check", "-c", bad], CRIT),
        (["config", "-c", good], FAILED if silent else OK),
        (["config", "--default"], FAILED if silent else OK),
        (["actions"], FAILED if silent else OK),
        (["-h"], FAILED if silent else OK),
        (["-V"], FAILED if silent else OK),
        (["audit", "-c", good], FAILED if silent else OK),
        (["plan", "-c", bad, "redis.flush-db", "r"], FAILED),
        (["apply", "-c", bad, "0123456789abcdef"], FAILED),
        (["-c", good], FAILED),  # the dashboard, without a terminal
    ]
    for arguments, status in expected:
        done = run(*arguments, closed=closed, env=env)
        assert done.returncode == status, (arguments, done.returncode, done.out, done.err)
        if silent and status != CRIT and 2 not in closed and arguments[0] not in ("plan", "apply", "-c"):
            assert "cannot write the output" in done.err, (arguments, done.err)


def test_the_dashboard_without_stderr(tmp_path, web):
    path = write_config(tmp_path, services=[service(web)])
    with Terminal(["/bin/bash", "-c", f"exec {BINARY} -c {path} 2>&-"]) as terminal:
        terminal.wait_for("all ok")
        terminal.press("q")
        assert terminal.wait_exit(1) == 0
        terminal.assert_given_back()


@pytest.fixture
def redis(tmp_path):
    """A Redis of the test's own."""
    server = shutil.which("redis-server")
    if not server:
        pytest.skip("redis-server is not installed")
    port = closed_port()
    process = subprocess.Popen([server, "--port", str(port), "--bind", "127.0.0.1", "--save", "",
                                "--dir", str(tmp_path)], stdout=subprocess.PIPE, text=True)
    for line in process.stdout:
        if "eady to accept connections" in line:
            break
    yield port
    process.kill()
    process.wait()
    process.stdout.close()


def keys(port):
    run = subprocess.run(["redis-cli", "-p", str(port), "dbsize"], capture_output=True, text=True)
    return int(run.stdout)


@pytest.fixture
def planned(tmp_path, redis):
    """(configuration, environment, hash) of a plan to flush a database with one key."""
    path = write_config(tmp_path, redis=[{"name": "r", "url": f"redis://127.0.0.1:{redis}/0"}])
    env = {"XDG_STATE_HOME": str(tmp_path / "state")}
    subprocess.run(["redis-cli", "-p", str(redis), "set", "a", "1"], check=True, capture_output=True)
    made = stacktop("plan", "-c", path, "redis.flush-db", "r", env=env)
    assert made.status == 0, made
    phrase = re.search(r"Confirmation phrase: (.*)", made.stdout).group(1).strip()
    return path, env, re.search(r"^Plan ([0-9a-f]{64})$", made.stdout, re.M).group(1), phrase


def test_apply_without_stdin_and_stderr(planned, redis):
    path, env, plan, phrase = planned
    done = run("apply", "-c", path, plan, "--confirm", phrase, closed=(0, 2), env=env)
    assert done.returncode == 0 and "done" in done.out.lower(), done.out
    assert keys(redis) == 0


def test_apply_without_stdout_does_nothing(planned, redis):
    """A plan that could not be shown is not applied."""
    path, env, plan, phrase = planned
    done = run("apply", "-c", path, plan, "--confirm", phrase, closed=(0, 1), env=env)
    assert done.returncode == FAILED and "not applied" in done.err, done.err
    assert keys(redis) == 1


def test_the_action_decides_apply_s_status_not_its_report(planned, redis):
    """stdout takes the plan, and then no more."""
    path, env, plan, phrase = planned
    shown = run("apply", "-c", path, plan, "--confirm", "no", env=env).out
    read, write = os.pipe()
    size = fcntl.fcntl(write, F_SETPIPE_SZ, 4096)
    os.set_blocking(write, False)
    room = len(shown.encode()) + 8  # ages in it may have grown
    os.write(write, b"x" * (size - room))
    done = run("apply", "-c", path, plan, "--confirm", phrase, env=env, stdout=write)
    os.close(write)
    os.close(read)
    assert done.returncode == 0, done.err
    assert "cannot write the output" in done.err and "outcome of the action: done" in done.err
    assert keys(redis) == 0


# Outputs that cannot be written.


def test_a_full_disk_makes_no_verdict_better(tmp_path, web):
    good = write_config(tmp_path, services=[service(web)])
    with open("/dev/full", "w", encoding="ascii") as full:
        done = run("check", "-c", good, stdout=full)
        assert done.returncode == UNKNOWN and "No space left" in done.err, done.err
        write_config(tmp_path, services=[service(web)], thresholds={"service.latency": {"warn": "0ms"}})
        assert run("check", "-c", good, stdout=full).returncode == WARN
        write_config(tmp_path, services=[service(closed_port())])
        for more in ([], ["--json"]):
            assert run("check", "-c", good, *more, stdout=full).returncode == CRIT


def test_a_closed_pipe_makes_no_verdict_better(tmp_path):
    path = write_config(tmp_path, services=[service(closed_port())])
    read, write = os.pipe()
    os.close(read)
    done = run("check", "-c", path, stdout=write)
    os.close(write)
    assert done.returncode == CRIT and done.err == ""  # as other tools end in `| head`


# Limits.


def everything(port):
    """A target of each kind, none of them down."""
    return {"services": [service(port), service(port, "second"),
                         {"name": "named", "address": f"localhost:{port}", "health": f"http://localhost:{port}/"}],
            "hosts": [{"name": "here"}],
            "thresholds": {"host.load": {"warn": "100000%"}}}


@pytest.mark.parametrize("files", [4, 5, 6, 8, 11, 12, 13, 14, 15, 16, 18, 20, 24, 32])
def test_few_descriptors(tmp_path, web, files):
    """Our own limit is not reported as an outage, and causes no crash."""
    path = write_config(tmp_path, **everything(web))
    done = run("check", "-c", path, limits=[(resource.RLIMIT_NOFILE, (files, files))])
    assert done.returncode in (OK, WARN, UNKNOWN, OSERR), (done.returncode, done.out, done.err)
    if done.returncode in (UNKNOWN, OSERR):
        assert f"the limit of this process is {files} (ulimit -n)" in done.out + done.err, done.out + done.err


@pytest.mark.parametrize("files", [4, 11, 14, 15, 16, 18])
def test_few_descriptors_for_the_dashboard(tmp_path, web, files):
    path = write_config(tmp_path, **everything(web))
    with Terminal(["/bin/bash", "-c", f"ulimit -n {files}; exec {BINARY} -c {path}"]) as terminal:
        terminal.wait_for(lambda screen: "the limit of this process" in screen.text or "Services" in screen.text, 3, alive=False)
        if terminal.screen.alternate:
            terminal.wait_for(re.compile("not asked|200"))
            assert "refused" not in terminal.screen.text
            terminal.press("q")
        assert terminal.wait_exit(1) in (0, FAILED, OSERR)
        terminal.assert_given_back()


def test_600_services_and_1024_descriptors(tmp_path, web):
    path = write_config(tmp_path, services=[service(web, f"s{i}") for i in range(600)],
                        thresholds={"service.latency": {"warn": "1h"}})
    hard = run("check", "-c", path, limits=[(resource.RLIMIT_NOFILE, (1024, 1024))])
    assert hard.returncode == UNKNOWN, hard.out[:400]
    assert "crit" not in hard.out.lower() and "the limit of this process is 1024 (ulimit -n)" in hard.out
    soft = run("check", "-c", path, limits=[(resource.RLIMIT_NOFILE, (1024, 4096))])
    assert soft.returncode == OK, soft.out[:400]


def test_no_thread_available(tmp_path, web):
    """A name needs a thread; root has no such limit."""
    path = write_config(tmp_path, **everything(web))
    run_as = {"user": 65534} if os.getuid() == 0 else {}
    tmp_path.chmod(0o755)
    for parent in list(tmp_path.parents)[:2]:
        if parent.owner() == tmp_path.owner():
            parent.chmod(0o755)
    # LeakSanitizer looks for leaks from a process of its own, which this limit refuses as well
    done = run("check", "-c", path, limits=[(resource.RLIMIT_NPROC, (1, 1))],
               env={"ASAN_OPTIONS": "detect_leaks=0"}, **run_as)
    assert done.returncode in (OK, UNKNOWN), done.out + done.err
    assert "CRIT" not in done.out
    if done.returncode == UNKNOWN:
        assert "the limit of this process is 1 processes and threads (ulimit -u)" in done.out


def test_out_of_memory_says_so_and_gives_the_terminal_back(tmp_path, web):
    """No memory is left, and every code path needs some."""
    with Terminal([BINARY, "-c", write_config(tmp_path, **everything(web))]) as terminal:
        terminal.wait_for("Services")
        pid = terminal.process.pid
        if int(Path(f"/proc/{pid}/statm").read_text().split()[0]) > 1 << 18:
            pytest.skip("a sanitizer needs memory of its own")
        resource.prlimit(pid, resource.RLIMIT_AS, (0, resource.RLIM_INFINITY))
        for more in range(100):  # larger canvases, until the rest of the heap is used up
            terminal.resize(200 + 8 * more, 60 + 8 * more)
            terminal.read(0.2)
            if terminal.process.poll() is not None:
                break
        assert terminal.wait_exit(5) == -signal.SIGABRT
        assert "stacktop: out of memory (ulimit -v" in terminal.screen.text
        terminal.assert_given_back()


# Signals.

DEADLY = ["SIGUSR1", "SIGALRM", "SIGPROF", "SIGVTALRM", "SIGXCPU", "SIGIO", "SIGPWR", "SIGSYS",
          "SIGTRAP", "SIGSTKFLT", "SIGRTMIN", "SIGRTMAX"]
PLAIN = {"ASAN_OPTIONS": "handle_sigill=0:detect_leaks=0"}


@pytest.mark.parametrize("name", DEADLY)
def test_the_terminal_is_given_back(config, name):
    number = getattr(signal, name)
    with Listener() as server:
        path = config(services=[{"name": "api", "address": f"127.0.0.1:{server.port}"}])
        with Terminal([BINARY, "-c", path], env=PLAIN) as terminal:
            terminal.wait_for("api")
            terminal.signal(number)
            assert terminal.wait_exit(1) == -number
            terminal.assert_given_back()


@pytest.mark.parametrize("name", ["SIGPIPE", "SIGXFSZ", "SIGURG", "SIGCHLD"])
def test_signals_that_change_nothing(config, name):
    with Listener() as server:
        path = config(services=[{"name": "api", "address": f"127.0.0.1:{server.port}"}])
        with Terminal([BINARY, "-c", path]) as terminal:
            terminal.wait_for("api")
            terminal.signal(getattr(signal, name))
            terminal.press("?")
            terminal.wait_for("help")
            terminal.press("Esc", "q")
            assert terminal.wait_exit(1) == 0
            terminal.assert_given_back()


def test_a_blocked_mask_is_not_kept(config):
    """A process that is started with SIGTERM blocked can still be ended."""
    program = ("import os, signal, sys; signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals());"
               "os.execv(sys.argv[1], sys.argv[1:])")
    with Listener() as server:
        path = config(services=[{"name": "api", "address": f"127.0.0.1:{server.port}"}])
        for number in (signal.SIGTERM, signal.SIGUSR1):
            with Terminal(["/usr/bin/python3", "-c", program, BINARY, "-c", path]) as terminal:
                terminal.wait_for("api")
                terminal.signal(number)
                assert terminal.wait_exit(1) == -number
                terminal.assert_given_back()


@pytest.mark.parametrize("name", ["SIGHUP", "SIGINT", "SIGUSR1"])
def test_what_the_parent_ignores_stays_ignored(config, name):
    with Listener() as server:
        path = config(services=[{"name": "api", "address": f"127.0.0.1:{server.port}"}])
        command = f"trap '' {name[3:]}; exec {BINARY} -c {path}"
        with Terminal(["/bin/bash", "-c", command]) as terminal:
            terminal.wait_for("api")
            terminal.signal(getattr(signal, name))
            terminal.press("?")
            terminal.wait_for("help")
            terminal.press("Esc", "q")
            assert terminal.wait_exit(1) == 0
            terminal.assert_given_back()
