// Leaks at a given rate until it is killed. For the tests of captures.
//
//   leaker MIB_PER_SECOND [MIB_AT_MOST]     PPROF_CPP_WATCH says where captures go
//
// At MIB_AT_MOST it stays, and reads lines from stdin: "quit" ends it.
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

#include "pprof/http.h"

namespace {

constexpr size_t kMib = size_t{1} << 20;
constexpr size_t kBlock = size_t{64} << 10;

std::vector<void*> leaked;

__attribute__((noinline)) void LeakOneBlock() {
  void* block = std::malloc(kBlock);
  if (block == nullptr) return;  // RLIMIT_AS
  std::memset(block, 1, kBlock);
  leaked.push_back(block);
}

// In steps of a millisecond, as fast as the clock says.
void LeakAt(double bytes_per_second, size_t most) {
  const auto start = std::chrono::steady_clock::now();
  while (leaked.size() * kBlock < most) {
    const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - start;
    const auto due = static_cast<size_t>(passed.count() * bytes_per_second);
    for (size_t i = 0; leaked.size() * kBlock < due && i < 1024; ++i) LeakOneBlock();
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  leaked.reserve(size_t{1} << 20);
  auto options = pprof::http::Options::FromEnvironment();
  if (options.ok()) options.value().address = "127.0.0.1:0";
  auto server = options.ok() ? pprof::http::Server::Start(options.value())
                             : pprof::Result<pprof::http::Server>(options.status());
  if (!server.ok()) {
    std::fprintf(stderr, "watch_leaker: %s\n", server.status().message().c_str());
    return 1;
  }
  std::printf("port %d\n", server.value().port());
  std::fflush(stdout);
  const size_t most = argc > 2 ? std::strtoul(argv[2], nullptr, 10) * kMib : SIZE_MAX;
  LeakAt(std::strtod(argv[1], nullptr) * static_cast<double>(kMib), most);
  std::puts("full");
  std::fflush(stdout);
  char line[64];
  while (std::fgets(line, sizeof line, stdin) != nullptr && std::strcmp(line, "quit\n") != 0) {
  }
  return 0;
}
