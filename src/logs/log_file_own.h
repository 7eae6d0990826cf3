/* Inside of the source of a file: log_file.c opens and reads, log_file_lines.c finds lines in what
 * was read, log_file_seek.c finds where to begin, log_file_follow.c waits for more. All but the
 * first lines of log_file.c run on the file's thread. */
#pragma once

#include "logs/log_claims.h"
#include "logs/log_rotation.h"
#include "logs/log_source.h"

#include <time.h>

enum {
  FILE_BLOCK = 128 << 10,
  FILE_LINE_MAX = 64 << 10, /* raw bytes of a line that are looked at; more than a record keeps,
                               because colours and what is not text shrink */
};

struct log_file {
  struct log_source source;
  char *path;
  struct log_claims *claims;
  int stop; /* an eventfd: readable once it is stopped */

  /* the thread's */
  int fd;
  struct log_identity identity;
  struct log_rotation *rotation; /* NULL: it is not followed, or cannot be watched */
  uint64_t offset, end;          /* where the next read begins; of what there is to read */
  char *block;                   /* FILE_BLOCK */
  char *line;                    /* the beginning of a line that has not ended yet; FILE_LINE_MAX */
  size_t line_len;
  uint64_t line_cut; /* bytes of it beyond */
  char head[LOG_HEAD];
  size_t head_len;
  struct timespec written; /* when it had been written to at the last look */
};

/* Lines that end in these bytes go to the source, and the rest waits for its end. */
void file_lines(struct log_file *file, const char *bytes, size_t len);
/* Takes what waits as a line. */
void file_line_end(struct log_file *file);

/* Sets offset to where to begin, and end to where to stop for now. */
void file_seek(struct log_file *file, uint64_t size);

/* Reads up to file->end, or to the end of the file. False: stopped, or it failed. */
bool file_read_on(struct log_file *file);
/* Opens the path; false with the reason. */
bool file_open(struct log_file *file, struct err *err);
void file_close(struct log_file *file);

void file_follow(struct log_file *file);
