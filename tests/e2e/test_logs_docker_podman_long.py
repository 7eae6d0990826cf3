"""`stacktop logs` of the containers of Podman's service: the tests of test_logs_docker.py, and what is different there. Its times
are whole seconds, so many lines have the same one."""

from podman_engine import engine, shared_engine  # noqa: F401 (fixtures)
from stacktop import stacktop
from test_logs_docker import (PRINTED, ended, lines, logs, test_a_service_means_its_containers_only,  # noqa: F401
                              test_a_terminal_of_its_own, test_more_lines_than_the_queue_holds,
                              test_the_run_before_is_there_and_the_next_is_followed, test_what_the_engine_refuses)
from test_logs_docker_screen_long import test_a_container_is_followed_until_it_is_gone  # noqa: F401

BESIDE = "others"


def test_both_outputs_of_a_container(engine, logs):  # noqa: F811
    engine.run("api", "sh", "-c", "echo INFO: started; echo ERROR: boom >&2; printf '  at line 1\\n' >&2; echo end")
    ended(engine, "api")
    run = logs("engine/api")
    assert run.status == PRINTED, run
    found = {each["line"]: each for each in lines(run)}
    assert set(found) == {"INFO: started", "ERROR: boom", "  at line 1", "end"}
    assert found["ERROR: boom"]["level"] == found["  at line 1"]["level"] == "error"
    assert found["ERROR: boom"]["time_from"] == "source" and found["ERROR: boom"]["source"] == "api"


def test_hostile_and_long_lines(engine, logs):  # noqa: F811
    """Asked for the latest lines only, Podman 4.3 puts the parts of a long line behind the line before it."""
    engine.run("api", "sh", "-c", r"printf '\033]0;t\007\n'; printf 'a\000b\n'; head -c 200000 /dev/zero | tail -c 200000; echo; echo end")
    ended(engine, "api")
    found = lines(logs("engine/api", "--since", "1h"))
    assert [each["line"][:9] for each in found] == ["\ufffd]0;t\ufffd", "a\ufffdb", "\ufffd" * 9, "end"]
    assert found[2]["bytes_cut"] > 100000 and len(found[2]["line"]) * 3 <= 16384


def test_equal_lines_of_one_second(engine, logs):  # noqa: F811
    """Also where a run has ended and the next one is followed: each once."""
    engine.run("api", "sh", "-c", "echo same; echo same; echo same")
    ended(engine, "api")
    assert [each["line"] for each in lines(logs("engine/api"))] == ["same"] * 3
    assert stacktop("logs", "engine/api", "-c", logs.config).stdout.count("same") == 3
