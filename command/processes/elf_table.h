// Tables of an ELF file.
#pragma once

#include <cstdint>
#include <cstring>
#include <fstream>
#include <vector>

namespace pprof::command {

// The entries of type T in so many bytes at `offset`; none if the file is shorter, or the table
// larger than any is: a damaged file says anything.
template <class T>
std::vector<T> ReadTable(std::ifstream& file, uint64_t offset, uint64_t bytes) {
  constexpr uint64_t kMostBytes = uint64_t{64} << 20;
  if (bytes > kMostBytes) return {};
  std::vector<T> table(bytes / sizeof(T));
  file.clear();
  file.seekg(static_cast<std::streamoff>(offset));
  const auto size = static_cast<std::streamsize>(table.size() * sizeof(T));
  file.read(reinterpret_cast<char*>(table.data()), size);
  return file ? table : std::vector<T>();
}

}  // namespace pprof::command
