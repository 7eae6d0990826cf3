"""The commands: sandbox/up, down, ctl, scene and kafka-tool."""

import argparse
import os
import signal
import sys
import time

from . import clients, jars, scenes
from .stack import Stack, up_locked
from .state import ROOT, Failure, State

DEFAULT = ROOT / "build/sandbox"
DEFAULT_LAB = ROOT / "build/lab"
TOOLS = {"consumer-groups": "org.apache.kafka.tools.consumer.group.ConsumerGroupCommand",
         "topics": "org.apache.kafka.tools.TopicCommand",
         "configs": "kafka.admin.ConfigCommand",
         "transactions": "org.apache.kafka.tools.TransactionsCommand",
         "leader-election": "org.apache.kafka.tools.LeaderElectionCommand",
         "reassign-partitions": "org.apache.kafka.tools.reassign.ReassignPartitionsCommand",
         "log-dirs": "org.apache.kafka.tools.LogDirsCommand"}


def run(command):
    """Runs a command as a process: a Failure becomes a message on stderr and exit status 1."""
    try:
        sys.exit(command(sys.argv[1:]) or 0)
    except Failure as error:
        print(f"sandbox: {error}", file=sys.stderr)
        sys.exit(1)


def parser(name, text, default=DEFAULT):
    made = argparse.ArgumentParser(prog=f"sandbox/{name}", description=text)
    made.add_argument("--state", metavar="DIR", default=default,
                      help="directory of the sandbox (default build/sandbox)")
    return made


# up and down


class Leaving(BaseException):
    """A signal ends this command."""


def _leave(*_):
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # do not interrupt the clean-up
    raise Leaving


def up(argv):
    options = parser("up", "Start the sandbox or the lab.", default=None)
    options.add_argument("--detach", action="store_true", help="leave it running; otherwise stop it at a signal")
    options.add_argument("--lab", action="store_true", help="start the lab instead (default build/lab)")
    options.add_argument("--only", metavar="NAMES", help="only these groups and parts of the lab, separated by "
                         "commas; running parts are kept")
    options = options.parse_args(argv)
    state = State(options.state or (DEFAULT_LAB if options.lab else DEFAULT))
    kind = "lab" if options.lab else "sandbox"
    only = options.only.split(",") if options.only else None
    if only and not options.lab:
        raise Failure("--only requires --lab")
    try:
        state.make()
    except OSError as error:
        raise Failure(f"{state.folder}: {error.strerror}") from None
    with state.locked():
        stack = Stack(state, kind)
        if stack.kind != kind:
            raise Failure(f"{state.folder} contains a {stack.kind}: use another --state, or run sandbox/down first")
        names = stack.names(only)
        if kind == "sandbox" and not stack.problems():
            print(f"already running: {state.folder}")
            return 0 if options.detach else 1
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, _leave)
        try:
            if kind == "sandbox" or not stack.is_up():
                stack.up()
            stack.add(names)
            if kind == "sandbox":
                scenes.await_scene(stack, "calm", state.mode()["seq"])
        except BaseException as error:
            if not stack.is_up():  # otherwise keep what ran before
                stack.give_up()
            if isinstance(error, Leaving):
                return 1
            raise
    print(f"up: {state.folder}", flush=True)
    if options.detach:
        return 0
    print((state.folder / "addresses.txt").read_text(), flush=True)
    return _stay(stack)


def _stay(stack):
    """Returns at a signal, or when another command has stopped it."""
    state = stack.state
    try:
        while state.path.exists():
            time.sleep(0.5)
        return 0
    except Leaving:
        with state.locked():
            stack.down()
        return 0


def down(argv):
    state = State(parser("down", "Stop the sandbox and all its processes.").parse_args(argv).state)
    if not state.folder.is_dir():
        return 0
    stack = Stack(state)
    stack.end_starter()
    with state.locked():
        stack.down()
    return 0


# ctl


def ctl(argv):
    options = parser("ctl", "Show a running sandbox, or change parts of it.")
    actions = options.add_subparsers(dest="action", required=True, metavar="ACTION")
    actions.add_parser("status", help="show the parts; exit status 0 if all run")
    actions.add_parser("pause", help="stop the workload, so that figures stand still")
    actions.add_parser("resume", help="continue the workload")
    for name, text in {"stop": "end a part", "start": "start it again", "kill": "end it as in a crash",
                       "freeze": "suspend its processes, so that it hangs", "thaw": "continue them"}.items():
        actions.add_parser(name, help=text).add_argument("part", metavar="PART", help="name as in the output of status")
    deploy = actions.add_parser("deploy", help="start the API in a release: 1 works, 2 fails, 3 ends at once")
    deploy.add_argument("release", metavar="RELEASE", type=int, choices=(1, 2, 3))
    memory = actions.add_parser("memory", help="start the dashboard with a memory limit")
    memory.add_argument("megabytes", metavar="MB", type=int, help="0: without a limit")
    actions.add_parser("restore", help="start or continue all parts, each in its role")
    command = options
    options = command.parse_args(argv)
    state = State(options.state)
    if options.action == "status":
        return _status(state)
    with up_locked(state) as stack:
        if options.action in ("pause", "resume"):
            _only_sandbox(stack)
            scenes.pause(stack, options.action == "pause")
        elif options.action == "restore":
            stack.restore()
        elif options.action == "deploy":
            _only_sandbox(stack)
            stack.part("api").deploy(options.release)
        elif options.action == "memory":
            _only_sandbox(stack)
            stack.part("dashboard").set_memory(options.megabytes)
        else:
            names = [part.name for part in stack.all]
            if options.part not in names:
                command.error(f"unknown part {options.part}; available: {', '.join(names)}")
            part = stack.part(options.part)
            if part.facts["status"] == "absent":
                raise Failure(f"{part.name} is not available: {part.facts['reason']}")
            getattr(part, options.action)()
    return 0


def _only_sandbox(stack):
    if stack.kind != "sandbox":
        raise Failure("the lab has no workload and no scenes")


def _status(state):
    stack = Stack(state)
    problems = stack.problems()
    if "sandbox" in problems:
        print(f"{problems['sandbox']}: {state.folder}")
        return 1
    mode = state.mode()
    print(f"up: {state.folder}")
    if stack.last:
        print(f"scene {mode['scene']}{', paused' if mode['paused'] else ''}")
    for part in stack.all:
        who = part.who
        print(f"{part.name:14} {part.condition():8} port {part.facts.get('port', '-'):<6} "
              f"pid {who['pid'] if who else '-':<8} {part.facts.get('reason') or ''}".rstrip())
    return 1 if problems else 0


# scene


def scene(argv):
    options = parser("scene", "Put the running sandbox into a scene; returns when the servers show it.")
    options.add_argument("name", metavar="NAME", choices=scenes.NAMES, help=", ".join(scenes.NAMES))
    options = options.parse_args(argv)
    with up_locked(State(options.state)) as stack:
        _only_sandbox(stack)
        for remark in scenes.enter(stack, options.name):
            print(f"{options.name}: {remark}")
    return 0


# kafka-tool


def kafka_tool(argv):
    options = parser("kafka-tool", "Run one of Kafka's command line tools on the sandbox's broker.")
    options.add_argument("tool", metavar="TOOL", help=f"{', '.join(TOOLS)}, or the name of a class")
    options.add_argument("arguments", nargs=argparse.REMAINDER, metavar="...", help="arguments of the tool")
    options = options.parse_args(argv)
    state = State(options.state)
    kafka = next(iter(state.group("kafka").values()), {"status": "absent", "reason": "it is not running"})
    if kafka["status"] == "absent":
        raise Failure(f"kafka is not available: {kafka['reason']}")
    command = jars.command(jars.get(state.folder / "log/maven.log"), TOOLS.get(options.tool, options.tool),
                           "--bootstrap-server", clients.bootstrap(state), *options.arguments,
                           options=("-Dorg.slf4j.simpleLogger.defaultLogLevel=error",))
    os.execv(command[0], command)
