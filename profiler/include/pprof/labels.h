// Labels: which route, tenant or job a thread works for. They appear in every profile, heap among
// them: `pprof -tags` then says who holds the memory.
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

// A set of key-value pairs, interned: two words to copy, nothing to free. At most 65,534 distinct
// sets in the life of a process; further ones become {"pprof::labels": "table full"}: label with
// routes and tenants, not with request numbers.
// Thread safety: a value. Not signal-safe to make: locks and allocates; copying is.
class LabelSet {
 public:
  LabelSet() = default;  // no labels
  // Of pairs with the same key the last one counts.
  LabelSet(std::initializer_list<std::pair<std::string_view, std::string_view>> pairs);

  // The labels in force in the calling thread; hand it to a pool's thread for ScopedLabels there.
  static LabelSet Current();

  // These labels and those of `other`; on equal keys the other's count.
  LabelSet With(const LabelSet& other) const;

  const std::vector<Label>& labels() const;
  uint32_t id() const { return id_; }

 private:
  explicit LabelSet(uint32_t id) : id_(id) {}
  friend class ScopedLabels;

  uint32_t id_ = 0;
};

// Adds labels to the calling thread's for the scope's time, and puts back what was there before.
// Threads started meanwhile inherit them. REQUIRES: destroyed by the thread that made it, in
// reverse order. Signal-safe with a set made before.
class [[nodiscard]] ScopedLabels {
 public:
  explicit ScopedLabels(const LabelSet& labels);
  ~ScopedLabels();
  ScopedLabels(const ScopedLabels&) = delete;
  ScopedLabels& operator=(const ScopedLabels&) = delete;

 private:
  uint32_t before_;
};

// Calls `body` under `labels`, as Go's pprof.Do.
template <class Body>
decltype(auto) Do(const LabelSet& labels, Body&& body) {
  const ScopedLabels scope(labels);
  return std::forward<Body>(body)();
}

}  // namespace pprof
