#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "profiler/sys/memory/own_file.h"

namespace pprof::sys {

OwnFile::~OwnFile() {
  if (fd_ >= 0) close(fd_);
}

bool OwnFile::Open(const std::string& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW);
  if (fd < 0) return false;
  struct stat status;
  if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode) || status.st_uid != geteuid()) {
    close(fd);
    return false;
  }
  if (fd_ >= 0) close(fd_);
  fd_ = fd;
  size_ = static_cast<uint64_t>(status.st_size);
  return true;
}

size_t OwnFile::Read(uint64_t offset, char* out, size_t size) {
  ssize_t got = 0;
  do {
    got = pread(fd_, out, size, static_cast<off_t>(offset));
  } while (got < 0 && errno == EINTR);
  return got < 0 ? 0 : static_cast<size_t>(got);
}

}  // namespace pprof::sys
