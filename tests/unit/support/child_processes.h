/* The processes that the test has started, from /proc. */
#pragma once

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Its parent and state, or false if there is no such process. */
static inline bool process_stat(pid_t pid, pid_t *parent, char *state) {
  char path[64], line[512] = "";
  snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
  FILE *file = fopen(path, "r");
  if (!file)
    return false;
  bool good = fgets(line, sizeof line, file) != NULL;
  fclose(file);
  const char *end = strrchr(line, ')'); /* after its name, which may contain anything */
  int number = 0;
  good = good && end && sscanf(end + 1, " %c %d", state, &number) == 2;
  *parent = number;
  return good;
}

/* How many children that pid has, zombies too; *one is one of them. */
static inline int children_count(pid_t of, pid_t *one) {
  int count = 0;
  DIR *all = opendir("/proc");
  for (const struct dirent *entry; (entry = readdir(all));) {
    pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10), parent;
    char state;
    if (pid > 0 && process_stat(pid, &parent, &state) && parent == of) {
      count++;
      *one = pid;
    }
  }
  closedir(all);
  return count;
}

static inline int descriptors_count(void) {
  int count = 0;
  DIR *all = opendir("/proc/self/fd");
  while (readdir(all))
    count++;
  closedir(all);
  return count;
}
