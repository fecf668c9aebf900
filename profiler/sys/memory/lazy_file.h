// A regular file's bytes in memory of our own, read piece by piece when they are asked for.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "profiler/sys/memory/byte_cursor.h"

namespace pprof::sys {

// Not a mapping of the file: a file that is truncated while it is read would fault (SIGBUS) and end
// the program. Here such a file has zeros. Address space for the whole file is reserved; only what
// was loaded takes memory.
// Ownership: the bytes live as long as the object, at the same addresses. Thread safety: none.
// Not async-signal-safe: opens files.
class LazyFile {
 public:
  // Bytes that are read at once. Names are spread over string tables: a small piece reads little
  // that nobody wants. Measured with 600 MB of DWARF: 4 to 64 KiB cost the same.
  static constexpr size_t kPiece = size_t{16} << 10;

  LazyFile() = default;
  LazyFile(const LazyFile&) = delete;
  LazyFile& operator=(const LazyFile&) = delete;
  ~LazyFile();

  // False unless the path is a readable, non-empty regular file. Never blocks on a FIFO or device.
  // REQUIRES: called once.
  bool Open(const std::string& path);

  // The whole file. Bytes that were never loaded are zero.
  Bytes bytes() const { return {data_, size_}; }

  // Reads these bytes unless they were read already. Errors: the missing ones stay zero.
  // REQUIRES: `part` is empty or lies within bytes().
  void Load(Bytes part);

  // Frees the memory wholly inside `part`, which reads as zeros until it is loaded again.
  void Drop(Bytes part);

 private:
  void Read(size_t begin, size_t end);

  int fd_ = -1;
  uint8_t* data_ = nullptr;
  size_t size_ = 0;
  std::vector<bool> loaded_;  // by piece
};

}  // namespace pprof::sys
