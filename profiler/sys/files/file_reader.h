// Reads a file of the system from its start to its end.
#pragma once

#include <cstddef>

namespace pprof::sys {

// Allocates nothing. Thread safety: none.
class FileReader {
 public:
  explicit FileReader(const char* path);
  ~FileReader();
  FileReader(const FileReader&) = delete;
  FileReader& operator=(const FileReader&) = delete;

  bool ok() const { return fd_ >= 0; }
  // Returns the number of bytes read; 0 at the end and on errors.
  size_t Read(char* out, size_t size);

 private:
  const int fd_;
};

}  // namespace pprof::sys
