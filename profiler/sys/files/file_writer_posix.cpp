#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>

#include "profiler/sys/files/file_writer.h"

namespace pprof::sys {

FileWriter::~FileWriter() {
  if (fd_ >= 0) close(fd_);
}

void FileWriter::Write(std::string_view bytes) {
  while (ok_ && !bytes.empty()) {
    if (used_ == kBufferBytes) Flush();
    const size_t now = std::min(bytes.size(), kBufferBytes - used_);
    used_ += bytes.copy(buffer_ + used_, now);
    bytes.remove_prefix(now);
  }
}

void FileWriter::WriteNumber(uint64_t number) {
  char digits[24];
  const char* end = std::to_chars(digits, digits + sizeof digits, number).ptr;
  Write({digits, static_cast<size_t>(end - digits)});
}

void FileWriter::Flush() {
  for (size_t written = 0; ok_ && written < used_;) {
    const ssize_t now = write(fd_, buffer_ + written, used_ - written);
    if (now < 0 && errno == EINTR) continue;
    if (now <= 0) ok_ = false;
    written += now < 0 ? 0 : static_cast<size_t>(now);
  }
  used_ = 0;
}

bool FileWriter::Finish() {
  Flush();
  // A file system without fsync (EINVAL) has nothing to sync.
  if (ok_ && fsync(fd_) != 0 && errno != EINVAL) ok_ = false;
  return ok_;
}

}  // namespace pprof::sys
