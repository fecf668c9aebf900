// The interface for custom profile types: a SnapshotBuilder takes samples one by one and becomes an
// immutable Snapshot. See docs/adding_a_profile.md.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "pprof/status.h"

namespace pprof {

struct ProfileType;

namespace model {  // internal to the library
struct Profile;
struct Symbols;
struct SnapshotAccess;
class ProfileBuilder;
}  // namespace model

// One column of a profile.
struct ValueType {
  // How a delta treats this value. Go subtracts every value, which makes inuse_* wrong
  // (golang/go#57765).
  enum class Delta {
    kDifference,  // the value at the end minus the value at the start, e.g. alloc_space
    kAtEnd,       // the value at the end, e.g. inuse_space
  };
  std::string type;  // pprof's name, e.g. "inuse_space"; scrapers reject '-', '/' and blanks
  std::string unit;  // "count", "bytes", "nanoseconds"
  Delta delta = Delta::kDifference;
};

// A key with a string, or with a number and its unit. Shown by `pprof -tags`.
struct Label {
  std::string key;
  std::string text;         // used unless empty
  int64_t number = 0;       // used if text is empty
  std::string number_unit;  // e.g. "bytes"
};

// The return addresses of one stack, leaf first. Does not own them.
struct StackView {
  // Why there is no further frame. Other ends than kRoot are shown as the stack's last frame.
  enum class End : uint8_t {
    kRoot,             // the outermost function was reached
    kTruncated,        // more frames than there was room for
    kNoUnwindInfo,     // code without unwind information
    kUnknownRegister,  // depends on a register whose value is not known
    kBrokenFrame,      // the unwind information leads to no caller
    kUnread,           // the stack is larger than what is read of it
  };
  const uintptr_t* pcs = nullptr;
  size_t depth = 0;
  bool leaf_is_exact = false;  // pcs[0] is the interrupted instruction, not a return address
  bool truncated = false;      // the same as kTruncated
  End end = End::kRoot;
};

// Query parameters declared in ProfileType::parameters, as text.
using Parameters = std::map<std::string, std::string, std::less<>>;

// Collects the samples of one profile. Samples with equal stacks and labels are summed up.
// Thread safety: none, one thread fills it. Not async-signal-safe: allocates.
class SnapshotBuilder {
 public:
  // `cancelled`: what cancelled() asks; may be empty.
  SnapshotBuilder(const ProfileType& type, Parameters parameters,
                  std::function<bool()> cancelled = {});
  ~SnapshotBuilder();
  SnapshotBuilder(const SnapshotBuilder&) = delete;
  SnapshotBuilder& operator=(const SnapshotBuilder&) = delete;

  // Adds one sample; `values` has one number per ValueType, in their order. Copies everything.
  // REQUIRES: values.size() equals the number of value types; aborts otherwise.
  void Add(const StackView& stack, const std::vector<int64_t>& values,
           const std::vector<Label>& labels = {});

  // Adds a sample whose only frame is this name, e.g. "pprof::LostSamples".
  void AddNamed(std::string_view frame_name, const std::vector<int64_t>& values);

  // Sampling period: its type and unit, e.g. space/bytes, 524288.
  void SetPeriod(std::string_view type, std::string_view unit, int64_t period);

  // A sentence that readers show with the profile (`pprof -comments`).
  void AddComment(std::string comment);

  // Counts dropped samples; shown by Snapshot::lost_samples() and as a comment.
  void AddLost(uint64_t samples);

  // Duration of the recording. Only for recordings and deltas: scrapers treat a profile with a
  // duration as a delta.
  void SetDuration(std::chrono::nanoseconds duration);

  // Lines appended to the text form (debug=1), each starting with "# ".
  void SetTextTrailer(std::string lines);

  // Whether nobody waits for the profile any more. For collections that take long: they ask every
  // few milliseconds, and end with kCancelled. Thread safety: one thread asks at a time.
  bool cancelled() const;

  // The parameter's text, or nullptr if the request did not set it. Owned by the builder.
  const std::string* parameter(std::string_view name) const;

 private:
  friend struct model::SnapshotAccess;

  std::unique_ptr<model::ProfileBuilder> builder_;
  Parameters parameters_;
  std::function<bool()> cancelled_;
};

}  // namespace pprof
