"""Writes stacktop.yaml and addresses.txt of a running sandbox."""

import json
import shlex
from pathlib import Path

from . import certificates, clients, disk
from .configure_lab import lab
from .state import HOST, write_private


def dsn(state, part="postgres"):
    password = state.data["passwords"]["ecap_user"]
    return f"postgresql://ecap_user:{password}@{HOST}:{state.port(part)}/ecap"


def redis_url(state):
    return f"redis://{HOST}:{state.port('redis')}/0"


def quoted(text):
    """As a literal YAML string on one line."""
    return json.dumps(" ".join(text.split()), ensure_ascii=False).replace("${", "$${")


# Ends with status 0 if the URL answers; a bare Debian has no curl.
ANSWERS = ("python3", "-c", "import sys, urllib.request; urllib.request.urlopen(sys.argv[1], timeout=3)")


def words(*all):
    """A program and its arguments as a YAML list."""
    return "[" + ", ".join(quoted(word) for word in all) + "]"


def ctl(state):
    return str(Path(__file__).resolve().parents[1] / "ctl"), "--state", str(state.folder)


def runtime(state, part, supervised=False):
    """How stacktop starts and stops a part of the sandbox, and what it asks about a part that has a supervisor."""
    verbs = {verb: [*ctl(state), verb, part] for verb in ("start", "stop")}
    if supervised:
        verbs["status"] = [str(Path(__file__).resolve().parents[1] / "status"), str(state.folder), part]
    return "{" + ", ".join(f"{verb}: {quoted(shlex.join(argv))}" for verb, argv in verbs.items()) + "}"


def write(state):
    """For the parts that have their ports."""
    {"sandbox": sandbox, "lab": lab}[state.data["kind"]](state)


def sandbox(state):
    def logs(part):
        return f'logs: [{quoted(str(state.folder / "log" / f"{part}.log"))}]'

    port = state.port
    api = f"http://{HOST}:{port('api')}"
    kafka = clients.bootstrap(state)
    reason = state.part("kafka").get("reason")
    # Without Kafka its pane shows the reason; a target that is polled would only say "refused".
    service = "" if reason else f"""\
  - {{name: kafka, address: "{kafka}"}}
"""
    streaming = "" if reason else f"""\
  - {{name: streaming, address: "{HOST}:{port('streaming')}", health: "http://{HOST}:{port('streaming')}/health",
      {logs("streaming")}, runtime: {runtime(state, "streaming")}}}
"""
    gateway = "" if state.part("gateway").get("reason") else f"""\
  - {{name: gateway, address: "{HOST}:{port('gateway')}", health: "https://{HOST}:{port('gateway')}/health",
      ca_file: "{certificates.folder(state) / 'ca.pem'}", {logs("gateway")},
      runtime: {runtime(state, "gateway")}}}
"""
    disabled = f", disabled: {quoted(reason)}" if reason else ""
    memcached = "" if state.part("memcached").get("reason") else f"""\
memcached:
  - {{name: pages, address: "{HOST}:{port('memcached')}"}}
"""

    # A dashboard that is opened in the scene replica-lag watches the standby too.
    standby = "" if state.part("standby").get("status") in (None, "absent") else f"""\
  - {{name: standby, dsn: "{dsn(state, "standby")}", {logs("standby")}}}
"""

    here = "/" if state.part("disk").get("reason") else f"/, {quoted(str(disk.data(state)))}"
    old = quoted(f"{disk.data(state)}/log/*.log.*")
    write_private(state.folder / "stacktop.yaml", f"""\
# stacktop's sandbox. Written at each start. Scenes to practise with: sandbox/scene NAME
name: ecap-sandbox{" without Kafka" if reason else ""}
environment: sandbox
interval: 2s
services:
  - {{name: api, address: "{HOST}:{port('api')}", health: "{api}/health", {logs("api")},
      runtime: {runtime(state, "api", supervised=True)}}}
  - {{name: dashboard, address: "{HOST}:{port('dashboard')}", health: "http://{HOST}:{port('dashboard')}/health",
      expect_json: {{status: ok}}, {logs("dashboard")},
      runtime: {runtime(state, "dashboard", supervised=True)}}}
{streaming}{gateway}  - {{name: postgres, address: "{HOST}:{port('postgres')}"}}
{service}  - {{name: redis, address: "{HOST}:{port('redis')}"}}
postgres:
  - {{name: ecap, dsn: "{dsn(state)}", forget_replica: 5s, {logs("postgres")}}}
{standby}kafka:
  - {{name: main, bootstrap: "{kafka}", groups: ["ecap-*"], window: 20s, properties: {{client.id: stacktop}}{disabled}}}
redis:
  - {{name: cache, url: "{redis_url(state)}", {logs("redis")}}}
{memcached}hosts:
  - {{name: local, mounts: [{here}], cleanup: {{{old}: 7d}}, compress: {{{old}: 1d}}}}
actions:
  - id: roll-back
    title: roll back
    help: starts the API in its previous release
    key: P
    rows: {{kind: service, table: services, targets: [api]}}
    argv: {words(*ctl(state), "deploy", "1")}
    verify: {{argv: {words(*ANSWERS, f"{api}/health")}}}
    danger: low
  - id: memory-limit
    title: set the memory limit
    help: starts the dashboard with another memory limit, in MB
    key: M
    rows: {{kind: service, table: services, targets: [dashboard]}}
    ask: [{{name: megabytes, default: "256", help: memory limit in MB}}]
    argv: {words(*ctl(state), "memory", "{ask.megabytes}")}
    verify: {{argv: {words(*ANSWERS, f"http://{HOST}:{port('dashboard')}/health")}}}
    danger: low
  - id: end-idle
    title: end the idle pool
    help: ends the sessions of ecap_user that have been idle for 1 s, outside of transactions
    key: E
    rows: {{kind: postgres}}
    sql: >-
      SELECT application_name, pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE usename = 'ecap_user' AND pid <> pg_backend_pid() AND state = 'idle'
      AND application_name LIKE 'ecap-pool-%' AND now() - state_change > interval '1 s'
log_filters:
  - {{name: errors, level: error}}
  - {{name: slow requests, fields: ["request_duration>1"]}}
thresholds:
  # lower than on a real stack, so that a scene shows within seconds
  kafka.lag: {{warn: 10000}}
  postgres.lag: {{warn: 5s}}
  postgres.session_xmin: {{warn: 5000}}
  redis.evictions: {{warn: 10}}
""")
    write_private(state.folder / "addresses.txt", f"""\
API         {api}/health
            {api}/api/v1/health
            {api}/api/v1/analytics/revenue
            {api}/metrics
dashboard   http://{HOST}:{port('dashboard')}/
PostgreSQL  {dsn(state)}
Kafka       {kafka}{f"  not running: {reason}" if reason else ""}
Redis       {redis_url(state)}
Memcached   {HOST}:{port('memcached')}{f"  not running: {state.part('memcached')['reason']}" if not memcached else ""}
""")
