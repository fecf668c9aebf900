// Replaces pprof/labels.h in demo_app_plain, the demo without pprof-cpp.
#pragma once

#include <initializer_list>
#include <string_view>
#include <utility>

namespace pprof {

struct LabelSet {
  LabelSet(std::initializer_list<std::pair<std::string_view, std::string_view>>) {}
};

struct ScopedLabels {
  explicit ScopedLabels(const LabelSet&) {}
  ~ScopedLabels() {}  // not trivial: otherwise the variable would be reported as unused
};

}  // namespace pprof
