#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "profiler/sys/files/file_reader.h"

namespace pprof::sys {

FileReader::FileReader(const char* path) : fd_(open(path, O_RDONLY | O_CLOEXEC)) {}

FileReader::~FileReader() {
  if (fd_ >= 0) close(fd_);
}

size_t FileReader::Read(char* out, size_t size) {
  ssize_t got = 0;
  do {
    got = read(fd_, out, size);
  } while (got < 0 && errno == EINTR);
  return got < 0 ? 0 : static_cast<size_t>(got);
}

}  // namespace pprof::sys
