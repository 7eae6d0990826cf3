"""An engine on another host, by ssh: what ssh says where it fails, and which addresses are refused."""

import os
import time

import pytest

from docker_ssh import no_child_is_left, of
from sandbox import wait_until
from ssh_server import program
from stacktop import OK, check, stacktop

BESIDE = "others"


@pytest.mark.parametrize("script, status, words", [
    ("echo 'Welcome to \033[31mhost' >&2; echo 'kex_exchange_identification: read: Connection reset by peer' >&2; exit 255", 2,
     "ssh deploy@10.0.0.7: kex_exchange_identification: read: Connection reset by peer"),
    ("echo 'sh: 1: docker: not found' >&2; exit 127", 2, "docker has to be in PATH on that host"),
    ("echo 'deploy@10.0.0.7: Permission denied (publickey,password).' >&2; exit 255", 3,
     "ssh deploy@10.0.0.7: Permission denied (publickey,password); ssh has to log in without a password"),
    ("exit 255", 2, "ssh deploy@10.0.0.7: ended with exit code 255"),
    ("printf 'deploy@10.0.0.7 password: ' >&2; exec sleep 60", 2, "ssh deploy@10.0.0.7: no answer within 950ms"),
    ("echo 'waiting for \033]0;owned\007 host' >&2; exec sleep 60", 2, "no answer within 950ms: waiting for"),
    ("echo 'motd of the host'; exec sleep 60", 3, "ssh deploy@10.0.0.7: the answer is not HTTP"),
    ("kill -9 $$", 2, "ended by SIGKILL"),
])
def test_what_ssh_says(tmp_path, script, status, words):
    """Not one of them is a real ssh: each fails as one does."""
    program(tmp_path / "ssh", f'echo "$@" >> {tmp_path}/argv\n{script}')
    path = of("ssh://deploy@10.0.0.7", tmp_path, timeout="1s")
    began = time.monotonic()
    run = check(path, env={"PATH": f"{tmp_path}:{os.environ['PATH']}"})
    assert words in run.stdout and run.status == status, run
    assert "\033]" not in run.stdout and "\033[31m" not in run.stdout
    assert time.monotonic() - began < 5
    argv = (tmp_path / "argv").read_text().splitlines()[0]
    assert argv == "-T -o BatchMode=yes -o ControlMaster=no -- deploy@10.0.0.7 docker system dial-stdio"
    wait_until(no_child_is_left, 5, what="the program to be killed")


@pytest.mark.parametrize("endpoint, words", [
    ("ssh://-oProxyCommand=touch", "not a user and a host"),
    ("ssh://user@-host", "not a user and a host"),
    ("ssh://-user@host", "not a user and a host"),
    ("ssh://host;touch", "not a user and a host"),
    ("ssh://user:secret@host", "takes no password"),
    ("ssh://host/var/run/docker.sock", "takes no path"),
    ("ssh://host:0", "not a port"),
    ("ssh://", "not a user and a host"),
])
def test_what_is_no_place(tmp_path, endpoint, words):
    run = stacktop("config", "--check", "-c", of(endpoint, tmp_path))
    assert run.status != OK and words in run.stdout + run.stderr, run
