#include "endpoints/handlers/profile_handler.h"

#include <chrono>
#include <memory>
#include <ostream>
#include <thread>
#include <utility>

#include "endpoints/answers/answers.h"
#include "endpoints/answers/capped_buffer.h"
#include "endpoints/handlers/query.h"
#include "endpoints/limits/memory_reserve.h"
#include "pprof/recording.h"
#include "profiler/monitoring/history.h"

namespace pprof::http {
namespace {

using Clock = std::chrono::steady_clock;

// The parsed query for a profile.
struct ProfileRequest {
  int seconds = 0;  // 0: the current state
  int hz = kDefaultHz;
  Format format = Format::kProto;
  SymbolDetail symbols = SymbolDetail::kFull;
  int samples = 0;  // 0: all
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

// Checks in Go's order; as in Go, a recording has no text form and ignores `debug`.
Result<ProfileRequest> ReadProfileRequest(const ProfileType& type, const Query& query,
                                          int max_seconds) {
  auto seconds = query.Seconds(max_seconds);
  if (!seconds.ok()) return seconds.status();
  ProfileRequest wanted;
  wanted.seconds = seconds.value();
  auto symbols = query.Symbolize();
  if (!symbols.ok()) return symbols.status();
  wanted.symbols = symbols.value();
  auto samples = query.Samples();
  if (!samples.ok()) return samples.status();
  wanted.samples = samples.value();
  wanted.parameters = DeclaredParameters(type.parameters, query);
  if (IsRecording(type)) {
    auto hz = query.Hz(kDefaultHz);
    if (!hz.ok()) return hz.status();
    wanted.hz = hz.value();
    if (wanted.seconds == 0) wanted.seconds = std::min(kDefaultSeconds, max_seconds);
    return wanted;
  }
  const int debug = query.LenientInt("debug");
  if (debug != 0 && wanted.seconds > 0) {
    return Status(StatusCode::kInvalidArgument, "seconds and debug params are incompatible");
  }
  // As in Go: 1 is grouped text, 2 and more the full dump if the profile has one.
  wanted.format = debug <= 0                   ? Format::kProto
                  : debug > 1 && type.has_dump ? Format::kDump
                                               : Format::kText;
  return wanted;
}

// False if cancelled. Polls every 50 ms, so that stopping takes less than 200 ms.
bool WaitFor(int seconds, const std::function<bool()>& cancelled) {
  const auto end = Clock::now() + std::chrono::seconds(seconds);
  while (Clock::now() < end) {
    if (cancelled && cancelled()) return false;
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now());
    std::this_thread::sleep_for(std::min(left, std::chrono::milliseconds(50)));
  }
  return true;
}

Status Cancelled() { return {StatusCode::kCancelled, "client left or server is stopping"}; }

// In the history, what costs time for as long as it runs.
void MarkRequest(const ProfileType& type, const ProfileRequest& wanted) {
  monitoring::History::MarkIfMade(monitoring::MarkKind::kRequest,
                                  type.name + " " + std::to_string(wanted.seconds) + " s");
}

Result<Snapshot> Record(const ProfileType& type, const ProfileRequest& wanted,
                        const Request& request, const Context& context) {
  RecordingOptions options;
  options.hz = wanted.hz;
  options.parameters = wanted.parameters;
  options.most_at_once = kMaxRecordings;
  auto recording = Recording::Start(type.name, options);
  if (!recording.ok()) {
    const bool too_many = recording.status().code() == StatusCode::kUnavailable;
    if (too_many) context.refusals.Count(Refusal::kRecordings);
    return recording.status();
  }
  MarkRequest(type, wanted);
  if (!WaitFor(wanted.seconds, request.cancelled)) return Cancelled();
  return std::move(recording).value().Stop();
}

Result<Snapshot> CollectDelta(const ProfileType& type, const ProfileRequest& wanted,
                              const Request& request) {
  // Keeps the settings made for this request until the second collect has ended.
  Result<std::shared_ptr<void>> prepared = std::shared_ptr<void>();
  if (type.prepare) prepared = type.prepare(wanted.parameters);
  if (!prepared.ok()) return prepared.status();
  auto before = Collect(type.name, wanted.parameters, request.cancelled);
  if (!before.ok()) return before.status();
  MarkRequest(type, wanted);
  if (!WaitFor(wanted.seconds, request.cancelled)) return Cancelled();
  auto after = Collect(type.name, wanted.parameters, request.cancelled);
  if (!after.ok()) return after.status();
  return std::move(after).value().Since(before.value());
}

Result<Snapshot> Take(const ProfileType& type, const ProfileRequest& wanted, const Request& request,
                      const Context& context) {
  if (IsRecording(type)) return Record(type, wanted, request, context);
  if (wanted.seconds > 0) return CollectDelta(type, wanted, request);
  if (type.prepare && !wanted.parameters.empty()) {
    return Status(StatusCode::kInvalidArgument,
                  "\"" + wanted.parameters.begin()->first +
                      "\" applies to the duration of a request: add seconds, such as seconds=10");
  }
  return Collect(type.name, wanted.parameters, request.cancelled);
}

Response WithHeaders(const ProfileType& type, const ProfileRequest& wanted) {
  Response response;
  if (wanted.format != Format::kProto) {
    response.headers.emplace("Content-Type", kPlainText);
    return response;
  }
  const bool delta = !IsRecording(type) && wanted.seconds > 0;
  response.headers.emplace("Content-Type", kBinary);
  response.headers.emplace("Content-Disposition",
                           "attachment; filename=\"" + type.name + (delta ? "-delta\"" : "\""));
  return response;
}

// Clients wait a few seconds longer than the profile takes, but not forever.
SymbolOptions OptionsOf(const ProfileRequest& wanted, const Request& request) {
  SymbolOptions options;
  options.detail = wanted.symbols;
  options.cancelled = request.cancelled;
  options.within = std::chrono::seconds(2);
  if (wanted.seconds > 0) options.within = std::chrono::milliseconds(500) * wanted.seconds;
  return options;
}

Answer Write(const Snapshot& snapshot, const ProfileType& type, const ProfileRequest& wanted,
             const Request& request, size_t max_bytes) {
  const SymbolizedSnapshot symbolized = snapshot.Symbolize(OptionsOf(wanted, request));
  CappedBuffer buffer(max_bytes, wanted.format != Format::kProto, request.cancelled);
  std::ostream out(&buffer);
  const Status written = symbolized.WriteTo(out, wanted.format);
  if (buffer.out_of_memory()) throw std::bad_alloc();
  if (buffer.was_cancelled()) return ErrorAnswer(Cancelled());
  if (buffer.overflowed()) {
    return ErrorAnswer(500, "the profile is larger than the limit of " + std::to_string(max_bytes) +
                                " bytes; raise Options::max_answer_bytes or sample less often");
  }
  if (!written.ok()) return ErrorAnswer(written);
  Answer answer = WithHeaders(type, wanted);
  answer.profile = buffer.Take();
  return answer;
}

Response Refuse(const Context& context, Refusal cause, const char* why) {
  context.refusals.Count(cause);
  return ErrorAnswer(Status(StatusCode::kUnavailable, why));
}

Response NoMemory(const Context& context) {
  return Refuse(context, Refusal::kMemory,
                "a profile may need 8 MiB, and less is left of the memory limit of this process; "
                "try again when there is more");
}

// Errors: std::bad_alloc.
Answer TakeAndWrite(const ProfileType& type, const ProfileRequest& wanted, const Request& request,
                    const Context& context, const MemoryReserve& reserve) {
  auto snapshot = Take(type, wanted, request, context);
  if (!snapshot.ok()) return ErrorAnswer(snapshot.status());
  // The program may have grown during a recording.
  if (wanted.seconds > 0 && !reserve.StillEnough()) return NoMemory(context);
  if (wanted.samples > 0 && wanted.format != Format::kDump) {
    snapshot = snapshot.value().Largest(static_cast<size_t>(wanted.samples));
  }
  return Write(snapshot.value(), type, wanted, request, context.options.max_answer_bytes);
}

// A second try has the room that was set aside. Nobody waits for a recording twice.
Answer TakeAndWriteWithRoom(const ProfileType& type, const ProfileRequest& wanted,
                            const Request& request, const Context& context,
                            const MemoryReserve& reserve) {
  try {
    return TakeAndWrite(type, wanted, request, context, reserve);
  } catch (const std::bad_alloc&) {
    if (wanted.seconds > 0 || context.room == nullptr) throw;
  }
  const RoomReserve::Loan room(*context.room);
  if (!room.granted()) throw std::bad_alloc();
  return TakeAndWrite(type, wanted, request, context, reserve);
}

}  // namespace

Answer ServeProfile(const ProfileType& type, const Request& request, const Context& context) {
  auto query = Query::Parse(request.query);
  if (!query.ok()) return ErrorAnswer(query.status());
  auto wanted = ReadProfileRequest(type, query.value(), context.options.max_seconds);
  if (!wanted.ok()) return ErrorAnswer(wanted.status());
  if (request.method == "HEAD") return WithHeaders(type, wanted.value());
  const MemoryReserve reserve;
  if (!reserve.enough()) return NoMemory(context);
  if (!IsRecording(type) && !context.dumps.Take()) {
    return Refuse(context, Refusal::kDumps, "too many profiles were asked for; try again in 1 s");
  }
  try {
    return TakeAndWriteWithRoom(type, wanted.value(), request, context, reserve);
  } catch (const std::bad_alloc&) {
    return Refuse(context, Refusal::kMemory,
                  "no memory for this profile: the address space of the process (RLIMIT_AS) or the "
                  "memory that the machine promises is used up; try again when there is more");
  }
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
