#include "io/tls/tls_talk.h"

#include "core/text/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* One question and its answer. send NULL: the server speaks first. */
struct step {
  const char *send;
  size_t send_len;
  const char *expect; /* what the last line of the answer begins with */
  const char *name;   /* what it waits for */
};

#define TEXT(text) (text), sizeof(text) - 1

/* Ends with a step without `expect`. */
static const struct step steps[][4] = {
    [TLS_START_NONE] = {{0}},
    [TLS_START_SMTP] = {{NULL, 0, "220", "connected, but no greeting"},
                        {TEXT("EHLO stacktop\r\n"), "250", "no answer to EHLO"},
                        {TEXT("STARTTLS\r\n"), "220", "no answer to STARTTLS"}},
    [TLS_START_IMAP] = {{NULL, 0, "* OK", "connected, but no greeting"},
                        {TEXT("a1 STARTTLS\r\n"), "a1 OK", "no answer to STARTTLS"}},
    /* SSLRequest: its length, and a version of the protocol that means TLS */
    [TLS_START_POSTGRES] = {{TEXT("\0\0\0\x08\x04\xd2\x16\x2f"), "S", "no answer to SSLRequest"}},
};

static const struct step *step_of(enum tls_start start, int step) {
  return &steps[start][step];
}

void tls_talk_begin(struct tls_talk *talk, enum tls_start start) {
  *talk = (struct tls_talk){.start = start, .step = -1};
}

const char *tls_talk_step(const struct tls_talk *talk) {
  const char *name = step_of(talk->start, talk->step < 0 ? 0 : talk->step)->name;
  return name ? name : "connected, but TLS not established";
}

/* The beginning of the last whole line; NULL: there is none. */
static const char *last_line(const char *text, size_t len, size_t *line_len) {
  if (len == 0 || text[len - 1] != '\n')
    return NULL;
  size_t begin = len - 1;
  while (begin > 0 && text[begin - 1] != '\n')
    begin--;
  *line_len = len - 1 - begin;
  return text + begin;
}

int tls_talk_judge(enum tls_start start, int step, const char *text, size_t len) {
  const char *expect = step_of(start, step)->expect;
  size_t line_len = 0;
  if (start == TLS_START_POSTGRES)
    return len == 0 ? 0 : *text == *expect && len == 1 ? 1 : -1;
  const char *line = last_line(text, len, &line_len);
  if (!line)
    return 0;
  if (start == TLS_START_SMTP && line_len > 3 && line[3] == '-')
    return 0; /* "250-SIZE" is followed by others */
  if (start == TLS_START_IMAP && step > 0 && line[0] == '*')
    return 0; /* said besides */
  return line_len >= strlen(expect) && memcmp(line, expect, strlen(expect)) == 0 ? 1 : -1;
}

static bool refuse(const struct tls_talk *talk, struct err *err) {
  size_t len = talk->len;
  while (len > 0 && (talk->text[len - 1] == '\n' || talk->text[len - 1] == '\r'))
    len--;
  if (talk->start == TLS_START_POSTGRES && talk->len > 0 && *talk->text == 'N')
    return err_set(err, ERR_UNSUPPORTED, "the server does not offer TLS (ssl = off)");
  char shown[121];
  text_sanitize(shown, sizeof shown, talk->text, len, false);
  return err_set(err, ERR_PROTOCOL, "STARTTLS: the server answered \"%s\"", shown);
}

/* Sends the question of the next step; these few bytes fit into the buffer of a new connection. */
static bool next(struct tls_talk *talk, int socket, struct err *err) {
  const struct step *step = step_of(talk->start, ++talk->step);
  talk->len = 0;
  if (!step->send)
    return true;
  const ssize_t sent = send(socket, step->send, step->send_len, MSG_NOSIGNAL);
  return sent == (ssize_t)step->send_len ||
         err_set(err, sent < 0 ? err_kind_of_errno(-errno) : ERR_IO,
                 "the connection ended before STARTTLS");
}

enum tls_talk_state tls_talk_go(struct tls_talk *talk, int socket, struct err *err) {
  if (talk->step < 0 && !next(talk, socket, err))
    return TLS_TALK_FAILED;
  while (step_of(talk->start, talk->step)->expect) {
    const ssize_t got =
        recv(socket, talk->text + talk->len, sizeof talk->text - 1 - talk->len, MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
      return TLS_TALK_READS;
    if (got <= 0) {
      err_set(err, ERR_CLOSED, "the server closed the connection before STARTTLS");
      return TLS_TALK_FAILED;
    }
    talk->len += (size_t)got;
    talk->text[talk->len] = '\0';
    const int verdict = tls_talk_judge(talk->start, talk->step, talk->text, talk->len);
    if (verdict < 0 || (verdict == 0 && talk->len >= sizeof talk->text - 1)) {
      refuse(talk, err);
      return TLS_TALK_FAILED;
    }
    if (verdict > 0 && !next(talk, socket, err))
      return TLS_TALK_FAILED;
  }
  return TLS_TALK_DONE;
}
