"""What a person and stacktop need to know of a sandbox that is up: stacktop.yaml and addresses.txt."""

import json

from . import clients
from .configure_lab import lab
from .state import HOST, write_private


def dsn(state):
    password = state.data["passwords"]["ecap_user"]
    return f"postgresql://ecap_user:{password}@{HOST}:{state.port('postgres')}/ecap"


def redis_url(state):
    return f"redis://{HOST}:{state.port('redis')}/0"


def quoted(text):
    """On one line, as YAML and stacktop take it literally."""
    return json.dumps(" ".join(text.split()), ensure_ascii=False).replace("${", "$${")


def write(state):
    """Of what has been given its ports."""
    {"sandbox": sandbox, "lab": lab}[state.data["kind"]](state)


def sandbox(state):
    port = state.port
    api = f"http://{HOST}:{port('api')}"
    kafka = clients.bootstrap(state)
    reason = state.part("kafka").get("reason")
    # Where Kafka is absent its pane says why; a target that is asked would only say "refused".
    service = "" if reason else f"""\
  - {{name: kafka, address: "{kafka}"}}
"""
    disabled = f", disabled: {quoted(reason)}" if reason else ""
    memcached = "" if state.part("memcached").get("reason") else f"""\
memcached:
  - {{name: pages, address: "{HOST}:{port('memcached')}"}}
"""
    write_private(state.folder / "stacktop.yaml", f"""\
# stacktop's own sandbox, as it was started last. Scenes to practise on: sandbox/scene NAME
name: ecap-sandbox{" without Kafka" if reason else ""}
environment: sandbox
interval: 2s
services:
  - {{name: api, address: "{HOST}:{port('api')}", health: "{api}/health"}}
  - {{name: dashboard, address: "{HOST}:{port('dashboard')}", health: "http://{HOST}:{port('dashboard')}/health"}}
  - {{name: postgres, address: "{HOST}:{port('postgres')}"}}
{service}  - {{name: redis, address: "{HOST}:{port('redis')}"}}
postgres:
  - {{name: ecap, dsn: "{dsn(state)}"}}
kafka:
  - {{name: main, bootstrap: "{kafka}", groups: ["ecap-*"], window: 20s, properties: {{client.id: stacktop}}{disabled}}}
redis:
  - {{name: cache, url: "{redis_url(state)}"}}
{memcached}hosts:
  - {{name: local, mounts: [/]}}
thresholds:
  # sooner than on a real stack, so that a scene shows within seconds
  kafka.lag: {{warn: 10000}}
  redis.evictions: {{warn: 10}}
""")
    write_private(state.folder / "addresses.txt", f"""\
API         {api}/health
            {api}/api/v1/health
            {api}/api/v1/analytics/revenue
            {api}/metrics
dashboard   http://{HOST}:{port('dashboard')}/
PostgreSQL  {dsn(state)}
Kafka       {kafka}{f"  not there: {reason}" if reason else ""}
Redis       {redis_url(state)}
Memcached   {HOST}:{port('memcached')}{f"  not there: {state.part('memcached')['reason']}" if not memcached else ""}
""")
