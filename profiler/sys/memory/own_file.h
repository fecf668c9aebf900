// A regular file of this process's user, read in pieces.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace pprof::sys {

// For files in world-writable directories that may change while read: a mapped file would fault
// where it is truncated. Ownership: closes the file. Thread safety: none.
// Not async-signal-safe: opens files.
class OwnFile {
 public:
  OwnFile() = default;
  OwnFile(const OwnFile&) = delete;
  OwnFile& operator=(const OwnFile&) = delete;
  ~OwnFile();

  // False for symbolic links, files of other users, and anything but regular files. Never blocks on
  // a FIFO or device.
  bool Open(const std::string& path);
  uint64_t size() const { return size_; }  // when it was opened
  // Returns the number of bytes read; 0 at the end and on errors.
  size_t Read(uint64_t offset, char* out, size_t size);

 private:
  int fd_ = -1;
  uint64_t size_ = 0;
};

}  // namespace pprof::sys
