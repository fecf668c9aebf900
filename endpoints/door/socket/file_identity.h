// Tells whether a path or a descriptor is still the file that this program opened: others may have
// removed, closed or reused it.
#pragma once

#include <sys/stat.h>

namespace pprof::http {

// A value; equal for the same file while it is open. Async-signal-safe.
struct FileIdentity {
  dev_t device = 0;
  ino_t inode = 0;  // 0: no such file

  static FileIdentity OfPath(const char* path) {
    struct stat info {};
    return lstat(path, &info) == 0 ? FileIdentity{info.st_dev, info.st_ino} : FileIdentity();
  }
  static FileIdentity OfDescriptor(int fd) {
    struct stat info {};
    return fstat(fd, &info) == 0 ? FileIdentity{info.st_dev, info.st_ino} : FileIdentity();
  }

  bool known() const { return inode != 0; }
  bool operator==(const FileIdentity& other) const {
    return device == other.device && inode == other.inode;
  }
};

}  // namespace pprof::http
