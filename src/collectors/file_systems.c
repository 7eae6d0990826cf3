#include "collectors/file_systems.h"

#include <string.h>

static const struct {
  const char *type;
  enum mount_class class;
} classes[] = {
    {"tmpfs", MOUNT_MEMORY},         {"ramfs", MOUNT_MEMORY},
    {"nfs", MOUNT_NETWORK},          {"nfs4", MOUNT_NETWORK},
    {"cifs", MOUNT_NETWORK},         {"smb3", MOUNT_NETWORK},
    {"smbfs", MOUNT_NETWORK},        {"ceph", MOUNT_NETWORK},
    {"afs", MOUNT_NETWORK},          {"lustre", MOUNT_NETWORK},
    {"gpfs", MOUNT_NETWORK},         {"beegfs", MOUNT_NETWORK},
    {"9p", MOUNT_NETWORK},           {"ocfs2", MOUNT_NETWORK},
    {"gfs2", MOUNT_NETWORK},         {"fuse.sshfs", MOUNT_NETWORK},
    {"fuse.s3fs", MOUNT_NETWORK},    {"fuse.rclone", MOUNT_NETWORK},
    {"fuse.ceph", MOUNT_NETWORK},    {"fuse.glusterfs", MOUNT_NETWORK},
    {"fuse.gcsfuse", MOUNT_NETWORK}, {"fuse.davfs", MOUNT_NETWORK},
    {"fuseblk", MOUNT_LOCAL},        {"fuse.lxcfs", MOUNT_PSEUDO},
    {"fuse.portal", MOUNT_PSEUDO},   {"fuse.gvfsd-fuse", MOUNT_PSEUDO},
    {"fuse.snapfuse", MOUNT_PSEUDO}, {"fusectl", MOUNT_PSEUDO},
    {"proc", MOUNT_PSEUDO},          {"sysfs", MOUNT_PSEUDO},
    {"devtmpfs", MOUNT_PSEUDO},      {"devpts", MOUNT_PSEUDO},
    {"cgroup", MOUNT_PSEUDO},        {"cgroup2", MOUNT_PSEUDO},
    {"pstore", MOUNT_PSEUDO},        {"efivarfs", MOUNT_PSEUDO},
    {"bpf", MOUNT_PSEUDO},           {"debugfs", MOUNT_PSEUDO},
    {"tracefs", MOUNT_PSEUDO},       {"configfs", MOUNT_PSEUDO},
    {"securityfs", MOUNT_PSEUDO},    {"selinuxfs", MOUNT_PSEUDO},
    {"smackfs", MOUNT_PSEUDO},       {"mqueue", MOUNT_PSEUDO},
    {"hugetlbfs", MOUNT_PSEUDO},     {"autofs", MOUNT_PSEUDO},
    {"binfmt_misc", MOUNT_PSEUDO},   {"nsfs", MOUNT_PSEUDO},
    {"rpc_pipefs", MOUNT_PSEUDO},    {"nfsd", MOUNT_PSEUDO},
    {"resctrl", MOUNT_PSEUDO},       {"squashfs", MOUNT_PSEUDO},
    {"erofs", MOUNT_PSEUDO},         {"iso9660", MOUNT_PSEUDO},
    {"cramfs", MOUNT_PSEUDO},        {"rootfs", MOUNT_PSEUDO},
};

enum mount_class mount_class_of(const char *type) {
  for (size_t i = 0; i < sizeof classes / sizeof *classes; i++)
    if (strcmp(classes[i].type, type) == 0)
      return classes[i].class;
  return strncmp(type, "fuse", 4) == 0 ? MOUNT_FUSE : MOUNT_LOCAL;
}

static bool lies_in(const char *path, const char *top) {
  const size_t length = strlen(top);
  return strncmp(path, top, length) == 0 && (path[length] == '/' || path[length] == '\0');
}

bool file_system_is_containers(const char *point) {
  static const char *const places[] = {
      "/var/lib/kubelet",   "/var/lib/docker", "/var/lib/containers",
      "/run/containerd",    "/run/docker",     "/run/netns",
      "/run/credentials",   "/proc",           "/sys",
      "/var/lib/containerd"};
  for (size_t i = 0; i < sizeof places / sizeof *places; i++)
    if (lies_in(point, places[i]))
      return true;
  return false;
}
