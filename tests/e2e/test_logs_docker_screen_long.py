"""The logs of a container on the screen, from a real engine."""

import re

from docker_engine import engine, shared_engine  # noqa: F401 (fixtures)
from stacktop import dashboard, write_config

BESIDE = "others"

# Writes to both outputs and counts. On a slow machine the first lines have left the screen before it is looked at.
SCRIPT = ("i=0; while true; do i=$((i + 1)); echo \"ERROR: \033[31mboom\033[0m\" >&2; echo tick $i; sleep 0.3; done")


def last_tick(screen):
    return max(map(int, re.findall(r"tick (\d+)", screen.text)), default=0)


def test_a_container_is_followed_until_it_is_gone(engine, tmp_path):  # noqa: F811
    engine.run("api", "sh", "-c", SCRIPT)
    config = write_config(tmp_path, docker=[engine.target()], services=[], hosts=[], interval="500ms")
    with dashboard(config, columns=120, rows=36) as terminal:
        terminal.wait_for(lambda screen: "running" in screen.line("api"), timeout=30)
        terminal.press("1", "/", "api", "Enter")
        terminal.wait_for("l logs")
        terminal.press("l")
        terminal.wait_for(lambda screen: "!! error" in screen.line("boom") and "following" in screen.text, timeout=30)
        assert "[Logs of docker / engine / api]" in terminal.screen.text
        count = last_tick(terminal.screen)
        terminal.wait_for(lambda screen: last_tick(screen) >= count + 3, timeout=30)
        # Its end is not silence.
        engine.remove("api")
        terminal.press("o")
        terminal.wait_for(lambda screen: "[Sources of" in screen.text and "following" not in screen.line("container"), timeout=30)
        terminal.press("Esc")
        terminal.wait_for(lambda screen: " ended " in screen.line("[Logs of"), timeout=30)
        assert last_tick(terminal.screen) >= count + 3
        terminal.press("q")
        assert terminal.wait_exit(1) == 0
        terminal.assert_given_back()
