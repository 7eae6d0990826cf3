"""The parts of the sandbox (a platform with its workload) and of the lab (topologies in which faults show).
A part of the lab belongs to a group, which `up --only` can select."""

from . import certificates, postgres_lab, redis_lab
from .disk import Disk
from .kafka import Kafka
from .kafka_secured import USERS, SecuredKafka
from .memcached import Memcached
from .pgbouncer import PgBouncer
from .postgres import Postgres
from .redis import Redis
from .web import Api, Dashboard, Gateway, Streaming
from .web_lab import AnyHttp, AnyTls
from .workload import Workload

PASSWORDS = {"sandbox": ("postgres", "ecap_user"),
             "lab": ("postgres", "ecap_user", postgres_lab.PLAIN_USER, *USERS)}
NAMES = tuple(PASSWORDS)


def servers(kind, state):
    """All possible parts, each once."""
    return {"sandbox": sandbox, "lab": lab}[kind](state)


def last(kind, state):
    """What starts once all servers answer, and ends first."""
    return [Workload(state)] if kind == "sandbox" else []


def sandbox(state):
    return [Postgres(state), postgres_lab.SceneStandby(state), Redis(state), Memcached(state), Kafka(state), Api(state),
            Dashboard(state), Streaming(state), Gateway(state), Disk(state)]


def lab(state):
    brokers = [f"kafka-{number}" for number in (1, 2, 3)]
    nodes = [f"cluster-{number}" for number in (1, 2, 3)]
    return [
        *(SecuredKafka(state, name, "kafka", brokers) for name in brokers),
        *(part(state, group="postgres") for part in (postgres_lab.Primary, postgres_lab.Standby, PgBouncer)),
        *(part(state, group="redis") for part in (redis_lab.Primary, redis_lab.Replica, redis_lab.Sentinel)),
        *(redis_lab.ClusterNode(state, name, "cluster", nodes) for name in nodes),
        AnyHttp(state, group="http"),
        *(AnyTls(state, f"tls-{kind}", "http") for kind in certificates.KINDS),
    ]
