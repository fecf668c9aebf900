// Identity of samples: equal frames and equal labels.
#pragma once

#include <cstdint>
#include <vector>

#include "profiler/model/profile.h"

namespace pprof::model {

uint64_t HashOfSample(const Profile& profile, const Sample& sample);

// Compares the frames and the label sets. REQUIRES: both samples are of `profile`.
bool SameSample(const Profile& profile, const Sample& a, const Sample& b);

// REQUIRES: labels sorted by key.
uint64_t HashOfLabels(const std::vector<Label>& labels);
bool SameLabels(const std::vector<Label>& a, const std::vector<Label>& b);

// Signed overflow is undefined in C++, and profile values are unbounded.
inline int64_t WrappingAdd(int64_t a, int64_t b) {
  return static_cast<int64_t>(static_cast<uint64_t>(a) + static_cast<uint64_t>(b));
}
inline int64_t WrappingSubtract(int64_t a, int64_t b) {
  return static_cast<int64_t>(static_cast<uint64_t>(a) - static_cast<uint64_t>(b));
}

}  // namespace pprof::model
