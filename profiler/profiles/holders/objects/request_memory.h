// The tables of one search for holders, in pages from the kernel. They hold copies of addresses: in
// the allocator's memory the search would find them, and take the profiler for the holder.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace pprof::profiles::holders {

// Ownership: the tables live as long as the object. Thread safety: none. Not async-signal-safe.
class RequestMemory {
 public:
  RequestMemory() = default;
  RequestMemory(const RequestMemory&) = delete;
  RequestMemory& operator=(const RequestMemory&) = delete;
  ~RequestMemory();

  // `count` zeroed objects, without their constructors; nullptr when the kernel has no memory.
  template <class T>
  T* Allocate(size_t count) {
    if (count > SIZE_MAX / 2 / sizeof(T)) return nullptr;
    return static_cast<T*>(Map(count * sizeof(T)));
  }

  // Address space of all tables; they take memory as far as they are used.
  size_t bytes() const { return bytes_; }

  // Calls visit(begin, end) for each table.
  template <class Visit>
  void ForEach(Visit&& visit) const {
    for (const Piece& piece : pieces_) visit(piece.begin, piece.begin + piece.bytes);
  }

 private:
  struct Piece {
    uintptr_t begin;
    size_t bytes;
  };

  void* Map(size_t bytes);

  std::vector<Piece> pieces_;
  size_t bytes_ = 0;
};

}  // namespace pprof::profiles::holders
