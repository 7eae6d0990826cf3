#include "collectors/host/host_mountinfo.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Of a virtual machine, its initramfs mounts before its root. */
static const char machine[] =
    "22 27 0:21 / /proc rw,relatime - proc proc rw\n"
    "24 27 0:6 / /dev rw,relatime - devtmpfs devtmpfs "
    "rw,size=12334460k,nr_inodes=3083615,mode=755\n"
    "25 24 0:23 / /dev/shm rw,relatime - tmpfs tmpfs rw,size=24684084k\n"
    "27 1 254:0 / / rw,relatime - ext4 /dev/vda rw,discard,resv_strict\n"
    "38 31 0:35 / /sys/fs/cgroup/blkio rw,relatime - cgroup cgroup rw,blkio\n";

/* A server with all kinds. */
static const char server[] =
    "29 1 253:0 / / rw,relatime shared:1 - xfs /dev/mapper/vg-root rw,attr2\n"
    "96 29 0:44 / /tmp rw,nosuid shared:50 - tmpfs tmpfs rw\n"
    "97 29 0:45 / /run rw,nosuid shared:51 - tmpfs tmpfs rw\n"
    "98 29 8:1 / /boot rw shared:52 - ext4 /dev/sda1 rw\n"
    "99 29 8:1 /grub /srv/grub rw shared:52 - ext4 /dev/sda1 rw\n"
    "100 29 0:50 /@ /data rw shared:53 master:2 - btrfs /dev/sdb rw,subvol=/@\n"
    "101 29 0:50 /@home /home rw shared:54 - btrfs /dev/sdb rw,subvol=/@home\n"
    "102 29 0:60 / /mnt/with\\040blank\\134slash rw - nfs4 nas:/export\\040one rw,vers=4.2\n"
    "103 29 7:3 / /snap/core/1 ro - squashfs /dev/loop3 ro\n"
    "104 29 0:70 / /var/lib/docker/overlay2/abc/merged rw - overlay overlay rw,lowerdir=/x\n"
    "105 29 0:71 / /mnt/far rw - fuse.sshfs me@far:/ rw\n"
    "106 29 8:16 / /mnt/old rw - ext4 /dev/sdb1 rw\n"
    "107 106 8:32 / /mnt/old rw - ext4 /dev/sdc1 rw\n"
    "108 29 8:48 / /srv/deep/inside rw - ext4 /dev/sdd1 rw\n"
    "109 29 8:64 / /srv rw - ext4 /dev/sde1 rw\n";

struct chosen {
  struct mount_list list;
  char points[512];
};

static void choose(struct chosen *chosen, const char *text) {
  mounts_init(&chosen->list, 1 << 20);
  mounts_parse(&chosen->list, text);
  mounts_choose(&chosen->list);
  chosen->points[0] = '\0';
  for (size_t i = 0; i < chosen->list.count; i++) {
    size_t used = strlen(chosen->points);
    if (chosen->list.items[i].chosen)
      snprintf(chosen->points + used, sizeof chosen->points - used, "%s%s", used ? "," : "",
               chosen->list.items[i].point);
  }
}

static void check(const char *text, const char *points) {
  struct chosen chosen;
  choose(&chosen, text);
  assert_string_equal(chosen.points, points);
  mounts_fini(&chosen.list);
}

static void test_choose(void **state) {
  (void)state;
  check(machine, "/dev/shm,/");
  /* /boot and not its bind mount, one of the btrfs subvolumes, the top mount of /mnt/old, and those
   * that /srv does not hide */
  check(server, "/,/tmp,/run,/boot,/data,/mnt/with blank\\slash,/mnt/far,/mnt/old,/srv");
  /* a container: its own root, and the file that is the host's */
  check("500 400 0:99 / / rw - overlay overlay rw,lowerdir=/l\n"
        "501 500 254:1 /c/hosts /etc/hosts rw - ext4 /dev/vda1 rw\n"
        "502 500 0:101 / /dev/shm rw - tmpfs shm rw,size=65536k\n",
        "/,/etc/hosts,/dev/shm"); /* the collector drops it when it finds that it is not a directory
                                   */
  check("", "");
  /* a tmpfs that belongs to a pod, and one that cannot be filled */
  check("1 0 8:1 / / rw - ext4 /dev/sda1 rw\n"
        "2 1 0:50 / /var/lib/kubelet/pods/1/volumes/x rw - tmpfs tmpfs rw\n"
        "3 1 0:51 / /opt/ro ro - tmpfs tmpfs rw\n",
        "/");
}

static void test_expects(void **state) {
  (void)state;
  static const char fstab[] = "# /dev/x /no ext4 defaults 0 0\n"
                              "UUID=1 /data ext4 defaults,noatime 0 2\n"
                              "/dev/sdb1\t/with\\040blank\text4\trw\n"
                              "/dev/sdc1 /usb ext4 rw,noauto\n"
                              "nas:/x /nas nfs nofail,ro\n"
                              "/dev/sdd1 none swap sw\n"
                              "garbage\n";
  assert_true(mounts_expects(fstab, "/data"));
  assert_true(mounts_expects(fstab, "/with blank"));
  assert_false(mounts_expects(fstab, "/no"));
  assert_false(mounts_expects(fstab, "/usb"));
  assert_false(mounts_expects(fstab, "/nas"));
  assert_false(mounts_expects(fstab, "/dat"));
  assert_false(mounts_expects("", "/"));
}

static void test_hidden_mount_on_same_point(void **state) {
  (void)state;
  struct chosen chosen;
  choose(&chosen, server);
  assert_string_equal(mounts_find(&chosen.list, "/mnt/old/file")->source, "/dev/sdc1");
  mounts_fini(&chosen.list);
}

static void test_find(void **state) {
  (void)state;
  static const struct {
    const char *path, *source;
  } cases[] = {
      {"/", "/dev/mapper/vg-root"},
      {"/var/lib", "/dev/mapper/vg-root"},
      {"/boot", "/dev/sda1"},
      {"/boot/grub", "/dev/sda1"},
      {"/boots", "/dev/mapper/vg-root"},
      {"/home/me", "/dev/sdb"},
      {"/mnt/with blank\\slash/a", "nas:/export one"},
      {"/srv/deep/inside", "/dev/sde1"},
  };
  struct chosen chosen;
  choose(&chosen, server);
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    assert_string_equal(mounts_find(&chosen.list, cases[i].path)->source, cases[i].source);
  assert_null(mounts_find(&chosen.list, "relative"));
  mounts_fini(&chosen.list);
}

static void test_fields(void **state) {
  (void)state;
  struct mount_list list;
  mounts_init(&list, 1 << 20);
  mounts_parse(&list, "36 35 98:7 /mnt1 /mnt2 ro,noatime master:1 shared:5 - ext3 /dev/root "
                      "rw,errors=continue\n");
  assert_int_equal(list.count, 1);
  const struct mount_entry *entry = &list.items[0];
  assert_int_equal(entry->major, 98);
  assert_int_equal(entry->minor, 7);
  assert_string_equal(entry->root, "/mnt1");
  assert_string_equal(entry->point, "/mnt2");
  assert_string_equal(entry->options, "ro,noatime");
  assert_string_equal(entry->super_options, "rw,errors=continue");
  mounts_fini(&list);
}

static void test_garbage(void **state) {
  (void)state;
  static const char text[] = "\n"
                             "36\n"
                             "36 35 98:7 / /a rw\n"
                             "36 35 98:7 / /b rw shared:1 ext4 /dev/a rw\n" /* no dash */
                             "36 35 98:7 / /c rw - ext4\n"
                             "36 35 98 / /d rw - ext4 /dev/a rw\n"
                             "36 35 98:x / /e rw - ext4 /dev/a rw\n"
                             "36 35 99999999999:1 / /f rw - ext4 /dev/a rw\n"
                             "36 35 98:7 / relative rw - ext4 /dev/a rw\n"
                             "36 36 98:7 / /\\9\\04\\999\\ rw - ext4 /dev/a\n"; /* good, but odd */
  struct mount_list list;
  mounts_init(&list, 1 << 20);
  mounts_parse(&list, text);
  assert_int_equal(list.count, 1);
  assert_string_equal(list.items[0].point, "/\\9\\04\\999\\");
  assert_string_equal(list.items[0].super_options, "");
  mounts_fini(&list);
}

static void test_ceiling(void **state) {
  (void)state;
  struct mount_list list;
  mounts_init(&list, 300);
  mounts_parse(&list, server);
  assert_true(list.cut);
  assert_true(list.count > 0 && list.count < 10);
  mounts_choose(&list);
  mounts_fini(&list);
}

/* Parents in a cycle end. */
static void test_circle(void **state) {
  (void)state;
  check("1 2 8:1 / /a rw - ext4 /dev/a rw\n2 1 8:2 / /a rw - ext4 /dev/b rw\n", "/a,/a");
}

static void test_class(void **state) {
  (void)state;
  assert_int_equal(mount_class_of("nfs4"), MOUNT_NETWORK);
  assert_int_equal(mount_class_of("cifs"), MOUNT_NETWORK);
  assert_int_equal(mount_class_of("fuse.sshfs"), MOUNT_NETWORK);
  assert_int_equal(mount_class_of("fuse.mergerfs"), MOUNT_FUSE);
  assert_int_equal(mount_class_of("fuse"), MOUNT_FUSE);
  assert_int_equal(mount_class_of("fuseblk"), MOUNT_LOCAL);
  assert_int_equal(mount_class_of("xfs"), MOUNT_LOCAL);
  assert_int_equal(mount_class_of("bcachefs"), MOUNT_LOCAL); /* unknown types are shown */
  assert_int_equal(mount_class_of("proc"), MOUNT_PSEUDO);
}

static void test_option(void **state) {
  (void)state;
  assert_true(mount_has_option("ro", "ro"));
  assert_true(mount_has_option("rw,errors=remount-ro,ro", "ro"));
  assert_false(mount_has_option("rw,errors=remount-ro", "ro"));
  assert_false(mount_has_option("", "ro"));
  assert_false(mount_has_option(",,", "ro"));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_choose),
      cmocka_unit_test(test_expects),
      cmocka_unit_test(test_hidden_mount_on_same_point),
      cmocka_unit_test(test_find),
      cmocka_unit_test(test_fields),
      cmocka_unit_test(test_garbage),
      cmocka_unit_test(test_ceiling),
      cmocka_unit_test(test_circle),
      cmocka_unit_test(test_class),
      cmocka_unit_test(test_option),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
