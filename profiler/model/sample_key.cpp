#include "profiler/model/sample_key.h"

#include <algorithm>
#include <functional>
#include <string_view>

#include "profiler/model/index_table.h"

namespace pprof::model {

uint64_t HashOfSample(const Profile& profile, const Sample& sample) {
  uint64_t hash = sample.label_set;
  if (sample.is_permanent()) return MixHash(CombineHash(hash, sample.first_frame));
  const uint32_t* frames = profile.frames.data() + sample.first_frame;
  for (uint32_t i = 0; i < sample.depth; ++i) hash = CombineHash(hash, frames[i]);
  return MixHash(hash);
}

bool SameSample(const Profile& profile, const Sample& a, const Sample& b) {
  if (a.is_permanent() || b.is_permanent()) {
    return a.first_frame == b.first_frame && a.label_set == b.label_set;
  }
  const uint32_t* frames = profile.frames.data();
  return a.depth == b.depth && a.label_set == b.label_set &&
         std::equal(frames + a.first_frame, frames + a.first_frame + a.depth,
                    frames + b.first_frame);
}

uint64_t HashOfLabels(const std::vector<Label>& labels) {
  const std::hash<std::string_view> hash_text;
  uint64_t hash = 0;
  for (const Label& label : labels) {
    hash = CombineHash(hash, hash_text(label.key));
    hash = CombineHash(hash, hash_text(label.text));
    hash = CombineHash(hash, static_cast<uint64_t>(label.number));
    hash = CombineHash(hash, hash_text(label.number_unit));
  }
  return MixHash(hash);
}

bool SameLabels(const std::vector<Label>& a, const std::vector<Label>& b) {
  const auto same = [](const Label& x, const Label& y) {
    return x.key == y.key && x.text == y.text && x.number == y.number &&
           x.number_unit == y.number_unit;
  };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), same);
}

}  // namespace pprof::model
