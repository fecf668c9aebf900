#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "profiler/sys/memory/lazy_file.h"
#include "profiler/sys/memory/pages.h"

namespace pprof::sys {
namespace {

bool IsUsable(int fd, size_t* size) {
  struct stat status;
  if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode) || status.st_size <= 0) return false;
  *size = static_cast<size_t>(status.st_size);
  return true;
}

}  // namespace

LazyFile::~LazyFile() {
  if (data_ != nullptr) UnmapPages(data_, size_);
  if (fd_ >= 0) close(fd_);
}

bool LazyFile::Open(const std::string& path) {
  // O_NONBLOCK: otherwise opening a FIFO waits for a writer.
  fd_ = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (fd_ < 0) return false;
  size_t size = 0;
  if (!IsUsable(fd_, &size)) return false;
  data_ = static_cast<uint8_t*>(MapPages(size));
  if (data_ == nullptr) return false;
  size_ = size;
  loaded_.resize((size + kPiece - 1) / kPiece);
  return true;
}

void LazyFile::Load(Bytes part) {
  if (part.empty()) return;
  const auto begin = static_cast<size_t>(part.data - data_);
  const size_t last = (begin + part.size - 1) / kPiece;
  for (size_t piece = begin / kPiece; piece <= last; ++piece) {
    if (loaded_[piece]) continue;
    const size_t first = piece;
    while (piece <= last && !loaded_[piece]) loaded_[piece++] = true;
    Read(first * kPiece, std::min(piece * kPiece, size_));
  }
}

void LazyFile::Read(size_t begin, size_t end) {
  while (begin < end) {
    const ssize_t got = pread(fd_, data_ + begin, end - begin, static_cast<off_t>(begin));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return;  // truncated meanwhile, or unreadable
    begin += static_cast<size_t>(got);
  }
}

void LazyFile::Drop(Bytes part) {
  if (part.empty()) return;
  const auto begin = static_cast<size_t>(part.data - data_);
  const size_t first = (begin + kPiece - 1) / kPiece;
  const size_t end = begin + part.size == size_ ? loaded_.size() : (begin + part.size) / kPiece;
  if (first >= end) return;
  const size_t bytes = std::min(end * kPiece, size_) - first * kPiece;
  if (madvise(data_ + first * kPiece, bytes, MADV_DONTNEED) != 0) return;  // locked: keeps them
  std::fill(loaded_.begin() + static_cast<ptrdiff_t>(first),
            loaded_.begin() + static_cast<ptrdiff_t>(end), false);
}

}  // namespace pprof::sys
