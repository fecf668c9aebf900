// A regular file of this process's user, read piece by piece.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace pprof::sys {

// For files in world-writable folders that may change meanwhile: a mapped one would fault where it
// is cut off. Ownership: closes the file. Not thread-safe. Not signal-safe: opens files.
class OwnFile {
 public:
  OwnFile() = default;
  OwnFile(const OwnFile&) = delete;
  OwnFile& operator=(const OwnFile&) = delete;
  ~OwnFile();

  // False for symbolic links, files of other users, and what is no regular file. Never waits on a
  // FIFO or device.
  bool Open(const std::string& path);
  uint64_t size() const { return size_; }  // when it was opened
  // Bytes read; 0 at the end and at errors.
  size_t Read(uint64_t offset, char* out, size_t size);

 private:
  int fd_ = -1;
  uint64_t size_ = 0;
};

}  // namespace pprof::sys
