"""No part of a password appears in an error, however the URL or connection string is parsed: not in errors of the
configuration, in `config`, or in `check` as text or JSON."""

import pytest

from stacktop import closed_port, stacktop, write_config

BESIDE = "others"
HEAD, TAIL = "Hunter7", "Tail9zz"  # both halves of a password with something special between them

POSTGRES = ["postgres://u:{0}@{1}@{2}/db", "postgresql://u:{0}/{1}@{2}/db", "postgres://u:{0}@x/{1}@{2}/db",
            "postgres://u:{0}?{1}@{2}/db", "postgres://u:{0}?@{1}@{2}/db", "postgres://u:{0}#{1}@{2}/db",
            "postgres://u:{0}%zz{1}@{2}/db", "postgres://u:{0}:{1}@{2}/db", "postgres://u:{0}[{1}@{2}/db",
            "postgres://u:{0} {1}@{2}/db", "postgres://u:{0}%40{1}@{2}/db", "postgres://{2}/db?password={0}@{1}",
            "postgres://{2}/db?password={0}&{1}", "postgres://:{0}@{1}@{2}/db",
            "host=127.0.0.1 port={3} password={0} {1} user=u", "host=127.0.0.1 port={3} password='{0} {1}",
            "host=127.0.0.1 port={3} password={0}@{1}", "host=127.0.0.1 port={3} password={0}={1}",
            "host=127.0.0.1 port={3} password='{0}'{1}", "passwort={0} pass={1}"]
REDIS = ["redis://u:{0}@{1}@{2}/0", "redis://u:{0}/{1}@{2}/0", "redis://:{0}?{1}@{2}/0", "redis://:{0}#{1}@{2}/0",
         "redis://u:{0}%zz{1}@{2}/0", "redis://u:{0}:{1}@{2}/0", "redis://:{0}@x/{1}@{2}/0", "redis://:{0}[{1}@{2}",
         "rediss://:{0}@{1}@{2}/x", "unix://:{0}@{1}@/nowhere/redis.sock", "redis://:{0} {1}@{2}"]
HTTP = ["http://u:{0}@{1}@{2}/", "http://u:{0}/{1}@{2}/", "http://u:{0}?{1}@{2}/", "http://u:{0}#{1}@{2}/",
        "http://u:{0}%zz{1}@{2}/", "http://u:{0}:{1}@{2}/", "http://u:{0} {1}@{2}/", "https://u:{0}@{1}@{2}/",
        "http://u:{0}@x/{1}@{2}/", "http://{2}/?password={0}@{1}"]


@pytest.mark.parametrize("kind", ["postgres", "redis", "services"])
def test_no_part_of_a_password_is_shown(kind, tmp_path):
    port = closed_port()
    key, shapes = {"postgres": ("dsn", POSTGRES), "redis": ("url", REDIS), "services": ("health", HTTP)}[kind]
    more = {"address": f"127.0.0.1:{port}"} if kind == "services" else {}
    shown = []
    for shape in shapes:
        text = shape.format(HEAD, TAIL, f"127.0.0.1:{port}", port)
        config = write_config(tmp_path, **{kind: [{"name": "one", key: text, **more}]})
        for arguments in (("config",), ("check", "--timeout", "2s"), ("check", "--json", "--timeout", "2s"),
                          ("plan", "postgres.analyze", "one")):
            run = stacktop("-c", config, *arguments, env={"XDG_STATE_HOME": str(tmp_path)})
            for part in (HEAD, TAIL):
                if part in run.stdout or part in run.stderr:
                    where = next(line for line in (run.stdout + run.stderr).splitlines() if part in line)
                    shown.append(f"{shape}: {arguments[0]}: {where}")
                    break
    assert not shown, "\n".join(shown)


def test_a_kafka_property_is_not_shown(tmp_path):
    port = closed_port()
    shown = []
    for name in ("sasl.password", "ssl.key.password", "sasl.jaas.config", "sasl.oauthbearer.client.secret",
                 "ssl.key.pem"):
        properties = {name: f"{HEAD}@{TAIL}", "security.protocol": "SASL_PLAINTEXT", "sasl.mechanism": "PLAIN"}
        config = write_config(tmp_path, kafka=[{"name": "one", "bootstrap": f"127.0.0.1:{port}",
                                                "properties": properties}])
        for arguments in (("config",), ("check", "--timeout", "2s"), ("check", "--json", "--timeout", "2s")):
            run = stacktop("-c", config, *arguments)
            if HEAD in run.stdout + run.stderr or TAIL in run.stdout + run.stderr:
                shown.append(f"{name}: {arguments[0]}: {run.stdout}{run.stderr}")
    assert not shown, "\n".join(shown)
