// The newest values of a sequence, in memory of a fixed size.
#pragma once

#include <algorithm>
#include <cstddef>
#include <type_traits>

namespace pprof::monitoring {

// All bytes zero is the empty ring: it lives in zeroed pages, which are touched as it fills.
// Thread safety: none.
template <class T, size_t kSize>
class Ring {
  static_assert(std::is_trivial_v<T>);

 public:
  static constexpr size_t kCapacity = kSize;

  // Replaces the oldest value when full.
  void Push(const T& value) { values_[pushed_++ % kSize] = value; }

  size_t size() const { return std::min(pushed_, kSize); }

  // REQUIRES: i < size(); 0 is the oldest.
  const T& operator[](size_t i) const { return values_[(pushed_ - size() + i) % kSize]; }

  // REQUIRES: size() > 0.
  T& newest() { return values_[(pushed_ - 1) % kSize]; }

  void Clear() { pushed_ = 0; }

 private:
  size_t pushed_;
  T values_[kSize];
};

}  // namespace pprof::monitoring
