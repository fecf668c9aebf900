// Labels: the route, tenant or job a thread works for. They appear in every profile, including
// heap: `pprof -tags` then shows whose memory it is.
//
//   pprof::Do(pprof::LabelSet{{"route", "/orders"}}, [&] { Serve(request); });
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pprof/snapshot_builder.h"

namespace pprof {

// An interned set of key-value pairs: 4 bytes to copy, nothing to free. At most 65,534 distinct
// sets per process; further ones become {"pprof::labels": "table full"}, so label with routes and
// tenants, not with request numbers.
// Thread safety: a value. Not async-signal-safe: creating a set allocates. Copying one is safe.
class LabelSet {
 public:
  LabelSet() = default;  // no labels
  // Of pairs with equal keys the last one wins.
  LabelSet(std::initializer_list<std::pair<std::string_view, std::string_view>> pairs);

  // The calling thread's current labels; pass them to a pool's thread for ScopedLabels there.
  static LabelSet Current();

  // The union of both sets; on equal keys `other` wins.
  LabelSet With(const LabelSet& other) const;

  // Sorted by key; valid for the life of the process.
  const std::vector<Label>& labels() const;
  uint32_t id() const { return id_; }

 private:
  explicit LabelSet(uint32_t id) : id_(id) {}
  friend class ScopedLabels;

  uint32_t id_ = 0;
};

// Adds labels to the calling thread's for this scope, then restores the previous ones. Threads
// created in the scope inherit them. REQUIRES: destroyed by the same thread, in reverse order of
// construction. Not async-signal-safe: the constructor allocates when it merges with labels already
// in force.
class [[nodiscard]] ScopedLabels {
 public:
  explicit ScopedLabels(const LabelSet& labels);
  ~ScopedLabels();
  ScopedLabels(const ScopedLabels&) = delete;
  ScopedLabels& operator=(const ScopedLabels&) = delete;

 private:
  uint32_t before_;
};

// Calls `body` under `labels`, like Go's pprof.Do.
template <class Body>
decltype(auto) Do(const LabelSet& labels, Body&& body) {
  const ScopedLabels scope(labels);
  return std::forward<Body>(body)();
}

}  // namespace pprof
