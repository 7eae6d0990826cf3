#include "clients/host/host_compress.h"

#include "clients/host/host_codec.h"
#include "clients/host/host_name.h"
#include "core/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum { CHUNK = 256 << 10, SAMPLE_BYTES = 4 << 20, MARGIN_BYTES = 64 << 10 };
/* More than this share of the original is not worth it. */
static const double WORTH = 0.95;

struct compressing {
  const struct host_compression *of;
  struct host_result *result;
  int folder, original, fresh;
  unsigned char *in, *out, *compared;
  char name[NAME_MAX + 8], own_name[HOST_OWN_NAME_MAX]; /* own_name: "" with O_TMPFILE */
};

const char *host_format_ending(enum host_format format) {
  return format == HOST_GZIP ? ".gz" : ".zst";
}

static bool refuse(struct compressing *compressing, int error, const char *what) {
  host_end_with(compressing->result, HOST_REFUSED, "%s: %s", what, strerror(error));
  return false;
}

static bool is_stopped(struct compressing *compressing) {
  if (!atomic_load(compressing->of->stop))
    return false;
  host_end_with(compressing->result, HOST_REFUSED, "cancelled; the original is untouched");
  return true;
}

static ssize_t read_part(int fd, unsigned char *buffer) {
  ssize_t got;
  do
    got = read(fd, buffer, CHUNK);
  while (got < 0 && errno == EINTR);
  return got;
}

static bool write_part(int fd, const unsigned char *buffer, size_t len) {
  while (len > 0) {
    const ssize_t put = write(fd, buffer, len);
    if (put < 0 && errno == EINTR)
      continue;
    if (put <= 0)
      return false;
    buffer += put;
    len -= (size_t)put;
  }
  return true;
}

/* ---- through the codec */

/* Takes what the codec wrote; false stops. */
typedef bool (*sink)(struct compressing *compressing, void *arg, const unsigned char *out,
                     size_t len);

static bool pass(struct compressing *compressing, struct host_codec *codec, size_t len, bool last,
                 bool *ended, sink take, void *arg) {
  struct host_chunk chunk = {.in = compressing->in, .in_len = len};
  do {
    const size_t before = chunk.in_len;
    chunk.out = compressing->out;
    chunk.out_len = CHUNK;
    if (!host_codec_run(codec, &chunk, last, ended)) {
      host_end_with(compressing->result, HOST_REFUSED, "the compressed file is invalid");
      return false;
    }
    if (!take(compressing, arg, compressing->out, chunk.out_len))
      return false;
    if (chunk.in_len == before && chunk.out_len == 0)
      break;         /* it needs more */
  } while (!*ended); /* what a codec has not written yet comes without further input */
  return true;
}

/* Reads fd to its end, or at most `most` bytes (-1: all). */
static bool stream(struct compressing *compressing, int fd, bool decompress, int64_t most,
                   bool counts, sink take, void *arg) {
  struct host_codec *codec = host_codec_new(compressing->of->format, decompress);
  bool ended = false, good = codec != NULL;
  if (!codec)
    refuse(compressing, ENOMEM, "cannot compress");
  for (int64_t all = 0; good;) {
    if (is_stopped(compressing)) {
      good = false;
      break;
    }
    const ssize_t got = most >= 0 && all >= most ? 0 : read_part(fd, compressing->in);
    if (got < 0) {
      good = refuse(compressing, errno, "cannot read");
      break;
    }
    all += got;
    if (counts)
      atomic_fetch_add(compressing->of->done, got);
    const bool last = got == 0;
    if (!last || !decompress)
      good = pass(compressing, codec, (size_t)got, last && !decompress, &ended, take, arg);
    if (last)
      break;
  }
  if (good && !ended) {
    host_end_with(compressing->result, HOST_REFUSED, "the compressed file is not complete");
    good = false;
  }
  host_codec_free(codec);
  return good;
}

static bool count_out(struct compressing *compressing, void *arg, const unsigned char *out,
                      size_t len) {
  (void)compressing;
  (void)out;
  *(int64_t *)arg += (int64_t)len;
  return true;
}

static bool write_out(struct compressing *compressing, void *arg, const unsigned char *out,
                      size_t len) {
  (void)arg;
  return write_part(compressing->fresh, out, len) ||
         refuse(compressing, errno, "cannot write; the original is untouched");
}

/* The decompressed bytes against those of the original, at *arg. */
static bool compare_out(struct compressing *compressing, void *arg, const unsigned char *out,
                        size_t len) {
  int64_t *at = arg;
  size_t have = 0;
  while (have < len) {
    const ssize_t got =
        pread(compressing->original, compressing->compared + have, len - have, *at + (int64_t)have);
    if (got < 0 && errno == EINTR)
      continue;
    if (got <= 0)
      break;
    have += (size_t)got;
  }
  *at += (int64_t)len;
  atomic_fetch_add(compressing->of->done, (long long)len);
  if (have == len && memcmp(out, compressing->compared, len) == 0)
    return true;
  host_end_with(compressing->result, HOST_REFUSED,
                "what was written does not decompress to the original, which is untouched");
  return false;
}

/* ---- the steps, in their order */

static bool open_original(struct compressing *compressing) {
  const struct host_file_id *id = compressing->of->id;
  struct host_stat stat;
  if (!host_is_planned(compressing->folder, id, compressing->result))
    return false;
  compressing->original =
      openat(compressing->folder, id->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  if (compressing->original < 0) {
    host_end_failed(compressing->result, errno, id->name);
    return false;
  }
  if (host_stat_at(compressing->original, "", false, &stat) == 0 && host_is_same(&stat, &id->stat))
    return true;
  host_end_with(compressing->result, HOST_GONE, "it is another file now");
  return false;
}

/* The size of its first bytes when compressed says how much room it needs. */
static bool has_room(struct compressing *compressing) {
  const int64_t size = compressing->of->id->stat.size;
  const int64_t sample = size < SAMPLE_BYTES ? size : SAMPLE_BYTES;
  int64_t compressed = 0;
  struct statvfs figures;
  if (!stream(compressing, compressing->original, false, sample, false, count_out, &compressed) ||
      lseek(compressing->original, 0, SEEK_SET) != 0)
    return false;
  const double ratio = (double)compressed / (double)(sample > 0 ? sample : 1);
  if (ratio > WORTH) {
    host_end_with(compressing->result, HOST_REFUSED,
                  "its first bytes compress to %.0f%%: too little is saved", 100 * ratio);
    return false;
  }
  if (fstatvfs(compressing->folder, &figures) != 0)
    return refuse(compressing, errno, "cannot read the free space");
  const double room = (double)figures.f_bavail * (double)figures.f_frsize;
  const double need = ratio * (double)size + MARGIN_BYTES;
  if (need <= room)
    return true;
  host_end_with(compressing->result, HOST_REFUSED,
                "not enough room: needs about %.0f kB, and %.0f kB are free", need / 1024,
                room / 1024);
  return false;
}

/* Without a name, where the file system can do that. */
static bool open_fresh(struct compressing *compressing) {
  compressing->fresh = openat(compressing->folder, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (compressing->fresh >= 0)
    return true;
  if (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL)
    return refuse(compressing, errno, "cannot create a file beside it");
  if (!host_own_name(compressing->own_name))
    return refuse(compressing, EIO, "no random numbers");
  compressing->fresh = openat(compressing->folder, compressing->own_name,
                              O_CREAT | O_EXCL | O_NOFOLLOW | O_RDWR | O_CLOEXEC, 0600);
  if (compressing->fresh >= 0)
    return true;
  *compressing->own_name = '\0';
  return refuse(compressing, errno, "cannot create a file beside it");
}

static bool write_fresh(struct compressing *compressing) {
  struct stat status;
  if (!stream(compressing, compressing->original, false, -1, true, write_out, NULL))
    return false;
  if (fstat(compressing->original, &status) != 0)
    return refuse(compressing, errno, "cannot look at it");
  const struct timespec times[2] = {status.st_atim, status.st_mtim};
  /* the owner first, because a change of owner clears mode bits */
  if ((status.st_uid != geteuid() || status.st_gid != getegid()) &&
      fchown(compressing->fresh, status.st_uid, status.st_gid) != 0)
    return refuse(compressing, errno, "cannot give the new file its owner");
  if (fchmod(compressing->fresh, status.st_mode & 0777) != 0 ||
      futimens(compressing->fresh, times) != 0)
    return refuse(compressing, errno, "cannot give the new file its mode and times");
  if (fsync(compressing->fresh) != 0)
    return refuse(compressing, errno, "cannot write to disk; the original is untouched");
  return true;
}

/* The first bytes may have promised too much, and a sparse file may take less than what its holes
 * compress to. */
static bool is_smaller(struct compressing *compressing) {
  struct host_stat original = {0}, fresh = {0};
  int error = host_stat_at(compressing->fresh, "", false, &fresh);
  if (!error)
    error = host_stat_at(compressing->original, "", false, &original);
  if (error)
    return refuse(compressing, error, "cannot look at the new file");
  if ((double)fresh.size <= WORTH * (double)original.size && fresh.allocated <= original.allocated)
    return true;
  host_end_with(compressing->result, HOST_REFUSED,
                "too little is saved: it would take %lld kB on disk, now %lld kB",
                (long long)fresh.allocated / 1024, (long long)original.allocated / 1024);
  return false;
}

static bool verify_fresh(struct compressing *compressing) {
  int64_t at = 0;
  if (lseek(compressing->fresh, 0, SEEK_SET) != 0)
    return refuse(compressing, errno, "cannot read it back");
  if (!stream(compressing, compressing->fresh, true, -1, false, compare_out, &at))
    return false;
  if (at == compressing->of->id->stat.size)
    return true;
  host_end_with(compressing->result, HOST_REFUSED,
                "what was written has another length than the original, which is untouched");
  return false;
}

/* A process that has it open for writing would write into a removed file. */
static bool is_written(struct compressing *compressing) {
  const struct host_stat *stat = &compressing->of->id->stat;
  const atomic_bool go_on = false;
  struct host_held_list list = {0};
  bool written = false;
  host_held_scan(&list, compressing->of->proc, stat->device, &go_on);
  for (size_t i = 0; i < list.count && !written; i++) {
    const struct host_held *held = &list.items[i];
    written = held->stat.inode == stat->inode && host_held_writes(held);
    if (written)
      host_end_with(compressing->result, HOST_REFUSED,
                    "%s %ld has it open for writing; the original is untouched", held->program,
                    held->pid);
  }
  host_held_fini(&list);
  return written;
}

static bool name_fresh(struct compressing *compressing) {
  char path[64];
  int status;
  snprintf(path, sizeof path, "/proc/self/fd/%d", compressing->fresh);
  if (*compressing->own_name)
    status = renameat2(compressing->folder, compressing->own_name, compressing->folder,
                       compressing->name, RENAME_NOREPLACE);
  else
    status = linkat(AT_FDCWD, path, compressing->folder, compressing->name, AT_SYMLINK_FOLLOW);
  if (status != 0 && errno == EEXIST) {
    char shown[160];
    host_end_with(compressing->result, HOST_REFUSED, "%s exists already",
                  host_name_show(shown, sizeof shown, compressing->name));
    return false;
  }
  if (status != 0)
    return refuse(compressing, errno, "cannot name the new file");
  *compressing->own_name = '\0';
  /* a directory that cannot be synchronised says EINVAL */
  return fsync(compressing->folder) == 0 || errno == EINVAL ||
         refuse(compressing, errno, "cannot write the directory to disk");
}

/* The new file goes again if the original could not. */
static void remove_fresh(struct compressing *compressing) {
  struct host_stat named, own;
  if (host_stat_at(compressing->folder, compressing->name, false, &named) == 0 &&
      host_stat_at(compressing->fresh, "", false, &own) == 0 && named.inode == own.inode)
    unlinkat(compressing->folder, compressing->name, 0);
}

static void remove_original(struct compressing *compressing) {
  struct host_stat fresh = {0};
  host_remove(compressing->of->id, compressing->result);
  if (compressing->result->end != HOST_DONE) {
    remove_fresh(compressing);
    return;
  }
  fsync(compressing->folder); /* a crash now leaves both files, which is no loss */
  if (host_stat_at(compressing->fresh, "", false, &fresh) == 0)
    compressing->result->freed -= fresh.allocated;
  compressing->result->size = fresh.size;
}

static void compress_in(struct compressing *compressing) {
  const char *name = compressing->of->id->name;
  if (strlen(name) + 4 > NAME_MAX) {
    host_end_with(compressing->result, HOST_REFUSED, "its name is too long for a further ending");
    return;
  }
  snprintf(compressing->name, sizeof compressing->name, "%s%s", name,
           host_format_ending(compressing->of->format));
  if (open_original(compressing) && has_room(compressing) && open_fresh(compressing) &&
      write_fresh(compressing) && is_smaller(compressing) && verify_fresh(compressing) &&
      !is_stopped(compressing) && !is_written(compressing) &&
      host_is_planned(compressing->folder, compressing->of->id, compressing->result) &&
      name_fresh(compressing))
    remove_original(compressing);
  if (*compressing->own_name)
    unlinkat(compressing->folder, compressing->own_name, 0);
  if (compressing->fresh >= 0)
    close(compressing->fresh);
  if (compressing->original >= 0)
    close(compressing->original);
}

void host_compress(const struct host_compression *compression, struct host_result *result) {
  struct compressing compressing = {
      .of = compression, .result = result, .original = -1, .fresh = -1};
  *result = (struct host_result){0};
  compressing.folder = host_open_folder(compression->id, result);
  if (compressing.folder < 0)
    return;
  compressing.in = mem_new(CHUNK);
  compressing.out = mem_new(CHUNK);
  compressing.compared = mem_new(CHUNK);
  compress_in(&compressing);
  free(compressing.in);
  free(compressing.out);
  free(compressing.compared);
  close(compressing.folder);
}
