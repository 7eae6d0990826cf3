"""What an operator must see on a small screen: what is wrong, why, and the result of a command."""

from overview import overview
from stacktop import closed_port

HOST_QUIET = {"host.load": "off", "host.memory": "off", "disk.used": "off", "disk.inodes": "off", "disk.full_in": "off"}


def one_refused(config):
    return config(interval="1s", thresholds=HOST_QUIET,
                  services=[{"name": "api", "address": f"127.0.0.1:{closed_port()}"}],
                  redis=[{"name": "cache", "url": f"redis://127.0.0.1:{closed_port()}"}],
                  hosts=[{"name": "local"}])


def test_the_error_stays_at_80x24(config):
    with overview(one_refused(config), columns=80, rows=24) as o:
        o.wait(lambda o: "ERROR" in o.pane("Services").text and "refused: nothing" in o.pane("Services").row("api"))


def test_the_headline_stays_at_60x12(config):
    with overview(one_refused(config), columns=60, rows=12) as o:
        o.wait(lambda o: o.sentence.startswith("!! ") and "refused" in o.sentence)


def test_a_command_is_answered_where_it_was_typed(config):
    with overview(one_refused(config), columns=80, rows=24) as o:
        o.wait(lambda o: "CRIT" in o.verdict)
        o.terminal.press("1", "Enter", *":nonsense", "Enter")
        o.wait(lambda o: "nonsense" in o.screen.display[23] and "6 Events" not in o.screen.text)
        o.terminal.press("Esc", "j")
        o.wait(lambda o: "nonsense" not in o.screen.display[23])
