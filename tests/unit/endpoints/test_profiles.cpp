#include "tests/unit/endpoints/test_profiles.h"

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <stdexcept>

#include "pprof/pprof.h"

namespace pprof::http {
namespace {

TestProfiles& State() {
  static auto* const state = new TestProfiles;
  return *state;
}

class CountingRecorder : public Recorder {
 public:
  CountingRecorder() { ++State().recording; }
  ~CountingRecorder() override { --State().recording; }
  Status Stop(SnapshotBuilder& builder) override {
    ++State().recorded;
    builder.AddNamed("recorded", {1});
    return Status();
  }
};

ProfileType Type(const std::string& name) {
  ProfileType type;
  type.name = name;
  type.description = "Made for <tests> & \"quotes\"";
  type.values = {{"samples", "count", ValueType::Delta::kDifference}};
  return type;
}

ProfileType Collected() {
  ProfileType type = Type("test.collected");
  type.parameters = {"min_age"};
  type.count = [] { return int64_t{State().count}; };
  type.collect = [](SnapshotBuilder& builder) {
    ++State().collected;
    const std::string* parameter = builder.parameter("min_age");
    State().last_parameter = parameter == nullptr ? "" : *parameter;
    builder.AddNamed("collected", {1});
    return Status();
  };
  type.actions.push_back({"reset", "Starts anew", {}, [](const Parameters&) {
                            ++State().resets;
                            return Status();
                          }});
  return type;
}

ProfileType Recorded() {
  ProfileType type = Type("test.recorded");
  type.record = [](int hz) -> Result<std::unique_ptr<Recorder>> {
    State().hz = hz;
    return std::unique_ptr<Recorder>(new CountingRecorder);
  };
  return type;
}

ProfileType Failing(const std::string& name, std::function<Status()> fail) {
  ProfileType type = Type(name);
  type.collect = [fail = std::move(fail)](SnapshotBuilder&) { return fail(); };
  return type;
}

ProfileType Big() {
  ProfileType type = Type("test.big");
  type.collect = [](SnapshotBuilder& builder) {
    for (uintptr_t i = 1; i <= 5000; ++i) {
      const uintptr_t pc = i * 7919;
      builder.Add(StackView{&pc, 1, false, false}, {1});
    }
    return Status();
  };
  return type;
}

bool RegisterAll() {
  const auto unsupported = [] {
    return Status(StatusCode::kUnsupported, "not here: link it otherwise");
  };
  const auto throws = []() -> Status { throw std::runtime_error("/etc/secret"); };
  for (ProfileType type : {Collected(), Recorded(), Big(), Failing("test.unsupported", unsupported),
                           Failing("test.throws", throws)}) {
    const Status status = Register(std::move(type));
    if (status.ok()) continue;
    std::fprintf(stderr, "%s\n", status.message().c_str());
    std::abort();
  }
  return true;
}

}  // namespace

TestProfiles& Profiles() {
  static const bool registered = RegisterAll();
  (void)registered;
  return State();
}

}  // namespace pprof::http
