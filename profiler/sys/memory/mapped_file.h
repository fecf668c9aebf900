// A regular file mapped read-only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace pprof::sys {

// Ownership: the mapping lives as long as the object. Thread safety: const members are safe.
// Not async-signal-safe: opens and maps files. If another process truncates the file, reads fault
// (SIGBUS), as for the code of a loaded library; package managers replace files by rename, which is
// harmless.
class MappedFile {
 public:
  MappedFile() = default;
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) noexcept;
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  ~MappedFile();

  // False unless the path is a readable, non-empty regular file. Never blocks on a FIFO or device.
  bool Open(const std::string& path);

  const uint8_t* data() const { return data_; }
  size_t size() const { return size_; }

  // Releases the physical pages wholly inside [begin, end); the next read loads them again.
  void DropPages(const uint8_t* begin, const uint8_t* end) const;

 private:
  void Close();

  const uint8_t* data_ = nullptr;
  size_t size_ = 0;
};

}  // namespace pprof::sys
