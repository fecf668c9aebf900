// What a profile type of one's own is written against: a SnapshotBuilder takes samples, one by one,
// and becomes an immutable Snapshot. See docs/adding_a_profile.md.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "pprof/status.h"

namespace pprof {

struct ProfileType;

namespace model {  // the library's own side; nothing of it is public
struct Profile;
struct Symbols;
struct SnapshotAccess;
class ProfileBuilder;
}  // namespace model

// One column of a profile.
struct ValueType {
  // How a delta over some seconds treats it. Go subtracts every value, which spoils inuse_*
  // (golang/go#57765).
  enum class Delta {
    kDifference,  // the value at the end minus the value at the begin, e.g. alloc_space
    kAtEnd,       // the value at the end, e.g. inuse_space
  };
  std::string type;  // in pprof's words, e.g. "inuse_space"; scrapers refuse '-', '/' and blanks
  std::string unit;  // "count", "bytes", "nanoseconds"
  Delta delta = Delta::kDifference;
};

// A key with a string, or with a number and its unit. Shown by `pprof -tags`.
struct Label {
  std::string key;
  std::string text;         // used when not empty
  int64_t number = 0;       // otherwise this
  std::string number_unit;  // e.g. "bytes"
};

// Return addresses of one stack, leaf first.
struct StackView {
  const uintptr_t* pcs = nullptr;
  size_t depth = 0;
  bool leaf_is_exact = false;  // true: pcs[0] is where the thread was, not a return address
  bool truncated = false;      // true: there were more frames towards the root
};

// Query parameters that a profile type declared in ProfileType::parameters, as text.
using Parameters = std::map<std::string, std::string, std::less<>>;

// Collects the samples of one profile at one moment. Equal stacks with equal labels are added up.
// Thread safety: none, one thread fills it. Not signal-safe: allocates.
class SnapshotBuilder {
 public:
  SnapshotBuilder(const ProfileType& type, Parameters parameters);
  ~SnapshotBuilder();
  SnapshotBuilder(const SnapshotBuilder&) = delete;
  SnapshotBuilder& operator=(const SnapshotBuilder&) = delete;

  // Adds one sample; `values` has one number per ValueType, in their order.
  // REQUIRES: values.size() equals the number of value types; aborts otherwise.
  void Add(const StackView& stack, const std::vector<int64_t>& values,
           const std::vector<Label>& labels = {});

  // Adds a sample whose only frame is a name instead of an address, e.g. "pprof::LostSamples".
  void AddNamed(std::string_view frame_name, const std::vector<int64_t>& values);

  // One unit of what is sampled between two samples, e.g. space/bytes, 524288.
  void SetPeriod(std::string_view type, std::string_view unit, int64_t period);

  // A sentence that readers show beside the profile (`pprof -comments`).
  void AddComment(std::string comment);

  // Samples that happened and could not be kept; shown by Snapshot::lost_samples() and as a
  // comment.
  void AddLost(uint64_t samples);

  // How long the recording took. Only for recordings and deltas: scrapers take a duration as
  // "this is a delta".
  void SetDuration(std::chrono::nanoseconds duration);

  // Lines printed behind the samples of the text form (debug=1), each starting with "# ".
  void SetTextTrailer(std::string lines);

  // The parameter's text, or nullptr when the request did not have it.
  const std::string* parameter(std::string_view name) const;

 private:
  friend struct model::SnapshotAccess;

  std::unique_ptr<model::ProfileBuilder> builder_;
  Parameters parameters_;
};

}  // namespace pprof
