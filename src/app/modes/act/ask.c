#include "app/modes/act/ask.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

/* How long the rest of a pasted block may take to arrive. */
enum { BLOCK_MS = 40 };

static const char paste_on[] = "\033[?2004h", paste_off[] = "\033[?2004l";
static const char again[] = "A paste is not an answer. Type it.";

int ask_open(bool tty) {
  if (isatty(STDIN_FILENO))
    return STDIN_FILENO;
  return tty ? open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC) : -1;
}

void ask_close(int terminal) {
  if (terminal > STDIN_FILENO)
    close(terminal);
}

static void put(int terminal, const char *text) {
  const char *at = text;
  for (size_t left = strlen(text); left > 0;) {
    ssize_t wrote = write(terminal, at, left);
    if (wrote <= 0)
      return;
    at += wrote;
    left -= (size_t)wrote;
  }
}

/* ---- while it asks: pastes are marked, and a signal waits until that is undone */

struct asking {
  int terminal, signals; /* signals: a descriptor; -1: none */
  bool marks;            /* the terminal marks pastes */
  sigset_t before;
};

static void asking_begin(struct asking *asking, int terminal) {
  static const int ends[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
  const char *term = getenv("TERM");
  sigset_t set;
  *asking =
      (struct asking){.terminal = terminal, .marks = term && *term && strcmp(term, "dumb") != 0};
  sigemptyset(&set);
  for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
    struct sigaction action;
    if (sigaction(ends[i], NULL, &action) == 0 && action.sa_handler != SIG_IGN)
      sigaddset(&set, ends[i]);
  }
  pthread_sigmask(SIG_BLOCK, &set, &asking->before);
  asking->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
  if (asking->marks)
    put(terminal, paste_on);
}

/* A signal that has come does now what it does anywhere else. */
static void asking_end(struct asking *asking) {
  if (asking->marks)
    put(asking->terminal, paste_off);
  if (asking->signals >= 0)
    close(asking->signals);
  pthread_sigmask(SIG_SETMASK, &asking->before, NULL);
}

/* False: a signal has come. */
static bool asking_wait(const struct asking *asking) {
  struct pollfd ready[] = {{.fd = asking->terminal, .events = POLLIN},
                           {.fd = asking->signals, .events = POLLIN}};
  while (poll(ready, 2, -1) < 0)
    if (errno != EINTR)
      return false;
  return !ready[1].revents;
}

/* Whether more came with the line. The line editing of the terminal hides what has no end of line:
 * it is off while this looks. */
static bool more_waits(int terminal) {
  struct termios line_wise, at_once;
  struct pollfd ready = {.fd = terminal, .events = POLLIN};
  if (tcgetattr(terminal, &line_wise) != 0)
    return poll(&ready, 1, BLOCK_MS) > 0;
  at_once = line_wise;
  at_once.c_lflag &= ~(tcflag_t)ICANON;
  at_once.c_cc[VMIN] = 1;
  at_once.c_cc[VTIME] = 0;
  tcsetattr(terminal, TCSANOW, &at_once);
  const bool more = poll(&ready, 1, BLOCK_MS) > 0;
  if (more)
    while (tcflush(terminal, TCIFLUSH) == 0 && poll(&ready, 1, BLOCK_MS) > 0 &&
           ready.revents == POLLIN)
      ;
  tcsetattr(terminal, TCSANOW, &line_wise);
  return more;
}

/* ---- the answer */

enum answer { ANSWER_NONE, ANSWER_LINE, ANSWER_LONG, ANSWER_PASTED };

static enum answer answer_read(const struct asking *asking, char *line, size_t size) {
  size_t used = 0;
  bool marked = false;
  for (;;) {
    char c;
    if (!asking_wait(asking))
      return ANSWER_NONE;
    ssize_t got = read(asking->terminal, &c, 1);
    if (got < 0 && errno == EINTR)
      continue;
    if (got <= 0)
      return ANSWER_NONE;
    if (c == '\n')
      break;
    marked = marked || c == '\033';
    if (used + 1 < size)
      line[used] = c;
    used++;
  }
  line[used < size ? used : 0] = '\0';
  if (more_waits(asking->terminal) || marked)
    return ANSWER_PASTED;
  return used < size ? ANSWER_LINE : ANSWER_LONG;
}

bool ask_line(int terminal, const char *prompt, char *line, size_t size) {
  struct asking asking;
  enum answer answer;
  asking_begin(&asking, terminal);
  do {
    tcflush(terminal, TCIFLUSH);
    put(terminal, prompt);
    answer = answer_read(&asking, line, size);
    if (answer == ANSWER_PASTED) {
      put(terminal, again);
      put(terminal, "\n");
    }
  } while (answer == ANSWER_PASTED);
  asking_end(&asking);
  if (answer != ANSWER_LINE)
    *line = '\0';
  return answer == ANSWER_LINE;
}
