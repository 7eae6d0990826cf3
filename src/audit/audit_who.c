#include "audit/audit.h"
#include "audit/audit_process.h"
#include "core/mem.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The rest of the caller's buffer. */
struct room {
  char *at;
  size_t left;
};

/* NULL for "" and where there is no room. */
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

static const char *user_of(struct room *room, uid_t uid) {
  char texts[4096];
  struct passwd entry, *found = NULL;
  if (getpwuid_r(uid, &entry, texts, sizeof texts, &found) == 0 && found)
    return keep_text(room, found->pw_name);
  char number[32];
  snprintf(number, sizeof number, "%lld", (long long)uid);
  return keep_text(room, number);
}

/* Whom the kernel remembers to have logged in (pam_loginuid), whatever he has become since. */
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
  const char *name = getenv("SUDO_USER");
  uid_t uid;
  char terminal_login[256];
  if (!name || !*name)
    name = getenv("DOAS_USER");
  if ((!name || !*name) && login_uid(&uid))
    name = user_of(room, uid);
  if ((!name || !*name) && getlogin_r(terminal_login, sizeof terminal_login) == 0)
    name = terminal_login;
  return !name || !*name || (user && strcmp(name, user) == 0) ? NULL : keep_text(room, name);
}

/* "10.0.0.7 51234 10.0.0.1 22": the first two. */
static const char *ssh_of(struct room *room) {
  const char *text = getenv("SSH_CONNECTION");
  if (!text || !*text)
    text = getenv("SSH_CLIENT");
  if (!text || !*text)
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
  who->user = user_of(&room, getuid());
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
  /* A relative one is no place: it would be another in each folder. */
  return home && *home == '/' ? mem_printf("%s/.local/state/stacktop", home) : NULL;
}
