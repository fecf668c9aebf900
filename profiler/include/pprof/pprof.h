// pprof-cpp: profiles of the running program in the format the `pprof` tool reads.
//
//   #include <pprof/http.h>
//   auto server = pprof::http::Server::Start();   // curl http://127.0.0.1:6060/debug/pprof/heap
//
// Without HTTP:
//
//   auto heap = pprof::Collect("heap");
//   if (heap.ok()) heap.value().WriteTo(file);
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

struct WriteOptions {
  Format format = Format::kProto;
  SymbolDetail symbols = SymbolDetail::kFull;
  // How long looking names up may take. What takes longer keeps the names that symbol tables have,
  // a comment in the profile says so, and it is finished in the background for the next time.
  std::chrono::nanoseconds symbols_within = std::chrono::nanoseconds::max();
  // True when nobody waits any more; asked every 20 ms or so, by the thread that writes, while
  // names are looked up. Nothing is written then, and the Status is kCancelled.
  std::function<bool()> cancelled;
};

// The samples of one profile at one moment. Immutable; copying copies a pointer.
// Thread safety: safe. Ownership: shared, nothing to free. Not signal-safe: allocates.
class Snapshot {
 public:
  // REQUIRES: data is not null. Made by Collect() and SnapshotBuilder, not by users.
  explicit Snapshot(std::shared_ptr<const model::Profile> data) : data_(std::move(data)) {}

  // Writes all of it; the Status is the last write's. Symbolizes: takes milliseconds to seconds.
  Status WriteTo(std::ostream& out, Format format = Format::kProto) const;
  Status WriteTo(std::ostream& out, const WriteOptions& options) const;

  // What happened since `earlier`: totals subtracted, current values from this one.
  // Not OK when `earlier` is of another profile: kInvalidArgument.
  Result<Snapshot> Since(const Snapshot& earlier) const;

  uint64_t lost_samples() const;  // samples that happened and could not be kept
  size_t sample_count() const;    // distinct stacks
  int64_t total(size_t value_index) const;

  const model::Profile& data() const { return *data_; }

 private:
  std::shared_ptr<const model::Profile> data_;
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

// For each address the demangled name of the function that contains it; empty where it is unknown.
// Looks up all of them in one batch: takes milliseconds to seconds. Thread safety: safe.
// Not signal-safe: allocates and reads files.
std::vector<std::string> FunctionNames(const std::vector<uint64_t>& addresses);

// What is sampled, and how often. Takes effect at once in all threads (heap: within 256 KiB
// allocated per thread).
struct Sampling {
  // Mean bytes between two heap samples; 0 switches heap sampling off, 1 samples everything.
  size_t heap_interval = 512 * 1024;
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
