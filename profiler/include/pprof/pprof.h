// pprof-cpp: profiles of the running program in the format the `pprof` tool reads.
//
//   #include <pprof/http.h>
//   auto server = pprof::http::Server::Start();   // curl http://127.0.0.1:6060/debug/pprof/heap
//
// Without HTTP:
//
//   auto heap = pprof::Collect("heap");
//   if (heap.ok()) heap.value().Symbolize().WriteTo(file);
//
// Errors: Status and Result, never exceptions. Nothing here is signal-safe: it allocates and locks.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <iosfwd>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "pprof/snapshot_builder.h"
#include "pprof/status.h"

namespace pprof {

// The forms a Snapshot is written in.
enum class Format {
  kProto,  // gzipped profile.proto, symbolized: what `pprof` and the scrapers read (Go's debug=0)
  kText,   // Go's text (debug=1) followed by the memory map: pprof and google-pprof read it
  kDump,   // Go's goroutine dump (debug=2); only profiles with ProfileType::has_dump
};

// How much is looked up for the addresses of a profile.
enum class SymbolDetail {
  kFull,       // functions, inlined ones too, files and lines
  kFunctions,  // names from symbol tables: no debug information is read
  kNone,       // addresses, mappings and build ids only: for readers with the binaries at hand
};

// How names are looked up for the addresses of a Snapshot.
struct SymbolOptions {
  SymbolDetail detail = SymbolDetail::kFull;
  // How long it may take. An address that is not looked up by then keeps the name of its symbol
  // table, a comment in the profile says so, and a thread of low priority finishes the rest for the
  // next snapshot.
  std::chrono::nanoseconds within = std::chrono::nanoseconds::max();
  // Returns true when nobody waits any more: the look-up then stops. Called every 20 ms or so by
  // the thread that symbolizes. May be empty.
  std::function<bool()> cancelled;
};

// A Snapshot with its names, ready to be written. Immutable; copying copies two pointers.
// Thread safety: safe. Ownership: shared, nothing to free. Not signal-safe: allocates.
class SymbolizedSnapshot {
 public:
  // Writes all of it. Errors: kInternal when `out` refuses a write, the last flush included;
  // kUnsupported for kDump of a profile without has_dump.
  Status WriteTo(std::ostream& out, Format format = Format::kProto) const;

 private:
  friend struct model::SnapshotAccess;
  SymbolizedSnapshot() = default;

  std::shared_ptr<const model::Profile> profile_;
  std::shared_ptr<const model::Symbols> symbols_;
};

// The samples of one profile at one moment. Immutable; copying copies a pointer.
// Thread safety: safe. Ownership: shared, nothing to free. Not signal-safe: allocates.
class Snapshot {
 public:
  // Looks the names of all addresses up: milliseconds to seconds. Errors: none; an address without
  // a name stays an address.
  SymbolizedSnapshot Symbolize(const SymbolOptions& options = {}) const;

  // What happened since `earlier`: totals subtracted, current values from this one.
  // Errors: kInvalidArgument when `earlier` is of another profile or has other value types.
  Result<Snapshot> Since(const Snapshot& earlier) const;

  uint64_t lost_samples() const;  // samples that happened and could not be kept
  size_t sample_count() const;    // distinct stacks
  // The sum of one value over all samples; 0 for an index without a value type.
  int64_t total(size_t value_index) const;

 private:
  friend struct model::SnapshotAccess;
  Snapshot() = default;

  std::shared_ptr<const model::Profile> profile_;
};

// A recording in progress, e.g. a CPU profile. Ends when destroyed.
class Recorder {
 public:
  virtual ~Recorder() = default;
  // Stops and hands over what was recorded.
  virtual Status Stop(SnapshotBuilder& builder) = 0;
};

// How the text form (debug=1) of a profile looks.
enum class TextForm { kCount, kHeap, kContention };

// Something a POST does to a profile, e.g. "reset" at /debug/pprof/peak/reset.
struct ProfileAction {
  std::string name;  // the last part of the path; empty: the profile's own path
  std::string description;
  std::vector<std::string> parameters;
  std::function<Status(const Parameters&)> run;
};

// One profile: a value in one table. Route, index line, `seconds=` delta, text form follow from it.
// Exactly one of `collect` and `record` is set.
struct ProfileType {
  std::string name;         // path element, e.g. "heap"; [a-z0-9_.]
  std::string description;  // one sentence for the index page
  std::vector<ValueType> values;
  std::string shown_first;  // value type readers select by default; empty: the last
  TextForm text_form = TextForm::kCount;
  bool has_dump = false;                // has Format::kDump (debug=2)
  std::vector<std::string> parameters;  // query parameters it understands besides Go's
  std::vector<ProfileAction> actions;
  std::function<int64_t()> count;  // number on the index page; cheap; empty: 0
  // Called before the first collect of a request with its `parameters`; what it gives is kept until
  // after the last, e.g. sampling switched on meanwhile. Optional; may give nullptr.
  std::function<Result<std::shared_ptr<void>>(const Parameters&)> prepare;
  std::function<Status(SnapshotBuilder&)> collect;
  std::function<Result<std::unique_ptr<Recorder>>(int hz)> record;
};

// Adds a profile to the registry, for the life of the process.
// Errors: kInvalidArgument when the name is taken or empty or has other characters than [a-z0-9_.],
// or when not exactly one of collect and record is set. Thread safety: safe.
Status Register(ProfileType type);

// All registered profiles, sorted by name; the pointers stay valid for ever. Thread safety: safe.
std::vector<const ProfileType*> ProfileTypes();

// The type of that name, or nullptr. Thread safety: safe.
const ProfileType* FindProfileType(std::string_view name);

// Takes the profile of that name now.
// Errors: kNotFound, kInvalidArgument for a parameter, kUnsupported with the reason.
Result<Snapshot> Collect(std::string_view name, const Parameters& parameters = {});

// What is sampled, and how often. Takes effect at once in all threads (heap: within 256 KiB
// allocated per thread).
struct Sampling {
  // Mean bytes between two heap samples; 0 switches heap sampling off, 1 samples everything.
  size_t heap_interval = size_t{512} * 1024;
  // The block profile keeps waits of at least this long, and shorter ones in proportion; 0 is off.
  std::chrono::nanoseconds block_interval{0};
  // The mutex profile keeps one of so many unlocks that others waited for; 0 is off.
  int mutex_fraction = 0;
};

// Thread safety: safe; the last call wins. Objects sampled before keep the weight they were sampled
// with, so in-use numbers stay right across a change.
Status SetSampling(const Sampling& sampling);
Sampling GetSampling();

}  // namespace pprof
