#include "app/dashboard/dashboard_member.h"

#include "app/environments/environment_message.h"
#include "core/mem.h"
#include "io/clock.h"
#include "io/thread.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

enum {
  FIRST_REPORT_MS = 50,
  WAITING_REPORT_MS = 200, /* while targets have not answered for the first time */
  QUEUE_MAX = 64 << 10,    /* a list that does not read (a stopped job) gets no more reports */
  END_MS = 3000,           /* how long an orderly end may take when the list has ended */
  STATUS_LEFT = 70,
};

bool member_wanted(int argc, char *const *argv) {
  return argc > 1 && strcmp(argv[1], MEMBER_ARGUMENT) == 0;
}

/* The loop ends by itself when the socket closes, unless it hangs. */
static void *socket_watch(void *arg) {
  struct pollfd hangup = {.fd = MEMBER_SOCKET, .events = POLLRDHUP};
  (void)arg;
  while (!(hangup.revents & (POLLRDHUP | POLLHUP | POLLERR | POLLNVAL)))
    if (poll(&hangup, 1, -1) < 0)
      hangup.revents = 0;
  poll(NULL, 0, END_MS);
  _exit(STATUS_LEFT);
}

void member_begin(void) {
  pthread_t thread;
  const pid_t parent = getppid();
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  fcntl(MEMBER_SOCKET, F_SETFD, FD_CLOEXEC);
  if (getppid() != parent || thread_start(&thread, NULL, socket_watch, NULL) != 0)
    _exit(STATUS_LEFT);
  pthread_detach(thread);
}

/* ---- what it says */

struct saying {
  uv_write_t write; /* first */
  char *text;
};

static void on_said(uv_write_t *write, int status) {
  struct saying *saying = (struct saying *)write;
  (void)status;
  free(saying->text);
  free(saying);
}

/* Takes the text. */
static void say(struct dashboard_member *member, char *text) {
  struct saying *saying = mem_new(sizeof *saying);
  uv_buf_t buffer = uv_buf_init(text, (unsigned)strlen(text));
  saying->text = text;
  if (uv_write(&saying->write, (uv_stream_t *)&member->socket, &buffer, 1, on_said) != 0) {
    free(text);
    free(saying);
  }
}

void dashboard_member_say(struct dashboard_member *member, const char *word) {
  say(member, mem_printf("%s\n", word));
}

static bool is_waiting(const struct model *model) {
  for (size_t i = 0; i < model->target_count; i++)
    if (target_state_condition(&model->targets[i], clock_now_ms()) == TARGET_WAITING)
      return true;
  return false;
}

static void on_report(uv_timer_t *timer) {
  struct dashboard_member *member = timer->data;
  member->hooks.look(member->hooks.arg);
  if (uv_stream_get_write_queue_size((uv_stream_t *)&member->socket) < QUEUE_MAX) {
    char *text = environment_message_make(member->model, clock_now_ms(), member->paused);
    say(member, mem_printf("%s\n", text));
    free(text);
  }
  uv_timer_start(timer, on_report, is_waiting(member->model) ? WAITING_REPORT_MS : MEMBER_REPORT_MS,
                 0);
}

/* ---- what it hears */

static void on_room(uv_handle_t *handle, size_t wanted, uv_buf_t *buffer) {
  struct dashboard_member *member = handle->data;
  (void)wanted;
  *buffer = uv_buf_init(member->bytes, sizeof member->bytes);
}

static void byte_take(struct dashboard_member *member, char byte) {
  if (byte != '\n') {
    if (member->used + 1 < sizeof member->line)
      member->line[member->used++] = byte;
    return;
  }
  member->line[member->used] = '\0';
  member->used = 0;
  if (strcmp(member->line, MEMBER_SHOW) == 0)
    member->hooks.show(member->hooks.arg);
}

static void on_line(uv_stream_t *stream, ssize_t count, const uv_buf_t *buffer) {
  struct dashboard_member *member = stream->data;
  for (ssize_t i = 0; i < count; i++)
    byte_take(member, buffer->base[i]);
  if (count >= 0)
    return;
  uv_read_stop(stream);
  member->hooks.gone(member->hooks.arg);
}

/* ---- its life */

void dashboard_member_open(struct dashboard_member *member, uv_loop_t *loop,
                           const struct model *model, const struct dashboard_member_hooks *hooks) {
  *member = (struct dashboard_member){.model = model, .hooks = *hooks};
  uv_pipe_init(loop, &member->socket, 0);
  uv_timer_init(loop, &member->timer);
  member->socket.data = member->timer.data = member;
  if (uv_pipe_open(&member->socket, MEMBER_SOCKET) != 0 ||
      uv_read_start((uv_stream_t *)&member->socket, on_room, on_line) != 0)
    _exit(STATUS_LEFT);
  uv_timer_start(&member->timer, on_report, FIRST_REPORT_MS, 0);
}

void dashboard_member_close(struct dashboard_member *member) {
  uv_close((uv_handle_t *)&member->socket, NULL);
  uv_close((uv_handle_t *)&member->timer, NULL);
}
