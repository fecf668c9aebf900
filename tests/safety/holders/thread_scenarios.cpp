// Memory that a thread holds: its thread-locals, its stack.
#include <pthread.h>

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "scenarios.h"

namespace pprof::holders_test {
namespace {

using Verdict = Expectation::Verdict;

constexpr int kFew = 50;

// Parks threads for good, at a place where they wait in the kernel.
// Never destroyed: threads wait for them.
std::mutex& mutex = *new std::mutex;
std::condition_variable& parked_one = *new std::condition_variable;
int parked;
__attribute__((noinline)) void Park() {
  std::unique_lock<std::mutex> lock(mutex);
  ++parked;
  parked_one.notify_all();
  parked_one.wait(lock, [] { return false; });
}

// Starts a thread that runs `body` and stays, and waits until it is parked.
void StartParked(void (*body)()) {
  int before = 0;
  {
    const std::lock_guard<std::mutex> lock(mutex);
    before = parked;
  }
  std::thread(body).detach();
  std::unique_lock<std::mutex> lock(mutex);
  parked_one.wait(lock, [&] { return parked > before; });
}

__attribute__((noinline)) void ClearStack() {
  volatile char bytes[16384];
  for (volatile char& byte : bytes) byte = 0;
}

thread_local std::vector<std::unique_ptr<char[]>> thread_buffers;
void ThreadLocal(std::mt19937&) {
  StartParked([] {
    for (int i = 0; i < kFew; ++i) thread_buffers.emplace_back(Buffer(700));
    Park();
  });
}

__attribute__((noinline)) void HoldOnStack() {
  char* pointers[kFew];
  for (char*& pointer : pointers) pointer = Buffer(400);
  __asm__ volatile("" ::"r"(pointers) : "memory");
  Park();
  __asm__ volatile("" ::"r"(pointers) : "memory");
}
void OnStack(std::mt19937&) {
  StartParked([] { HoldOnStack(); });
}

__attribute__((noinline)) void LeaveOnStack() {
  char* volatile pointers[kFew];
  for (char* volatile& pointer : pointers) pointer = Buffer(90);
  __asm__ volatile("" ::"r"(pointers) : "memory");
}
void DeadStack(std::mt19937&) {
  StartParked([] {
    LeaveOnStack();
    Park();
  });
}

pthread_key_t key;
__attribute__((noinline)) void SetSpecific() {
  auto* table = new char*[kFew];
  for (int i = 0; i < kFew; ++i) table[i] = Buffer(100);
  pthread_setspecific(key, table);
}
void Specific(std::mt19937&) {
  pthread_key_create(&key, nullptr);
  StartParked([] {
    SetSpecific();
    ClearStack();
    Park();
  });
}

}  // namespace

std::vector<Scenario> ThreadScenarios() {
  constexpr Verdict kHeld = Verdict::kHeld;
  // What glibc and libstdc++ allocate for a thread.
  const std::string kOfThreads = "control block of thread|tls_dtor_list of|in the stack of thread";
  return {{{"thread_local", kHeld, "::thread_buffers of thread|" + kOfThreads}, ThreadLocal},
          {{"on a stack", kHeld, "HoldOnStack in the stack of thread|" + kOfThreads}, OnStack},
          {{"left on a dead stack", Verdict::kLost, kOfThreads}, DeadStack},
          {{"pthread_setspecific", kHeld, kOfThreads}, Specific}};
}

}  // namespace pprof::holders_test
