// Keeps a profile from taking the last memory that the process may have.
#pragma once

#include <cstdint>

namespace pprof::http {

// While it lives, the bound of one profile is set aside. Thread safety: safe.
class MemoryReserve {
 public:
  // What a profile takes at most (docs/performance.md).
  static constexpr uint64_t kBytes = uint64_t{8} << 20;

  MemoryReserve();
  ~MemoryReserve();
  MemoryReserve(const MemoryReserve&) = delete;
  MemoryReserve& operator=(const MemoryReserve&) = delete;

  // Whether the limit of the process had room for this one and all others that live.
  bool enough() const { return enough_; }

  // The same, now.
  bool StillEnough() const;

 private:
  const bool enough_;
};

}  // namespace pprof::http
