#include "clients/redis/redis_nodes.h"

#include "core/number.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SLOTS = 16384 };

/* Copies the word that begins at *at, and goes to the next one. */
static void word_take(const char **at, const char *end, char *out, size_t size) {
  const char *begin = *at;
  while (*at < end && **at != ' ')
    (*at)++;
  snprintf(out, size, "%.*s", (int)(*at - begin), begin);
  while (*at < end && **at == ' ')
    (*at)++;
}

static int64_t number_take(const char **at, const char *end) {
  char text[32];
  int64_t number;
  word_take(at, end, text, sizeof text);
  return number_count(text, &number) ? number : -1;
}

/* "5460", "0-5460"; not "[93->-id]", a slot that is being moved. */
static int64_t slots_of(const char *word) {
  char *end;
  if (*word < '0' || *word > '9')
    return 0;
  const long first = strtol(word, &end, 10);
  const long last = *end == '-' ? strtol(end + 1, &end, 10) : first;
  return *end || first < 0 || last < first || last >= SLOTS ? 0 : last - first + 1;
}

const char *redis_node_read(const char *line, struct redis_node *node) {
  if (!*line)
    return NULL;
  const char *end = line + strcspn(line, "\r\n"), *at = line;
  *node = (struct redis_node){.pong_ms = -1, .epoch = -1};
  word_take(&at, end, node->id, sizeof node->id);
  word_take(&at, end, node->address, sizeof node->address);
  node->address[strcspn(node->address, "@,")] = '\0'; /* @bus port, host name */
  word_take(&at, end, node->flags, sizeof node->flags);
  word_take(&at, end, node->master, sizeof node->master);
  if (strcmp(node->master, "-") == 0)
    *node->master = '\0';
  number_take(&at, end); /* ping sent */
  node->pong_ms = number_take(&at, end);
  node->epoch = number_take(&at, end);
  word_take(&at, end, node->link, sizeof node->link);
  snprintf(node->ranges, sizeof node->ranges, "%.*s", (int)(end - at), at);
  while (at < end) {
    char word[80];
    word_take(&at, end, word, sizeof word);
    node->slots += slots_of(word);
  }
  if (!*node->flags) /* no line of this answer */
    *node->id = '\0';
  return end + strspn(end, "\r\n");
}

bool redis_flags_have(const char *flags, const char *flag) {
  const size_t length = strlen(flag);
  for (const char *at = flags; *at; at += strspn(at, ",")) {
    const size_t word = strcspn(at, ",");
    if (word == length && strncmp(at, flag, length) == 0)
      return true;
    at += word;
  }
  return false;
}

bool redis_node_is(const struct redis_node *node, const char *flag) {
  return redis_flags_have(node->flags, flag);
}
