#include "audit/audit.h"
#include "audit/audit_process.h"
#include "core/mem.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The unused part of the caller's buffer. */
struct room {
  char *at;
  size_t left;
};

/* NULL for "" and for a text that does not fit. */
static const char *keep(struct room *room, const char *text, size_t len) {
  if (len == 0 || len >= room->left)
    return NULL;
  char *kept = room->at;
  memcpy(kept, text, len);
  kept[len] = '\0';
  room->at += len + 1;
  room->left -= len + 1;
  return kept;
}

static const char *keep_text(struct room *room, const char *text) {
  return text ? keep(room, text, strlen(text)) : NULL;
}

/* Only the file: a directory service may hang (nss_ldap), just when an incident happens. */
static const char *name_of(struct room *room, uid_t uid) {
  char texts[4096];
  struct passwd entry, *found = NULL;
  const char *name = NULL;
  FILE *file = fopen("/etc/passwd", "re");
  while (file && !name && fgetpwent_r(file, &entry, texts, sizeof texts, &found) == 0)
    if (found->pw_uid == uid)
      name = keep_text(room, found->pw_name);
  if (file)
    fclose(file);
  return name;
}

static const char *number_of(struct room *room, uid_t uid) {
  char number[32];
  snprintf(number, sizeof number, "%lld", (long long)uid);
  return keep_text(room, number);
}

static const char *set_in(const char *name) {
  const char *value = getenv(name);
  return value && *value ? value : NULL;
}

/* A user that is not in the file gets the name from the session; the uid is recorded as well. */
static const char *user_of_self(struct room *room) {
  const char *name = name_of(room, getuid());
  if (!name)
    name = keep_text(room, set_in("USER"));
  if (!name)
    name = keep_text(room, set_in("LOGNAME"));
  return name ? name : number_of(room, getuid());
}

/* The login that the kernel has recorded (pam_loginuid), whatever user the process has become. */
static bool login_uid(uid_t *uid) {
  char text[32] = "";
  FILE *file = fopen("/proc/self/loginuid", "re");
  if (!file)
    return false;
  bool got = fgets(text, sizeof text, file) != NULL;
  fclose(file);
  char *end;
  unsigned long number = strtoul(text, &end, 10);
  *uid = (uid_t)number;
  return got && end != text && *uid != (uid_t)-1;
}

static const char *login_of(struct room *room, const char *user) {
  const char *name = set_in("SUDO_USER");
  uid_t uid;
  if (!name)
    name = set_in("DOAS_USER");
  if (name)
    return user && strcmp(name, user) == 0 ? NULL : keep_text(room, name);
  if (!login_uid(&uid) || uid == getuid())
    return NULL;
  name = name_of(room, uid);
  return name ? name : number_of(room, uid);
}

/* "10.0.0.7 51234 10.0.0.1 22": the first two. */
static const char *ssh_of(struct room *room) {
  const char *text = set_in("SSH_CONNECTION");
  if (!text)
    text = set_in("SSH_CLIENT");
  if (!text)
    return NULL;
  size_t len = strcspn(text, " ");
  if (text[len])
    len += 1 + strcspn(text + len + 1, " ");
  return keep(room, text, len);
}

void audit_who_self(struct audit_who *who, char *buffer, size_t size) {
  struct room room = {.at = buffer, .left = size};
  char text[256] = "";
  *who = (struct audit_who){.uid = getuid(), .pid = getpid()};
  who->pid_start = process_start(who->pid);
  who->user = user_of_self(&room);
  if (gethostname(text, sizeof text - 1) == 0)
    who->host = keep_text(&room, text);
  who->login = login_of(&room, who->user);
  who->ssh = ssh_of(&room);
  if (ttyname_r(STDIN_FILENO, text, sizeof text) == 0)
    who->tty = keep_text(&room, text);
}

char *state_folder(void) {
  const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
  if (state && *state == '/')
    return mem_printf("%s/stacktop", state);
  /* A relative path is not valid: it would differ in each directory. */
  return home && *home == '/' ? mem_printf("%s/.local/state/stacktop", home) : NULL;
}
