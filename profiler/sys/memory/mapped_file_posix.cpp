#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "profiler/sys/memory/mapped_file.h"

namespace pprof::sys {
namespace {

constexpr uintptr_t kPageSize = 4096;

bool Acceptable(int fd, size_t* size) {
  struct stat status;
  if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode) || status.st_size <= 0) return false;
  *size = static_cast<size_t>(status.st_size);
  return true;
}

}  // namespace

MappedFile::MappedFile(MappedFile&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  return *this;
}

MappedFile::~MappedFile() { Close(); }

bool MappedFile::Open(const std::string& path) {
  Close();
  // O_NONBLOCK: otherwise opening a FIFO waits for a writer.
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (fd < 0) return false;
  size_t size = 0;
  if (Acceptable(fd, &size)) {
    void* data = mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (data != MAP_FAILED) {
      data_ = static_cast<const uint8_t*>(data);
      size_ = size;
    }
  }
  close(fd);
  return data_ != nullptr;
}

void MappedFile::Close() {
  if (data_ != nullptr) munmap(const_cast<uint8_t*>(data_), size_);
  data_ = nullptr;
  size_ = 0;
}

void MappedFile::DropPages(const uint8_t* begin, const uint8_t* end) const {
  const auto base = reinterpret_cast<uintptr_t>(data_);
  const uintptr_t from = std::max(reinterpret_cast<uintptr_t>(begin), base);
  const uintptr_t to = std::min(reinterpret_cast<uintptr_t>(end), base + size_);
  const uintptr_t first = (from + kPageSize - 1) & ~(kPageSize - 1);
  const uintptr_t last = to & ~(kPageSize - 1);
  if (first < last) madvise(reinterpret_cast<void*>(first), last - first, MADV_DONTNEED);
}

}  // namespace pprof::sys
