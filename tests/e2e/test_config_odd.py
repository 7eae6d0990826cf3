"""Odd and broken configurations: each is read, or refused at once with the place, the value, what was expected, what to do."""

import os
import signal
import threading
import time

import pytest

from stacktop import CONFIG, dashboard, stacktop

BESIDE = "others"
HOST = "hosts: [{name: h}]\n"
SECRET = 'redis: [{name: r, url: "redis://x", password: "${secret:a}"}]\n'


def check(path, text):
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    path.chmod(0o600)
    started = time.monotonic()
    run = stacktop("config", "--check", "-c", path)
    assert time.monotonic() - started < 10, run
    return run


@pytest.mark.parametrize("text", [
    b"\xef\xbb\xbf" + HOST.encode(), HOST.replace("\n", "\r\n") + "interval: 2s\r\n", "hosts:\r\n  - name: h\r\n    mounts: [/]\r\n",
    HOST + "#" * ((1 << 20) - len(HOST))], ids=["mark", "crlf", "crlf-block", "mebibyte"])
def test_is_read(tmp_path, text):
    run = check(tmp_path / "a.yaml", text)
    assert run.status == 0 and "ok, 1 target" in run.stdout, run


@pytest.mark.parametrize("text, words", [
    ("", "a.yaml:1:1: the file is empty; `stacktop config --default` prints one to start from"),
    (b"\xef\xbb\xbf", "the file is empty"), ("# nothing\n", "the file is empty"),
    ("\ufeff".join(["", HOST]).encode("utf-16-le"), "a.yaml:1:1: byte 0xFF is not UTF-8; save the file as UTF-8"),
    (HOST + "#" * (1 << 20), "a.yaml: the file is larger than 1 MiB; split it, and name the parts in `include`"),
    ("interval: 2s\n" + HOST + "interval: 3s\n", 'a.yaml:3:1: duplicate key "interval", first used in line 1'),
    ("hosts: [{name: h, mounts: [/], mounts: [/x]}]\n", 'a.yaml:1:32: duplicate key "mounts"'),
    ("hosts: [{name: h}, {name: h}]\n", 'a.yaml:1:27: hosts has two targets named "h"'),
    ("include: [a.yaml]\n" + HOST, "a.yaml:1:11: include: "), ("include: [gone.yaml]\n" + HOST, "a.yaml:1:11: include: "),
    ("include: [/tmp]\n" + HOST, "Is a directory"), ("include: [/dev/zero]\n" + HOST, "/dev/zero: the file is larger than 1 MiB"),
    (HOST + "thresholds: {zzzzzz.q: off}\n", "more: see `stacktop config --default`)"),
    (HOST + "layout: [[zzzzzzzzzz]]\n", 'a.yaml:2:11: layout: there is no pane "zzzzzzzzzz" (known: services, kafka, '),
    (HOST + "log_filters: [{name: x, zzzzzz: 1}]\n", "(known: name, help, grep, exclude, level, fields, source, since)"),
    (HOST + "actions: [{id: x, rows: {kind: zzzzzz}, argv: [/bin/true]}]\n", 'unknown kind "zzzzzz" (known: service, '),
    ("secrets: {a: {command: [sleep, '100'], timeout: 300ms}}\n" + SECRET, 'secret "a": sleep did not end within 300ms'),
    ("secrets: {a: {command: [head, -c, '10485760', /dev/zero]}}\n" + SECRET, "printed more than 65536 bytes"),
    (SECRET, 'unknown secret "a"; define it in `secrets:`'),
    (SECRET.replace("secret:a", "NOT_SET_HERE"), "write ${NOT_SET_HERE:-default}"),
], ids=lambda value: value[:24].strip() if isinstance(value, str) else None)
def test_is_refused(tmp_path, text, words):
    run = check(tmp_path / "a.yaml", text)
    assert run.status == CONFIG and words in run.stderr, run


def test_a_circle_of_includes(tmp_path):
    (tmp_path / "b.yaml").write_text("include: [c.yaml]\n")
    (tmp_path / "c.yaml").write_text("include: [b.yaml]\n")
    run = check(tmp_path / "a.yaml", "include: [b.yaml]\n" + HOST)
    assert run.status == CONFIG and "c.yaml:1:11: include: " in run.stderr and "includes itself by way of " in run.stderr, run


def test_a_list_that_is_left_out_says_how_much(tmp_path):
    run = check(tmp_path / "a.yaml", HOST + "thresholds: {zzzzzz.q: off}\n")
    listed = run.stderr.split("(known: ")[1]
    assert int(listed.split(" more: see")[0].split()[-1]) > 100, run
    missing = stacktop("config", "-c", tmp_path / "none.yaml")
    assert missing.status == CONFIG and "`stacktop init FILE` writes a first one" in missing.stderr


def test_pipes(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    threading.Thread(target=lambda: pipe.write_text(HOST), daemon=True).start()  # as <(...) of a shell
    run = stacktop("config", "--check", "-c", pipe)
    assert run.status == 0 and "ok, 1 target" in run.stdout, run
    run = check(tmp_path / "a.yaml", f"include: [{pipe}]\n" + HOST)  # without a writer
    assert run.status == CONFIG and "a.yaml:1:11: include: " in run.stderr
    assert "nothing was written to this pipe within 2 s" in run.stderr


def test_an_include_that_vanishes_between_reloads(tmp_path):
    part, path = tmp_path / "part.yaml", tmp_path / "a.yaml"
    part.write_text("name: first\n")
    path.write_text(f"include: [part.yaml]\nstate: {tmp_path}/state\n" + HOST)
    with dashboard(path, columns=160) as terminal:
        terminal.wait_for(" first ")
        part.unlink()
        terminal.signal(signal.SIGUSR2)
        terminal.wait_for("not reloaded, the old one stays: ")
        terminal.wait_for("a.yaml:1:11: include: ")
        terminal.wait_for(" first ")
        part.write_text("name: second\n")
        terminal.signal(signal.SIGUSR2)
        terminal.wait_for("reloaded; name: taken over; 1 target as before")
        terminal.wait_for(" second ")
        terminal.press("q")
        assert terminal.wait_exit() == 0
