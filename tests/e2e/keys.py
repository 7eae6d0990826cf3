"""Runs actions with keys, as a person does: select a row, read the plan, confirm it, read the result."""

import re

from overview import HOST_OFF


def configure(sandbox, folder, text="", **replace):
    """The sandbox's configuration with a state directory of the test; replace: texts to replace in it."""
    original = sandbox.config.read_text()
    for old, new in replace.items():
        assert old in original, old
        original = original.replace(old, new)
    path = folder / "stacktop.yaml"
    path.touch(mode=0o600)  # it has passwords
    path.write_text(original + HOST_OFF + f"state: {folder}/state\n" + text)
    return path


def configure_disk(sandbox, folder):
    """The same, with limits of the sandbox's own small file system; the machine's own disk may be full."""
    path = folder / "stacktop.yaml"
    path.touch(mode=0o600)
    text = sandbox.config.read_text() + HOST_OFF.replace("  disk.used: off\n", "")
    path.write_text(text.replace("mounts: [/, ", "mounts: [") + f"state: {folder}/state\n")
    return path


def subject(screen):
    """The object of the keys: the text before the colon in the bottom line."""
    found = re.match(r" (\S.*?): ", screen.rows[-1])
    return found.group(1) if found else ""


def select(terminal, pane, wanted):
    """Goes to the pane by its number and down to the row, until it is selected."""
    terminal.press(str(pane))
    terminal.press("g")
    for _ in range(200):
        terminal.settle(0.05)
        if re.search(rf"►[^│]*{re.escape(wanted)}\b", terminal.screen.text):
            return
        terminal.press("Down")
    raise AssertionError(f"no row {wanted}\n{terminal.show()}")


def go_down_to(terminal, text):
    """Until it is in a selected line, of the page or of the list in front of it. A list that was just asked for may
    be drawn after the first key has gone to it: then its first line is found from the top."""
    for quiet in (0.05, 0.2):
        for _ in range(60):
            terminal.settle(quiet)
            if any("►" in row and text in " ".join(row.split()) for row in terminal.screen.rows):
                return
            terminal.press("Down")
        terminal.press("Home")
    raise AssertionError(f"no line {text}\n{terminal.show()}")


def open_page(terminal, title):
    """Opens a page of the selected row or its target, by its title in the list."""
    terminal.press("v")
    terminal.wait_for("[Pages of ")
    go_down_to(terminal, f"► {title}")
    terminal.press("Enter")
    terminal.wait_for(re.compile(rf": {re.escape(title)}\]"))


def agree(terminal, phrase):
    """Types the phrase of the plan, and confirms when the dialog says that it would act."""
    if phrase == "y":
        terminal.wait_for("[>Cancel<]   y: ")
        terminal.press("y")
    else:
        terminal.wait_for(f"type {phrase}, then Enter")
        terminal.press(phrase)
        terminal.wait_for(ARMED)
        terminal.press("Enter")


ARMED = "[>Enter: "  # the phrase is complete, and Enter would act


def outcome(terminal, timeout=30):
    """Waits for the end of the action and returns the text of the screen."""
    terminal.wait_for(re.compile(r"Executed in|Not started|Nothing was done"), timeout)
    return terminal.screen.text


def close(terminal):
    terminal.press("Enter")
    terminal.wait_for(lambda screen: not re.search(r"Executed in|Not started|Nothing was done", screen.text))
