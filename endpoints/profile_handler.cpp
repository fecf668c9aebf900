#include "endpoints/profile_handler.h"

#include <chrono>
#include <memory>
#include <ostream>
#include <thread>
#include <utility>

#include "endpoints/answers.h"
#include "endpoints/capped_buffer.h"
#include "endpoints/query.h"

namespace pprof::http {
namespace {

using Clock = std::chrono::steady_clock;

// What the query asks of a profile.
struct Wish {
  int seconds = 0;  // 0: a snapshot of now
  int hz = kDefaultHz;
  Format format = Format::kProto;
  SymbolDetail symbols = SymbolDetail::kFull;
  Parameters parameters;
};

bool IsRecording(const ProfileType& type) { return static_cast<bool>(type.record); }

Parameters DeclaredParameters(const std::vector<std::string>& declared, const Query& query) {
  Parameters parameters;
  for (const std::string& name : declared) {
    if (const std::string* value = query.Find(name)) parameters.emplace(name, *value);
  }
  return parameters;
}

// Go's order of checks; a recording has no text form, as in Go, and ignores `debug`.
Result<Wish> ReadWish(const ProfileType& type, const Query& query, int max_seconds) {
  auto seconds = query.Seconds(max_seconds);
  if (!seconds.ok()) return seconds.status();
  Wish wish;
  wish.seconds = seconds.value();
  auto symbols = query.Symbolize();
  if (!symbols.ok()) return symbols.status();
  wish.symbols = symbols.value();
  wish.parameters = DeclaredParameters(type.parameters, query);
  if (IsRecording(type)) {
    auto hz = query.Hz(kDefaultHz);
    if (!hz.ok()) return hz.status();
    wish.hz = hz.value();
    if (wish.seconds == 0) wish.seconds = std::min(kDefaultSeconds, max_seconds);
    return wish;
  }
  const int debug = query.LenientInt("debug");
  if (debug != 0 && wish.seconds > 0) {
    return Status(StatusCode::kInvalidArgument, "seconds and debug params are incompatible");
  }
  // As Go: 1 is grouped text, 2 and more the full dump of a profile that has one.
  wish.format = debug <= 0                   ? Format::kProto
                : debug > 1 && type.has_dump ? Format::kDump
                                             : Format::kText;
  return wish;
}

// False when nobody waits any more. Looks every 50 ms, so that stopping takes less than 200 ms.
bool WaitFor(int seconds, const std::function<bool()>& cancelled) {
  const auto end = Clock::now() + std::chrono::seconds(seconds);
  while (Clock::now() < end) {
    if (cancelled && cancelled()) return false;
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now());
    std::this_thread::sleep_for(std::min(left, std::chrono::milliseconds(50)));
  }
  return true;
}

Status Cancelled() { return Status(StatusCode::kCancelled, "the client left or the server stops"); }

Result<Snapshot> Record(const ProfileType& type, const Wish& wish, const Request& request,
                        const Context& context) {
  const auto slot = RecordingSlot::Take();
  if (!slot) {
    context.refusals.Count(Refusal::kRecordings);
    return Status(StatusCode::kUnavailable,
                  "two recordings are running already; try again when one of them has ended");
  }
  const auto start = Clock::now();
  auto recorder = type.record(wish.hz);
  if (!recorder.ok()) return recorder.status();
  if (!WaitFor(wish.seconds, request.cancelled)) return Cancelled();
  SnapshotBuilder builder(type.name, type.values, wish.parameters);
  builder.SetDuration(Clock::now() - start);  // the recorder knows better, and may say so
  const Status stopped = recorder.value()->Stop(builder);
  if (!stopped.ok()) return stopped;
  return Snapshot(builder.Finish());
}

Result<Snapshot> CollectDelta(const ProfileType& type, const Wish& wish, const Request& request) {
  // What the profile switches on for this request stays on until the second collect has ended.
  Result<std::shared_ptr<void>> prepared = std::shared_ptr<void>();
  if (type.prepare) prepared = type.prepare(wish.parameters);
  if (!prepared.ok()) return prepared.status();
  auto before = Collect(type.name, wish.parameters);
  if (!before.ok()) return before.status();
  if (!WaitFor(wish.seconds, request.cancelled)) return Cancelled();
  auto after = Collect(type.name, wish.parameters);
  if (!after.ok()) return after.status();
  return after.value().Since(before.value());
}

Result<Snapshot> Take(const ProfileType& type, const Wish& wish, const Request& request,
                      const Context& context) {
  if (IsRecording(type)) return Record(type, wish, request, context);
  if (!context.dumps.Take()) {
    context.refusals.Count(Refusal::kDumps);
    return Status(StatusCode::kUnavailable, "too many profiles were asked for; try again in 1 s");
  }
  if (wish.seconds > 0) return CollectDelta(type, wish, request);
  if (type.prepare && !wish.parameters.empty()) {
    return Status(StatusCode::kInvalidArgument,
                  "\"" + wish.parameters.begin()->first +
                      "\" holds for the time of a request: it needs seconds, such as seconds=10");
  }
  return Collect(type.name, wish.parameters);
}

Response WithHeaders(const ProfileType& type, const Wish& wish) {
  Response response;
  if (wish.format != Format::kProto) {
    response.headers.emplace("Content-Type", kPlainText);
    return response;
  }
  const bool delta = !IsRecording(type) && wish.seconds > 0;
  response.headers.emplace("Content-Type", kBinary);
  response.headers.emplace("Content-Disposition",
                           "attachment; filename=\"" + type.name + (delta ? "-delta\"" : "\""));
  return response;
}

// Clients wait some seconds longer than the profile lasts, but not for ever.
WriteOptions OptionsOf(const Wish& wish, const Request& request) {
  WriteOptions options;
  options.format = wish.format;
  options.symbols = wish.symbols;
  options.cancelled = request.cancelled;
  options.symbols_within = std::chrono::seconds(2);
  if (wish.seconds > 0) options.symbols_within = std::chrono::milliseconds(500) * wish.seconds;
  return options;
}

Response Write(const Snapshot& snapshot, const ProfileType& type, const Wish& wish,
               const Request& request, size_t max_bytes) {
  CappedBuffer buffer(max_bytes, request.cancelled);
  std::ostream out(&buffer);
  const Status written = snapshot.WriteTo(out, OptionsOf(wish, request));
  if (buffer.was_cancelled()) return ErrorAnswer(Cancelled());
  if (buffer.overflowed()) {
    return ErrorAnswer(500, "the profile is larger than the limit of " + std::to_string(max_bytes) +
                                " bytes; raise Options::max_answer_bytes or sample less often");
  }
  if (!written.ok()) return ErrorAnswer(written);
  Response response = WithHeaders(type, wish);
  response.body = buffer.Take();
  return response;
}

}  // namespace

Response ServeProfile(const ProfileType& type, const Request& request, const Context& context) {
  auto query = Query::Parse(request.query);
  if (!query.ok()) return ErrorAnswer(query.status());
  auto wish = ReadWish(type, query.value(), context.options.max_seconds);
  if (!wish.ok()) return ErrorAnswer(wish.status());
  if (request.method == "HEAD") return WithHeaders(type, wish.value());
  auto snapshot = Take(type, wish.value(), request, context);
  if (!snapshot.ok()) return ErrorAnswer(snapshot.status());
  return Write(snapshot.value(), type, wish.value(), request, context.options.max_answer_bytes);
}

Response RunAction(const ProfileAction& action, const Request& request) {
  auto query = Query::Parse(request.query);
  if (!query.ok()) return ErrorAnswer(query.status());
  const Status done = action.run(DeclaredParameters(action.parameters, query.value()));
  return done.ok() ? TextAnswer("ok\n") : ErrorAnswer(done);
}

bool TakesSeconds(const ProfileType& type, std::string_view query) {
  if (IsRecording(type)) return true;
  const auto parsed = Query::Parse(query);
  if (!parsed.ok()) return false;
  const std::string* seconds = parsed.value().Find("seconds");
  return seconds != nullptr && !seconds->empty();
}

}  // namespace pprof::http
