#include "clients/docker/docker_logs.h"

#include "core/mem.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A line that has not ended. */
struct part {
  char *text; /* DOCKER_LINE_MAX */
  size_t len;
  uint64_t cut;
  char stamp[DOCKER_STAMP_MAX];
  size_t stamp_len;
  bool stamped; /* the time is complete; what comes is text */
  bool begun;   /* something of the line came */
};

struct docker_lines {
  void (*line)(void *arg, const struct docker_line *line);
  void *arg;
  struct part parts[DOCKER_OUTPUTS];
  bool known, framed;
  struct docker_frames frames;
  char again[DOCKER_STAMP_MAX]; /* a time at the begin of a frame that continues a line */
  size_t again_len;
  bool skipping; /* that time */
};

struct docker_lines *docker_lines_new(void (*line)(void *arg, const struct docker_line *line),
                                      void *arg) {
  struct docker_lines *lines = mem_new(sizeof *lines);
  lines->line = line;
  lines->arg = arg;
  for (size_t i = 0; i < DOCKER_OUTPUTS; i++)
    lines->parts[i].text = mem_new(DOCKER_LINE_MAX);
  return lines;
}

void docker_lines_free(struct docker_lines *lines) {
  if (!lines)
    return;
  for (size_t i = 0; i < DOCKER_OUTPUTS; i++)
    free(lines->parts[i].text);
  free(lines);
}

static void part_clear(struct part *part) {
  part->len = part->stamp_len = 0;
  part->cut = 0;
  part->stamped = part->begun = false;
}

static void part_end(struct docker_lines *lines, enum docker_output output) {
  struct part *part = &lines->parts[output];
  struct docker_line line = {
      .output = output, .text = part->text, .len = part->len, .cut = part->cut};
  memcpy(line.stamp, part->stamp, part->stamp_len);
  line.stamp[part->stamp_len] = '\0';
  if (!part->stamped) { /* no blank came: it was no time */
    memcpy(part->text, part->stamp, part->stamp_len);
    line.len = part->stamp_len;
    line.stamp[0] = '\0';
  }
  if (part->begun)
    lines->line(lines->arg, &line);
  part_clear(part);
}

static void text_keep(struct part *part, const char *bytes, size_t len) {
  const size_t room = DOCKER_LINE_MAX - part->len, kept = len < room ? len : room;
  memcpy(part->text + part->len, bytes, kept);
  part->len += kept;
  part->cut += len - kept;
}

static bool is_stamp_byte(char c) {
  return isdigit((unsigned char)c) || (c && strchr("-:.TZ+", c));
}

/* Takes bytes of the time before a line; returns how many. */
static size_t stamp_take(struct part *part, const char *bytes, size_t len) {
  size_t i = 0;
  while (i < len && is_stamp_byte(bytes[i]) && part->stamp_len < DOCKER_STAMP_MAX - 1)
    part->stamp[part->stamp_len++] = bytes[i++];
  if (i == len)
    return i;
  part->stamped = true;
  if (bytes[i] == ' ')
    return i + 1;
  /* not a time: it is text */
  text_keep(part, part->stamp, part->stamp_len);
  part->stamp_len = 0;
  return i;
}

/* Bytes of one output. */
static void output_feed(struct docker_lines *lines, enum docker_output output, const char *bytes,
                        size_t len) {
  struct part *part = &lines->parts[output];
  while (len > 0) {
    if (*bytes == '\n' && !part->stamped) {
      part->begun = true;
      part_end(lines, output);
      bytes++;
      len--;
      continue;
    }
    part->begun = true;
    if (!part->stamped) {
      const size_t taken = stamp_take(part, bytes, len);
      bytes += taken;
      len -= taken;
      continue;
    }
    const char *newline = memchr(bytes, '\n', len);
    const size_t taken = newline ? (size_t)(newline - bytes) : len;
    text_keep(part, bytes, taken);
    bytes += taken;
    len -= taken;
    if (newline) {
      part_end(lines, output);
      bytes++;
      len--;
    }
  }
}

/* A frame that continues a line begins with a time of its own, which is dropped. */
static void frame_feed(struct docker_lines *lines, const struct docker_piece *piece) {
  if (piece->begins) {
    lines->skipping = lines->parts[piece->output].stamped;
    lines->again_len = 0;
  }
  size_t i = 0;
  while (lines->skipping && i < piece->len) {
    const char c = piece->bytes[i];
    if (is_stamp_byte(c) && lines->again_len < DOCKER_STAMP_MAX - 1) {
      lines->again[lines->again_len++] = c;
      i++;
      continue;
    }
    lines->skipping = false;
    if (c == ' ' && lines->again_len >= 20)
      i++;
    else
      output_feed(lines, piece->output, lines->again, lines->again_len);
  }
  output_feed(lines, piece->output, piece->bytes + i, piece->len - i);
}

void docker_lines_feed(struct docker_lines *lines, const char *bytes, size_t len) {
  if (!lines->known && len > 0) {
    lines->known = true;
    lines->framed = (unsigned char)bytes[0] <= 3; /* a time begins with a digit */
  }
  if (!lines->framed) {
    output_feed(lines, DOCKER_STDOUT, bytes, len);
    return;
  }
  struct docker_piece piece;
  while (docker_frames_take(&lines->frames, &bytes, &len, &piece))
    frame_feed(lines, &piece);
}

void docker_lines_end(struct docker_lines *lines) {
  for (int output = 0; output < DOCKER_OUTPUTS; output++)
    part_end(lines, (enum docker_output)output);
  lines->known = lines->framed = lines->skipping = false;
  lines->frames = (struct docker_frames){0};
}

void docker_place_ask(struct docker_place *place) {
  memcpy(place->again, place->last, sizeof place->again);
  place->again_lines = place->last_lines;
}

/* The two outputs of a container are written at the same time: a time before the last one is no
 * sign of a line that was read, but in what comes once more. */
bool docker_place_take(struct docker_place *place, const char *stamp) {
  const int order = strcmp(stamp, place->again), news = strcmp(stamp, place->last);
  if (order < 0)
    return false;
  if (order == 0 && place->again_lines > 0) {
    place->again_lines--;
    return false;
  }
  if (news > 0) {
    snprintf(place->last, sizeof place->last, "%s", stamp);
    place->last_lines = 0;
  }
  place->last_lines += news >= 0;
  return true;
}
