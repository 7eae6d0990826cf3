"""`stacktop logs`: files of a target without the screen. Lines are hostile, files rotate, and what cannot be read is said."""

import json
import os
import re
import signal
import subprocess

import pytest

from sandbox import wait_until
from stacktop import BINARY, CONFIG, USAGE, stacktop, write_config
from terminal import PATIENCE, environment

BESIDE = "others"
PRINTED, NONE, TROUBLE = 0, 1, 2


@pytest.fixture
def logs(tmp_path):
    """Runs `stacktop logs api` on the files of a folder."""
    folder = tmp_path / "logs"
    folder.mkdir()

    def run(*arguments, target="api", patterns=None, filters=(), **options):
        config = write_config(tmp_path, services=[{"name": "api", "address": "127.0.0.1:1",
                                                   "logs": patterns or [f"{folder}/*.log"]}],
                              log_filters=list(filters))
        return stacktop("logs", target, "-c", config, "--utc", *arguments, **options)

    run.folder = folder
    run.config = tmp_path / "stacktop.yaml"
    return run


def write(logs, name, text):
    data = text if isinstance(text, bytes) else text.encode()
    with open(logs.folder / name, "ab") as file:
        file.write(data)


def objects(run):
    return [json.loads(line) for line in run.stdout.splitlines()]


LINES = ("2026-11-27T10:00:00Z INFO started\n"
         "2026-11-27T10:00:01Z WARN slow request 17 took 812ms\n"
         "2026-11-27T10:00:03Z ERROR request 18 failed\n"
         "java.lang.IllegalStateException: no connection\n"
         "\tat com.ecap.Handler.handle(Handler.java:42)\n"
         "2026-11-27T10:00:04Z WARN slow request 19 took 903ms\n")


def test_lines_of_files_are_merged_by_time(logs):
    write(logs, "api.log", LINES)
    write(logs, "worker.log", '{"time":"2026-11-27T10:00:02.5Z","level":50,"msg":"no space left","disk":"/var"}\n')
    run = logs()
    assert run.status == PRINTED and run.stderr == ""
    lines = run.stdout.splitlines()
    assert lines[0] == "2026-11-27 10:00:00.000 INFO  api.log: 2026-11-27T10:00:00Z INFO started"
    assert lines[2].startswith('2026-11-27 10:00:02.500 ERROR worker.log: {"time"')
    assert lines[5] == "2026-11-27 10:00:03.000 ERROR api.log: \tat com.ecap.Handler.handle(Handler.java:42)"
    assert len(lines) == 7
    assert [line for line in logs("--level", "error").stdout.splitlines()] == lines[2:6]
    assert logs("--source", "worker").stdout.splitlines() == [lines[2]]
    assert logs("--since", "2026-11-27 10:00:05").status == NONE
    assert logs("--since", "2026-11-27 10:00:03", "--until", "2026-11-27 10:00:03").stdout.splitlines() == lines[3:6]


def test_json_says_what_is_known(logs):
    write(logs, "api.log", LINES + '{"time":1795773700.25,"severity":"warning","req":{"path":"/x"},"request_duration":7.5}\n')
    found = objects(logs("--json"))
    by_line = {each["line"].split(" ")[-1]: each for each in found}
    assert by_line["started"] == {"time": "2026-11-27T10:00:00.000Z", "time_from": "line", "source": "api.log",
                                  "level": "info", "line": "2026-11-27T10:00:00Z INFO started"}
    assert by_line["connection"]["time_from"] == "inherited" and by_line["connection"]["level"] == "error"
    assert by_line["connection"]["continued"] is True
    fields = next(each for each in found if "fields" in each)
    assert fields["fields"]["req.path"] == "/x" and fields["level"] == "warn"


def test_filters(logs):
    write(logs, "api.log", "".join(f'{{"time":{1795773600 + i},"request_duration":{i},"path":"/p{i % 3}"}}\n' for i in range(10))
          + LINES)
    assert len(objects(logs("--json", "--field", "request_duration>5"))) == 4
    assert len(objects(logs("--json", "--field", "request_duration>5", "--field", "path=/p0"))) == 2
    assert len(objects(logs("--json", "--grep", "SLOW", ))) == 0
    assert len(objects(logs("--json", "--grep", "slow .* [89]..ms", "--exclude", "19"))) == 1
    saved = [{"name": "slow requests", "fields": ["request_duration>8"]}, {"name": "errors", "level": "error"}]
    assert len(objects(logs("--json", "--filter", "slow requests", filters=saved))) == 1
    assert len(objects(logs("--json", "--filter", "errors", "--grep", "failed", filters=saved))) == 1
    missing = logs("--filter", "slow", filters=saved)
    assert missing.status == USAGE and 'no log filter "slow"' in missing.stderr


def test_messages_are_counted(logs):
    write(logs, "api.log", LINES)
    run = logs("--patterns")
    assert run.status == PRINTED
    assert run.stdout.splitlines()[0] == "         2  WARN  <time> WARN slow request <n> took <n>ms"
    first = objects(logs("--patterns", "--json"))[0]
    assert (first["count"], first["level"], first["example"]) == (2, "warn", "2026-11-27T10:00:04Z WARN slow request 19 took 903ms")


HOSTILE = {
    b"\x1b]0;owned\x07title": "\ufffd]0;owned\ufffdtitle",
    b"\x1b[2J\x1b[31mred\x1b[0m": "\ufffd[2Jred",
    b"over\rwritten": "over written",
    b"nul\0byte": "nul\ufffdbyte",
    b"broken \xff\xc3": "broken \ufffd\ufffd",
    b"\xe2\x80\xaegnp.exe": "\ufffdgnp.exe",
    b"-rf --help": "-rf --help",
    b"\xc2\x9b31m c1": "\ufffd31m c1",
}


def test_hostile_lines_are_harmless(logs):
    for line in HOSTILE:
        write(logs, "api.log", line + b"\n")
    write(logs, "api.log", b"x" * (10 << 20) + b"\nafter\n")
    run = logs("--json")
    found = [each["line"] for each in objects(run)]
    assert found[:-2] == list(HOSTILE.values()) and found[-1] == "after"
    assert len(found[-2]) == 16384
    assert objects(run)[-2]["bytes_cut"] == (10 << 20) - 16384
    text = logs()
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]", text.stdout)
    assert text.stdout.splitlines()[-2].endswith(f" [{(10 << 20) - 16384} bytes cut]")
    assert logs("-U").stdout.isascii()


def test_what_cannot_be_read_is_said(logs):
    write(logs, "api.log", LINES)
    os.mkfifo(logs.folder / "pipe.log")
    (logs.folder / "device.log").symlink_to("/dev/zero")
    (logs.folder / "loop.log").symlink_to("loop.log")
    (logs.folder / "link.log").symlink_to("api.log")
    run = logs()
    assert run.status == TROUBLE and len(run.stdout.splitlines()) == 6  # the link's file is read once
    assert "pipe.log is a FIFO, not a regular file" in run.stderr
    assert "device.log is a device, not a regular file" in run.stderr
    assert "loop.log: Too many levels of symbolic links" in run.stderr
    assert run.seconds < 5 * PATIENCE
    nothing = logs(patterns=[f"{logs.folder}/none-*.txt"])
    assert nothing.status == TROUBLE and "no file matches" in nothing.stderr


def test_files_of_one_name_keep_their_names(logs):
    """Also where the filter leaves out the one that has the short name."""
    for name in ("one", "two"):
        (logs.folder / name).mkdir()
        write(logs, f"{name}/a.log", f"2026-11-27T10:00:00Z {name}\n")
    (logs.folder / "plain.log").write_text("2026-11-27T10:00:00Z plain\n")  # no directory to look into
    patterns = [f"{logs.folder}/*/a.log"]
    assert {each["source"]: each["line"][-3:] for each in objects(logs("--json", patterns=patterns))} == {"a.log": "one", "two/a.log": "two"}
    run = logs("--json", patterns=patterns, target="api/two/a.log")
    assert run.stderr == "" and [each["line"][-3:] for each in objects(run)] == ["two"]
    assert [each["source"] for each in objects(logs("--json", "--source", "two", patterns=patterns))] == ["two/a.log"]


def test_a_huge_file_without_a_line(logs):
    """512 MiB of nothing, and then a line."""
    write(logs, "a.log", "2026-11-27T10:00:00Z first\n")
    with open(logs.folder / "a.log", "r+b") as file:
        file.truncate(512 << 20)
    write(logs, "a.log", "\n2026-11-27T10:00:01Z last\n")
    run = logs("--json")
    found = objects(run)
    assert run.status == PRINTED and run.stderr == ""
    assert [each["line"][-5:] for each in (found[0], found[-1])] == ["first", " last"] and len(found) == 3
    assert found[1]["bytes_cut"] > (512 << 20) - 65536 and found[1]["continued"]
    assert [each["line"][-4:] for each in objects(logs("--json", "--grep", "last$"))] == ["last"]


def test_an_object_is_a_message_of_its_own(logs):
    write(logs, "a.log", '2026-11-27T10:00:00Z ERROR one\n{"time":1e300,"msg":"two"}\n  at three\n')
    assert [each.get("level") for each in objects(logs("--json"))] == ["error", None, None]
    assert len(objects(logs("--json", "--patterns"))) == 2


def test_compressed_files_are_named(logs):
    write(logs, "api.log", LINES)
    write(logs, "api.log.2.gz", b"\x1f\x8b")
    run = logs(patterns=[f"{logs.folder}/api.log"])
    assert run.status == PRINTED and "api.log.2.gz is compressed and not read" in run.stderr


def test_usage(logs):
    write(logs, "api.log", LINES)
    assert logs(target="nothing").status == USAGE
    assert 'no target is named "nothing"' in logs(target="nothing").stderr
    assert "missing closing parenthesis" in logs("--grep", "(").stderr
    assert logs("--grep", "(").status == USAGE
    assert '"loud" is not a level' in logs("--level", "loud").stderr
    assert "--since: " in logs("--since", "yesterday").stderr
    assert "is not a number" in logs("--field", "a>b").stderr
    assert logs(target="service:api").status == PRINTED
    assert logs(patterns=["relative.log"]).status == CONFIG


def test_a_target_without_logs(tmp_path):
    config = write_config(tmp_path, services=[{"name": "api", "address": "127.0.0.1:1"}])
    run = stacktop("logs", "api", "-c", config)
    assert run.status == TROUBLE
    assert "service api has no logs; name its files in the configuration" in run.stderr


class Follower:
    def __init__(self, logs, *arguments, extra=None):
        logs()  # writes the configuration
        self.process = subprocess.Popen([str(BINARY), "logs", "api", "-c", logs.config, "--follow", "--json", *arguments],
                                        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                        env=environment("dumb", extra))
        os.set_blocking(self.process.stdout.fileno(), False)
        self.text = b""

    def lines(self):
        self.text += self.process.stdout.read() or b""
        return [json.loads(line)["line"] for line in self.text.decode().splitlines() if line.endswith("}")]

    def wait(self, *lines):
        wait_until(lambda: self.lines() == list(lines), 15, what=f"{lines} instead of {self.lines()}")

    def end(self):
        self.process.terminate()
        self.process.communicate()
        return self.process.returncode


def test_follows_through_every_rotation(logs):
    write(logs, "a.log", "one\n")
    follower = Follower(logs)
    follower.wait("one")
    write(logs, "a.log", "two\n")
    follower.wait("one", "two")
    (logs.folder / "a.log").rename(logs.folder / "a.log.1")
    write(logs, "a.log.1", "three\n")  # the writer has not noticed
    write(logs, "a.log", "four\n")
    follower.wait("one", "two", "three", "four")
    os.truncate(logs.folder / "a.log", 0)
    write(logs, "a.log", "five\n")
    follower.wait("one", "two", "three", "four", "five")
    (logs.folder / "a.log").unlink()
    write(logs, "b.log", "six\n")  # a new file
    follower.wait("one", "two", "three", "four", "five", "six")
    write(logs, "a.log", "seven\n")
    follower.wait("one", "two", "three", "four", "five", "six", "seven")
    assert follower.end() == -15


def test_a_closed_output_ends_it(logs):
    write(logs, "a.log", "a line of the log\n" * 200000)
    logs()
    with subprocess.Popen([str(BINARY), "logs", "api", "-c", logs.config, "--grep", "line"], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment("dumb", None)) as process:
        process.stdout.readline()
        process.stdout.close()
        assert process.wait(10 * PATIENCE) == -signal.SIGPIPE and process.stderr.read() == b""


@pytest.mark.parametrize("arguments, status", [
    (["config", "--default"], -signal.SIGPIPE), (["actions"], -signal.SIGPIPE), (["--help"], -signal.SIGPIPE),
    (["check"], 2), (["check", "--json"], 2)])
def test_a_closed_output_is_no_error(logs, arguments, status):
    """`check` says what it found: a target that is down."""
    logs()
    read, write_end = os.pipe()
    os.close(read)
    with_config = [*arguments, "-c", logs.config] if arguments[0] in ("check", "actions") else arguments
    run = subprocess.run([str(BINARY), *with_config], stdin=subprocess.DEVNULL, stdout=write_end, stderr=subprocess.PIPE,
                         env=environment("dumb", None), timeout=30 * PATIENCE)
    os.close(write_end)
    assert run.returncode == status and run.stderr == b""


def test_a_parent_that_ignores_a_closed_pipe_is_told(logs):
    write(logs, "a.log", "a line of the log\n" * 20000)
    logs()
    read, write_end = os.pipe()
    os.close(read)
    run = subprocess.run([str(BINARY), "logs", "api", "-c", logs.config, "--grep", "line"], stdin=subprocess.DEVNULL,
                         stdout=write_end, stderr=subprocess.PIPE, env=environment("dumb", None), timeout=30 * PATIENCE,
                         restore_signals=False)
    os.close(write_end)
    assert run.returncode == TROUBLE and b"cannot write the output: Broken pipe" in run.stderr


def test_a_source_that_is_not_there_is_refused(logs):
    write(logs, "a.log", LINES)
    write(logs, "b.log", LINES)
    assert logs(target="api/a.log").stdout == logs("--source", "a.log").stdout != ""
    for arguments, target, words in (((), "api/x", 'no source has the name "x"'), ((), "api/a", 'no source has the name "a"'),
                                     (("--source", "zzz"), "api", 'no source has a name with "zzz"')):
        run = logs(*arguments, target=target)
        assert run.status == USAGE and run.stdout == ""
        assert run.stderr == f"stacktop: api: {words}; there are: a.log, b.log\n"
    assert logs("--source", "a", target="api/a.log").status == USAGE


def test_a_pattern_that_is_given_up_is_said(logs):
    write(logs, "a.log", "2026-11-27T10:00:00Z " + "a" * 4000 + "\n" + LINES)
    slow = "(a+)+$(?<!a)b|(a*)*(a*)*zqz"
    run = logs("--grep", slow + "|slow")
    assert run.status == TROUBLE and len(run.stdout.splitlines()) == 2
    assert run.stderr == "stacktop: gave up on 1 line: a pattern takes too long for it, and counts as not matching\n"
    assert logs("--exclude", slow).status == TROUBLE
    assert logs("--grep", "(x|a)*b$").status == NONE  # long, and no more than that


def test_a_signal_leaves_nothing_behind(logs, tmp_path):
    write(logs, "a.log", "one\n")
    folder = tmp_path / "temporary"
    folder.mkdir()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        follower = Follower(logs, extra={"TMPDIR": str(folder)})
        follower.wait("one")
        with open(f"/proc/{follower.process.pid}/task/{follower.process.pid}/children", encoding="ascii") as children:
            assert children.read() == ""
        follower.process.send_signal(number)
        follower.process.communicate(timeout=10 * PATIENCE)
        assert follower.process.returncode == -number and os.listdir(folder) == []

def test_all_is_printed_in_order(logs):
    """More than the queues hold."""
    write(logs, "a.log", "".join(f"2026-11-27T10:{i // 60000:02d}:{i // 1000 % 60:02d}.{i % 1000:03d}Z {i}\n"
                                 for i in range(0, 300000, 2)))
    write(logs, "b.log", "".join(f"2026-11-27T10:{i // 60000:02d}:{i // 1000 % 60:02d}.{i % 1000:03d}Z {i}\n"
                                 for i in range(1, 300000, 2)))
    run = logs("--since", "2026-11-27 10:00")
    numbers = [int(line.rsplit(" ", 1)[1]) for line in run.stdout.splitlines()]
    assert numbers == list(range(300000))
