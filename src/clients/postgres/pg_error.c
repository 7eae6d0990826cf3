#include "clients/postgres/pg_error.h"

#include "io/limit.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum { LINE_MAX_BYTES = 200 };

/* The first line of text without the space around it. */
static void first_line(const char *text, char out[LINE_MAX_BYTES]) {
  text += strspn(text, " \t\r\n");
  size_t length = strcspn(text, "\r\n");
  if (length >= LINE_MAX_BYTES)
    length = LINE_MAX_BYTES - 1;
  memcpy(out, text, length);
  out[length] = '\0';
}

struct sqlstate_rule {
  const char *sqlstate; /* a prefix */
  const char *holds;    /* in the message; NULL: any message */
  enum err_kind kind;
  const char *before; /* before the server's message */
};

/* The first that matches. The texts of `holds` are English: for a server in another language the
 * more general rule below them applies. */
static const struct sqlstate_rule sqlstate_rules[] = {
    /* Its clients are rejected, too, which is an outage; but a limit of our own role affects only
     * stacktop. */
    {"53300", "for role \"", ERR_LIMIT, ""},
    {"53300", NULL, ERR_REFUSED, "too many connections: "},
    {"53", NULL, ERR_LIMIT, "the server is out of resources: "},
    {"57P03", NULL, ERR_REFUSED, "not accepting connections: "},
    {"57P05", NULL, ERR_CLOSED, "the server closed the idle session: "},
    {"57P", NULL, ERR_CLOSED, "connection closed: "},
    {"57014", NULL, ERR_TIMEOUT, ""},
    {"55P03", NULL, ERR_TIMEOUT, ""},
    {"28000", "no encryption", ERR_DENIED, "login denied (without TLS): "},
    {"28000", "SSL off", ERR_DENIED, "login denied (without TLS): "},
    {"28", NULL, ERR_DENIED, "login denied: "},
    {"3D000", NULL, ERR_INVALID, ""},
    {"42501", NULL, ERR_DENIED, ""},
    {"42", NULL, ERR_UNSUPPORTED, ""},
    {"0A", NULL, ERR_UNSUPPORTED, ""},
    /* PgBouncer has this one code for nearly all of its refusals. */
    {"08P01", "no more connections allowed", ERR_REFUSED, "too many connections: "},
    {"08P01", "no such database", ERR_INVALID, ""},
    {"08P01", "no such user", ERR_DENIED, "login denied: "},
    {"08P01", "auth", ERR_DENIED, "login denied: "},
    {"08P01", "not allowed", ERR_DENIED, "login denied: "}, /* to its console */
    {"08P01", "admin access needed", ERR_DENIED, ""},
    {"08P01", "invalid command", ERR_UNSUPPORTED, ""},
    {"08P01", "query_wait_timeout", ERR_REFUSED, "no server connection available: "},
    {"08", NULL, ERR_CLOSED, ""},
    {"", NULL, ERR_PROTOCOL, ""},
};

void pg_error_server(const char *sqlstate, const char *message, struct err *err) {
  char line[LINE_MAX_BYTES];
  first_line(message, line);
  const struct sqlstate_rule *rule = sqlstate_rules;
  while (strncmp(sqlstate, rule->sqlstate, strlen(rule->sqlstate)) != 0 ||
         (rule->holds && !strstr(line, rule->holds)))
    rule++;
  err_set(err, rule->kind, "%s%s", rule->before, *line ? line : sqlstate);
}

bool pg_error_is_full(const struct err *err) {
  return strstr(err->text, "too many connections") != NULL;
}

struct message_rule {
  const char *holds;
  enum err_kind kind;
  const char *says; /* instead of libpq's text; NULL: that */
};

/* libpq's own messages, and those of the operating system in them. */
static const struct message_rule message_rules[] = {
    {"Connection refused", ERR_REFUSED, "refused: nothing listens on "},
    {"No such file or directory", ERR_REFUSED, "refused: nothing listens on "},
    {"Network is unreachable", ERR_UNREACHABLE, NULL},
    {"No route to host", ERR_UNREACHABLE, NULL},
    {"Connection timed out", ERR_TIMEOUT, NULL},
    {"could not translate host name", ERR_UNRESOLVED, NULL},
    {"server closed the connection", ERR_CLOSED, "the server closed the connection"},
    {"Connection reset by peer", ERR_CLOSED, "connection reset by the server"},
    {"Broken pipe", ERR_CLOSED, "connection closed"},
    {"SSL connection has been closed", ERR_CLOSED, "the server closed the connection"},
    {"EOF detected", ERR_CLOSED, "the server closed the connection"},
    {"no connection to the server", ERR_CLOSED, "connection closed"},
    {"connection not open", ERR_CLOSED, "connection closed"},
    {"no password supplied", ERR_DENIED,
     "login denied: the server requires a password; set one in the password file or the dsn"},
    {"server does not support SSL", ERR_UNSUPPORTED,
     "the server does not support SSL, but sslmode requires it"},
    {"invalid response to SSL negotiation", ERR_PROTOCOL, "not a PostgreSQL server"},
    {"expected authentication request", ERR_PROTOCOL, "not a PostgreSQL server"},
    {"unsupported frontend protocol", ERR_PROTOCOL, "not a PostgreSQL server"},
    {"invalid integer value", ERR_INVALID, NULL},
    {"invalid port number", ERR_INVALID, NULL},
    {" value: \"", ERR_INVALID, NULL}, /* invalid sslmode value: "..." */
    {"SSL", ERR_PROTOCOL, NULL},
    {"certificate", ERR_PROTOCOL, NULL},
    {"Permission denied", ERR_DENIED, NULL},
};

/* In `connection to server at "db" (127.0.0.1), port 5432 failed: ...` and `connection to server on
 * socket "/tmp/.s.PGSQL.5432" failed: ...`: "port 5432 of db" or the socket. */
static void place_of(const char *line, char *out, size_t size) {
  const char *quote = strchr(line, '"');
  const char *end = quote ? strchr(quote + 1, '"') : NULL;
  const char *port = end ? strstr(end, ", port ") : NULL;
  if (!end)
    snprintf(out, size, "it");
  else if (port)
    snprintf(out, size, "port %.*s of %.*s", (int)strspn(port + 7, "0123456789"), port + 7,
             (int)(end - quote - 1), quote + 1);
  else
    snprintf(out, size, "%.*s", (int)(end - quote - 1), quote + 1);
}

/* The SQLSTATE in "...FATAL:  53300: sorry", or NULL. The severity may be in any language. */
static const char *find_sqlstate(const char *message) {
  for (const char *at = strstr(message, ":  "); at; at = strstr(at + 1, ":  ")) {
    const char *code = at + 3;
    size_t length = 0;
    while (length < 5 &&
           (isdigit((unsigned char)code[length]) || (code[length] >= 'A' && code[length] <= 'Z')))
      length++;
    if (length == 5 && code[5] == ':' && code[6] == ' ')
      return code;
  }
  return NULL;
}

/* libpq's message without the address: the dashboard shows the target. */
static const char *without_place(const char *line) {
  static const char failed[] = " failed: ";
  const char *at = strncmp(line, "connection to ", 14) == 0 ? strstr(line, failed) : NULL;
  return at && at[sizeof failed - 1] ? at + sizeof failed - 1 : line;
}

void pg_error_connect(const char *message, struct err *err) {
  const char *sqlstate = find_sqlstate(message);
  if (sqlstate) {
    pg_error_server(sqlstate, sqlstate + 7, err);
    return;
  }
  char line[LINE_MAX_BYTES], place[LINE_MAX_BYTES];
  first_line(message, line);
  if (limit_error_in(line, err))
    return;
  for (size_t i = 0; i < sizeof message_rules / sizeof *message_rules; i++) {
    const struct message_rule *rule = &message_rules[i];
    if (!strstr(line, rule->holds))
      continue;
    size_t length = rule->says ? strlen(rule->says) : 0;
    bool placed = length > 0 && rule->says[length - 1] == ' ';
    place_of(line, place, sizeof place);
    err_set(err, rule->kind, "%s%s", rule->says ? rule->says : without_place(line),
            placed ? place : "");
    return;
  }
  err_set(err, ERR_PROTOCOL, "%s",
          *line ? without_place(line) : "cannot connect; the client library gave no reason");
}
