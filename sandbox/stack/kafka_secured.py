"""A broker of the lab: three of them form a cluster with ACLs (StandardAuthorizer) and listeners for SASL PLAIN
and for TLS.

Without a password the user is ANONYMOUS, a super user, so that all tools work on the plain listener."""

from . import certificates, clients, rdkafka, rdkafka_admin
from .kafka import TOPICS, Kafka
from .part import Part
from .rdkafka_admin import DESCRIBE, GROUP, TOPIC
from .state import HOST

SUPER, SOME, NONE = USERS = ("kafka_admin", "kafka_some", "kafka_none")
# SOME may see 12 of the 18 partitions of the two topics.
GROUPS = tuple(f"lab-{number}" for number in range(1, 7))  # so that each broker coordinates some of them
MESSAGES = 100  # per partition; the groups have committed half of them
RIGHTS = [(TOPIC, clients.TOPIC, DESCRIBE), (GROUP, "*", DESCRIBE)]


class SecuredKafka(Kafka):
    ports = ("port", "controller_port", "sasl_port", "ssl_port")
    start_seconds = 60  # three brokers start at the same time
    heap = "-Xmx256m"
    internal_partitions = 12  # so that each broker coordinates some groups

    def prepare(self):
        certificates.make(self.state)
        super().prepare()

    def listeners(self):
        return {**super().listeners(), "SASL_PLAINTEXT": self.facts["sasl_port"], "SSL": self.facts["ssl_port"]}

    def properties(self):
        folder = certificates.folder(self.state)
        passwords = self.state.data["passwords"]
        users = " ".join(f'user_{name}="{passwords[name]}"' for name in USERS)
        login = "listener.name.sasl_plaintext.plain.sasl.jaas.config"
        return {
            **super().properties(),
            "listener.security.protocol.map": ",".join(
                [*(f"{name}:{name}" for name in self.listeners()), "CONTROLLER:PLAINTEXT"]),
            "default.replication.factor": len(self.brokers),
            "min.insync.replicas": 1,
            "broker.rack": f"rack-{self.id}",
            "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
            "super.users": f"User:ANONYMOUS;User:{SUPER}",
            "sasl.enabled.mechanisms": "PLAIN,SCRAM-SHA-256",
            "listener.name.sasl_plaintext.scram-sha-256.sasl.jaas.config":
                "org.apache.kafka.common.security.scram.ScramLoginModule required;",
            login: f"org.apache.kafka.common.security.plain.PlainLoginModule required {users};",
            "ssl.keystore.type": "PEM",
            "ssl.keystore.location": folder / "good.pem",
            # A broker that returns leads its partitions again.
            "leader.imbalance.check.interval.seconds": 5,
            "leader.imbalance.per.broker.percentage": 0,
            # Fast elections: the tests are about their effect on clients.
            "controller.quorum.election.timeout.ms": 500,
            "controller.quorum.fetch.timeout.ms": 1500,
        }

    def answers(self):
        """The cluster has it as an active broker: it is not fenced."""
        Part.answers(self)
        with rdkafka.Producer(f"{HOST}:{self.port}") as client:
            return self.id in client.brokers()

    def settle(self):
        """The first broker sets up what belongs to the whole cluster."""
        done = self.folder / "furnished"
        if self.name == self.brokers[0] and not done.exists():
            self.wait(self.furnish, "could not set up the cluster")
            done.touch()

    def furnish(self):
        """ACLs, messages in each partition, and groups that have read half of them."""
        bootstrap = clients.bootstrap(self.state)
        rdkafka_admin.create_topics(bootstrap, TOPICS, 5, replicas=len(self.brokers))
        rdkafka_admin.allow(bootstrap, SOME, RIGHTS, 5)
        for group in GROUPS:
            with rdkafka.Reader(bootstrap, group) as reader:
                for topic, partitions in clients.TOPICS.items():
                    offsets = reader.offsets(topic, partitions, 10)
                    if not any(end for _, end in offsets):
                        self.fill(bootstrap, topic, partitions)
                    if any(committed is None for committed, _ in offsets):
                        reader.commit(topic, [MESSAGES // 2] * partitions)
        return True

    @staticmethod
    def fill(bootstrap, topic, partitions):
        with rdkafka.Producer(bootstrap) as producer:
            for number in range(MESSAGES):
                for partition in range(partitions):
                    producer.produce(topic, f'{{"number": {number}}}'.encode(), None, partition)
            if not producer.flush(10):
                raise rdkafka.KafkaError("the broker did not accept the messages")
