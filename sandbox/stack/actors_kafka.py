"""The platform's stream: orders are produced, and three members of a group read them, sometimes slower than
they arrive, sometimes faster. In the scenes lag, stuck-consumer and skew they do not keep up, unless their process was
started in that scene: a restart ends it. In hung-transaction they may not read on in one partition, whatever they do."""

import json
import random
import time

from . import clients, rdkafka
from .actor import Actor

RATE = 60  # messages a second
CUSTOMERS_RATE = 12
MEMBERS = 3
BEHIND_SECONDS, CYCLE_SECONDS = 24, 40
JUDGE_SECONDS = 1.5
SOCKET_MS = 5000

LAG_BURST = 40000  # at once
LAG_MAX = 300000  # maximum that the scenes produce
SCENE_RATE = {"lag": 400, "stuck-consumer": 500, "skew": 300, "hung-transaction": 300}
HOT, HELD = 3, 0  # partitions of the topic: in skew, and in hung-transaction
HOT_SHARE = 0.98
SLOW = {"lag": 2, "skew": 60}  # messages a second that a member reads
TRANSACTION = "ecap-billing"
TRANSACTION_SECONDS = 840  # less than the broker's transaction.max.timeout.ms: it aborts older ones itself


class Stream(Actor):
    """Produces."""

    period = 0.2

    def __init__(self, state, board):
        super().__init__(state, board)
        self.producer = None
        self.last = time.monotonic()
        self.owed = {}  # messages to produce, as a fraction
        self.extra = 0  # produced since the scene was calm
        self.number = 0

    def reset(self):
        if self.producer:
            self.producer.close()
        self.producer = None

    def step(self, mode):
        if self.producer is None:
            self.producer = rdkafka.Producer(clients.bootstrap(self.state), queue_buffering_max_messages=50000)
        now, scene = time.monotonic(), mode["scene"]
        elapsed, self.last = min(1, now - self.last), now
        if mode["paused"]:
            if self.producer.flush(5):
                return
            raise rdkafka.KafkaError("the broker accepts no messages")
        rate = SCENE_RATE.get(scene, RATE)
        if scene not in SCENE_RATE:
            self.extra = 0
        elif scene == "lag" and self.extra < LAG_BURST:
            rate = LAG_BURST * 2
        elif self.extra > LAG_MAX:
            rate = 0
        self.extra += self.send(clients.TOPIC, rate * elapsed, hot=scene == "skew")
        self.send("customers", CUSTOMERS_RATE * elapsed)
        self.producer.poll()

    def send(self, topic, count, hot=False):
        whole, self.owed[topic] = divmod(self.owed.get(topic, 0) + count, 1)
        whole = int(whole)
        payload = json.dumps({"customer": random.randint(11, 1000), "amount": random.randint(5, 500),
                              "at": round(time.time(), 3)}).encode()
        for _ in range(whole):
            self.number += 1
            partition = HOT if hot and random.random() < HOT_SHARE else rdkafka.UNASSIGNED
            self.producer.produce(topic, payload, str(self.number).encode(), partition)
        return whole


class Billing(Actor):
    """A producer that hangs in hung-transaction: it leaves a transaction open. Others may end it."""

    period = 0.2

    def __init__(self, state, board):
        super().__init__(state, board)
        self.transaction = None
        self.entered = None  # the mode in which it was begun; None: there is none
        self.mark = state.folder / "transaction"  # there may be one, of an earlier process too

    def reset(self):
        if self.transaction:
            self.transaction.close()
        self.transaction = self.entered = None

    def step(self, mode):
        hangs = mode["scene"] == "hung-transaction"
        if self.mark.exists() and (not hangs or self.entered != mode["entered"]):
            self.reset()
            rdkafka.Transaction(clients.bootstrap(self.state), TRANSACTION).close()
            self.mark.unlink()
        if hangs and self.entered != mode["entered"]:
            self.mark.touch()
            self.transaction = rdkafka.Transaction(clients.bootstrap(self.state), TRANSACTION,
                                                   transaction_timeout_ms=TRANSACTION_SECONDS * 1000)
            self.transaction.begin(clients.TOPIC, HELD, b"{}")
            self.entered = mode["entered"]


class Member(Actor):
    """Consumes, as a member of the group."""

    period = 0

    def __init__(self, state, board):
        super().__init__(state, board)
        self.consumer = None
        self.last = time.monotonic()
        self.owed = 0.0
        self.committed = 0
        self.held = False
        self.fall_behind()

    def reset(self):
        if self.consumer:
            self.consumer.close()
        self.consumer, self.held = None, False
        self.fall_behind()

    def step(self, mode):
        if self.consumer is None:
            self.consumer = rdkafka.Consumer(
                clients.bootstrap(self.state), clients.GROUP, list(clients.TOPICS),
                client_id="ecap-consumer", socket_timeout_ms=SOCKET_MS)
        scene = mode["scene"] if mode["entered"] != self.board.born_in else "calm"
        if mode["paused"] or scene == "stuck-consumer":
            self.stand_still()
            return
        if self.held:
            self.consumer.hold(False)
            self.held = False
        rate = self.rate(scene)
        now = time.monotonic()
        self.owed = min(rate, rdkafka.Consumer.BATCH, self.owed + rate * min(1, now - self.last))
        self.last = now
        if self.owed < 1:
            time.sleep(0.2)
            return
        taken = self.consumer.consume(int(self.owed), 0.2)
        self.owed -= taken
        self.judge(scene, taken, now)
        if now - self.committed > 1:
            self.consumer.commit()
            self.committed = now

    def judge(self, scene, taken, now):
        """Whether it has caught up: at full speed it finds only what was just produced."""
        if scene in SLOW:
            self.fall_behind()
            return
        self.taken += taken
        if now - self.since > JUDGE_SECONDS:
            if 0 < self.taken < RATE * JUDGE_SECONDS:
                self.caught_up = True
            self.since, self.taken = now, 0

    def fall_behind(self):
        """It was blocked, and has to catch up first."""
        self.caught_up, self.since, self.taken = False, time.monotonic(), 0

    def rate(self, scene):
        """Messages per second that it reads."""
        if scene in SLOW:
            return SLOW[scene]
        behind = self.caught_up and scene not in SCENE_RATE and time.monotonic() % CYCLE_SECONDS < BEHIND_SECONDS
        return 0.6 * (RATE + CUSTOMERS_RATE) / MEMBERS if behind else 20000

    def stand_still(self):
        """Stays a member, reads nothing, and commits nothing beyond what it has read."""
        if not self.held:
            self.consumer.commit()
        self.consumer.hold(True)
        self.held = True
        self.fall_behind()
        self.consumer.consume(1, 0.5)
