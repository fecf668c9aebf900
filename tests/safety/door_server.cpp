// A server with profiles for hostile clients, driven by tests/safety/*.py. Prints "port N" and
// serves until its standard input ends.
//
//   door_server [--token T] [--listen ADDRESS] [--burst N] [--allow-host NAME] [--log]
#include <pprof/http.h>
#include <pprof/pprof.h>

#include <array>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <iostream>
#include <memory>
#include <random>
#include <string>

namespace {

std::atomic<int> recording{0};
std::atomic<int> recordings_started{0};
std::atomic<int> resets{0};

const std::vector<pprof::ValueType>& Values() {
  static const auto* const values =
      new std::vector<pprof::ValueType>{{"samples", "count", pprof::ValueType::Delta::kDifference}};
  return *values;
}

class FakeRecorder : public pprof::Recorder {
 public:
  FakeRecorder() {
    ++recording;
    ++recordings_started;
  }
  ~FakeRecorder() override { --recording; }
  pprof::Status Stop(pprof::SnapshotBuilder& builder) override {
    builder.AddNamed("recorded", {1});
    return pprof::Status();
  }
};

pprof::ProfileType Recorded() {
  pprof::ProfileType type;
  type.name = "door.recorded";
  type.description = "Records nothing for the requested time";
  type.values = Values();
  type.record = [](int) -> pprof::Result<std::unique_ptr<pprof::Recorder>> {
    return std::unique_ptr<pprof::Recorder>(new FakeRecorder);
  };
  return type;
}

pprof::ProfileType Collected(const std::string& name, int samples) {
  pprof::ProfileType type;
  type.name = name;
  type.description = "A profile with samples that are <b>named</b>";
  type.values = Values();
  type.collect = [samples](pprof::SnapshotBuilder& builder) {
    std::mt19937_64 random(samples);
    std::array<uintptr_t, 8> pcs;  // in no mapping: nothing to symbolize
    for (int i = 0; i < samples; ++i) {
      for (uintptr_t& pc : pcs) pc = random() >> 20;
      builder.Add(pprof::StackView{pcs.data(), pcs.size(), false, false}, {i});
    }
    return pprof::Status();
  };
  type.actions.push_back({"reset", "Resets it", {}, [](const pprof::Parameters&) {
                            ++resets;
                            return pprof::Status();
                          }});
  return type;
}

// State of the program as numbers, so that a test can see the effect of a request.
pprof::ProfileType State(const std::string& name, std::atomic<int>& number) {
  pprof::ProfileType type = Collected(name, 1);
  type.actions.clear();
  type.count = [&number] { return number.load(); };
  return type;
}

void RegisterAll() {
  for (pprof::ProfileType type :
       {Recorded(), Collected("door.small", 3), Collected("door.big", 25000),
        State("door.recording", recording), State("door.started", recordings_started),
        State("door.resets", resets)}) {
    const pprof::Status status = pprof::Register(std::move(type));
    if (!status.ok()) std::cerr << status.message() << "\n";
  }
}

pprof::http::Options ReadOptions(int argc, char** argv) {
  pprof::http::Options options;
  options.address = "127.0.0.1:0";
  options.dumps_per_second = 1e6;
  options.dump_burst = 1e6;
  for (int i = 1; i < argc; ++i) {
    const std::string name = argv[i];
    const std::string value = i + 1 < argc ? argv[i + 1] : "";
    if (name == "--token") options.token = value;
    if (name == "--listen") options.address = value;
    if (name == "--burst") options.dump_burst = options.dumps_per_second = std::stod(value);
    if (name == "--allow-host") options.allowed_hosts.push_back(value);
    if (name == "--log") {
      options.log = [](const pprof::http::RequestRecord& r) {
        std::fprintf(stderr, "%s \"%s %s\" %d %llu bytes %lld ms\n", r.peer.c_str(),
                     r.method.c_str(), r.path.c_str(), r.status,
                     static_cast<unsigned long long>(r.bytes),
                     static_cast<long long>(r.duration.count()));
      };
    }
  }
  return options;
}

}  // namespace

int main(int argc, char** argv) {
  RegisterAll();
  auto server = pprof::http::Server::Start(ReadOptions(argc, argv));
  if (!server.ok()) {
    std::cerr << server.status().message() << "\n";
    return 1;
  }
  std::cout << "port " << server.value().port() << "\n" << std::flush;
  for (std::string line; std::getline(std::cin, line);) {
    if (line == "refused") {
      for (const auto& [cause, count] : server.value().refused()) {
        std::cout << cause << "=" << count << " ";
      }
      std::cout << "\n" << std::flush;
    }
  }
  return 0;
}
