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
  // Not trivial: or the variable would be reported as unused.
  ~ScopedLabels() {}  // NOLINT(modernize-use-equals-default)
  ScopedLabels(const ScopedLabels&) = delete;
  ScopedLabels& operator=(const ScopedLabels&) = delete;
};

}  // namespace pprof
