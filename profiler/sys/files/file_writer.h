// Writes a file through a buffer that is there already.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace pprof::sys {

// Allocates nothing. After the first failure writes do nothing. Thread safety: none.
class FileWriter {
 public:
  static constexpr size_t kBufferBytes = size_t{64} << 10;

  // `buffer`: kBufferBytes bytes, which the caller owns. `fd` below 0 fails; otherwise it is the
  // writer's.
  FileWriter(int fd, char* buffer) : fd_(fd), buffer_(buffer), ok_(fd >= 0) {}
  ~FileWriter();
  FileWriter(const FileWriter&) = delete;
  FileWriter& operator=(const FileWriter&) = delete;

  void Write(std::string_view bytes);
  void WriteNumber(uint64_t number);

  // Writes what is buffered and syncs the file with the disk. False: something failed; see errno.
  bool Finish();

 private:
  void Flush();

  const int fd_;
  char* const buffer_;
  size_t used_ = 0;
  bool ok_;
};

}  // namespace pprof::sys
