// Programs that `pprof-cpp attach` is tried on. Each ends with its stdin and prints what it
// noticed.
//
//   attach_host compute | malloc | waits | handler
#include <sys/epoll.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

namespace {

std::atomic<bool> stop{false};

// Sixteen numbers in vector registers. The result is the same in each round, or a register changed.
double Sum() {
  double lanes[16];
  for (int i = 0; i < 16; ++i) lanes[i] = i + 0.5;
  for (int round = 0; round < 20000; ++round) {
    for (double& lane : lanes) lane = lane * 1.0000001 + 0.25;
  }
  double sum = 0;
  for (const double lane : lanes) sum += lane;
  return sum;
}

const char* Compute() {
  const double expected = Sum();
  while (!stop) {
    if (Sum() != expected) return "a register changed";
  }
  return "all was right";
}

// Always inside the allocator, or nearly so.
const char* Malloc() {
  std::vector<void*> blocks(512);
  for (unsigned i = 1; !stop; i = i * 1103515245 + 12345) {
    void*& block = blocks[(i >> 9) % blocks.size()];
    std::free(block);
    block = std::malloc(16 + (i >> 5) % 2048);
    std::memset(block, 1, 16);
  }
  return "all was right";
}

// A stop ends these waits with EINTR, signal(7), unless the tracer takes care.
const char* Waits() {
  const int events = epoll_create1(EPOLL_CLOEXEC);
  epoll_event event{};
  while (!stop) {
    if (epoll_wait(events, &event, 1, 500) < 0) return "epoll_wait was interrupted";
    sigset_t none;
    sigemptyset(&none);
    sigaddset(&none, SIGUSR2);
    const timespec moment{0, 500000000};
    if (sigtimedwait(&none, nullptr, &moment) < 0 && errno != EAGAIN) {
      return "sigtimedwait was interrupted";
    }
    const timespec nap{0, 100000000};
    if (nanosleep(&nap, nullptr) != 0) return "nanosleep was interrupted";
  }
  return "all was right";
}

void EndWithStdin() {
  char byte;
  while (read(STDIN_FILENO, &byte, 1) > 0) {
  }
  stop = true;
}

// Waits in a handler, which may have interrupted the allocator: no point is safe.
const char* InHandler() {
  std::signal(SIGUSR1, [](int) { EndWithStdin(); });
  std::raise(SIGUSR1);
  return "all was right";
}

}  // namespace

int main(int argc, char** argv) {
  const std::string mode = argc > 1 ? argv[1] : "";
  if (mode != "handler") std::thread([] { EndWithStdin(); }).detach();
  std::puts("ready");
  std::fflush(stdout);
  const char* noticed = "no such mode";
  if (mode == "compute") noticed = Compute();
  if (mode == "malloc") noticed = Malloc();
  if (mode == "waits") noticed = Waits();
  if (mode == "handler") noticed = InHandler();
  std::puts(noticed);
  return std::strcmp(noticed, "all was right") == 0 ? 0 : 1;
}
