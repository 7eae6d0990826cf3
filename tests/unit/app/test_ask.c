/* Questions on a terminal: what was typed before them and what is pasted answers none. */
#include "app/modes/act/ask.h"

#include "support/core_test.h"

#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

enum { SEEN_MAX = 4096, PATIENCE_MS = 20000 };

struct asked {
  int master;
  pid_t pid;
  int go; /* a byte here: ask now */
  char seen[SEEN_MAX];
  size_t used;
};

/* The child: it waits, asks `count` times, and prints each answer as "<answer>". */
static void child(int go, int count) {
  char byte, line[32];
  if (read(go, &byte, 1) != 1)
    _exit(9);
  for (int i = 0; i < count; i++) {
    const bool good = ask_line(STDIN_FILENO, "Sure? ", line, sizeof line);
    printf("%s<%s>\n", good ? "" : "none", line);
    fflush(stdout);
  }
  _exit(0);
}

static void begin(struct asked *asked, int count) {
  int go[2];
  *asked = (struct asked){0};
  assert_int_equal(pipe(go), 0);
  setenv("TERM", "xterm-256color", 1);
  asked->pid = forkpty(&asked->master, NULL, NULL, NULL);
  assert_true(asked->pid >= 0);
  if (asked->pid == 0) {
    close(go[1]);
    child(go[0], count);
  }
  close(go[0]);
  asked->go = go[1];
}

static void type(const struct asked *asked, const char *text) {
  assert_int_equal(write(asked->master, text, strlen(text)), strlen(text));
}

static void ask_now(const struct asked *asked) {
  assert_int_equal(write(asked->go, "x", 1), 1);
}

/* Reads until the text has been printed; what was before it is forgotten. */
static void wait_for(struct asked *asked, const char *text) {
  for (;;) {
    const char *found = strstr(asked->seen, text);
    if (found) {
      const size_t end = (size_t)(found - asked->seen) + strlen(text);
      memmove(asked->seen, asked->seen + end, asked->used - end + 1);
      asked->used -= end;
      return;
    }
    struct pollfd ready = {.fd = asked->master, .events = POLLIN};
    if (poll(&ready, 1, PATIENCE_MS) != 1)
      fail_msg("not printed: %s; after %s", text, asked->seen);
    const ssize_t got = read(asked->master, asked->seen + asked->used, SEEN_MAX - 1 - asked->used);
    if (got <= 0)
      fail_msg("ended before %s; after %s", text, asked->seen);
    asked->used += (size_t)got;
    asked->seen[asked->used] = '\0';
  }
}

static int end(struct asked *asked) {
  int status;
  close(asked->go);
  assert_int_equal(waitpid(asked->pid, &status, 0), asked->pid);
  close(asked->master);
  return status;
}

static void test_an_answer(void **state) {
  (void)state;
  struct asked asked;
  begin(&asked, 1);
  ask_now(&asked);
  wait_for(&asked, "\033[?2004hSure? ");
  type(&asked, "yex\177s\n");
  wait_for(&asked, "\033[?2004l");
  wait_for(&asked, "<yes>");
  assert_int_equal(end(&asked), 0);
}

static void test_what_was_typed_before_answers_nothing(void **state) {
  (void)state;
  struct asked asked;
  begin(&asked, 2);
  type(&asked, "y\ny\ny");
  wait_for(&asked, "y\r\ny\r\ny"); /* echoed: the terminal has it */
  ask_now(&asked);
  wait_for(&asked, "Sure? ");
  type(&asked, "no\n");
  wait_for(&asked, "<no>");
  wait_for(&asked, "Sure? ");
  type(&asked, "\n");
  wait_for(&asked, "<>");
  assert_int_equal(end(&asked), 0);
}

static void test_a_paste_answers_nothing(void **state) {
  (void)state;
  static const char *const pastes[] = {
      "\033[200~y\033[201~\n",    /* a line, and Enter */
      "\033[200~y\ny\n\033[201~", /* two lines */
      "y\ny\n",                   /* a terminal that does not mark it */
      "y\ny",
  };
  for (size_t i = 0; i < sizeof pastes / sizeof *pastes; i++) {
    struct asked asked;
    begin(&asked, 1);
    ask_now(&asked);
    wait_for(&asked, "Sure? ");
    type(&asked, pastes[i]);
    wait_for(&asked, "A paste is not an answer. Type it.");
    wait_for(&asked, "Sure? ");
    type(&asked, "typed\n");
    wait_for(&asked, "<typed>");
    assert_int_equal(end(&asked), 0);
  }
}

static void test_the_end_of_input_and_a_long_line_are_no_answer(void **state) {
  (void)state;
  struct asked asked;
  begin(&asked, 2);
  ask_now(&asked);
  wait_for(&asked, "Sure? ");
  type(&asked, "0123456789012345678901234567890123456789\n");
  wait_for(&asked, "none<>");
  wait_for(&asked, "Sure? ");
  type(&asked, "\004");
  wait_for(&asked, "none<>");
  assert_int_equal(end(&asked), 0);
}

static void test_ctrl_c_ends_it_and_gives_the_terminal_back(void **state) {
  (void)state;
  struct asked asked;
  struct termios before, after;
  begin(&asked, 1);
  assert_int_equal(tcgetattr(asked.master, &before), 0);
  ask_now(&asked);
  wait_for(&asked, "Sure? ");
  type(&asked, "\003");
  wait_for(&asked, "\033[?2004l");
  assert_int_equal(tcgetattr(asked.master, &after), 0);
  assert_int_equal(before.c_lflag, after.c_lflag);
  const int status = end(&asked);
  assert_true(WIFSIGNALED(status));
  assert_int_equal(WTERMSIG(status), SIGINT);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_an_answer),
      cmocka_unit_test(test_what_was_typed_before_answers_nothing),
      cmocka_unit_test(test_a_paste_answers_nothing),
      cmocka_unit_test(test_the_end_of_input_and_a_long_line_are_no_answer),
      cmocka_unit_test(test_ctrl_c_ends_it_and_gives_the_terminal_back),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
