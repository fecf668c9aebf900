// A program with something to see in every profile, for the tests of the page. Its names are
// hostile: labels, thread names, a profile with HTML, scripts and 64 KiB names. Prints "port N"
// when every thread is in its state, and serves until its standard input ends.
//
//   ui_server [--token T] [WORD...]      the words are there to be seen in `cmdline`
#include <pprof/http.h>
#include <pprof/labels.h>
#include <pprof/pprof.h>
#include <pthread.h>
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <iostream>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <vector>

// Not of this file alone: names with a scope that a reader knows.
namespace shop {

std::atomic<bool> stop{false};
std::mutex waiting_mutex;
std::condition_variable waiting;
std::mutex contended;
std::mutex first_lock;
std::mutex second_lock;

std::vector<std::unique_ptr<char[]>>& Kept() {
  static auto* const kept = new std::vector<std::unique_ptr<char[]>>;
  return *kept;
}

__attribute__((noinline)) void KeepBuffers(size_t bytes) {
  Kept().push_back(std::make_unique<char[]>(bytes));
}

__attribute__((noinline)) void FillHeap() {
  for (const char* route : {"/orders", "<img src=x onerror=\"window.hostile=1\">"}) {
    const pprof::ScopedLabels labels(pprof::LabelSet{{"route", route}});
    for (int i = 0; i < 8; ++i) KeepBuffers(size_t{1} << 20);
  }
}

__attribute__((noinline)) void Burn() {
  while (!stop) {
    for (volatile int i = 0; i < 1000000; i = i + 1) {
    }
    usleep(2000);
  }
}

__attribute__((noinline)) void HoldLock() {
  while (!stop) {
    const std::lock_guard<std::mutex> lock(contended);
    usleep(2000);
  }
}

__attribute__((noinline)) void WaitForTheEnd() {
  std::unique_lock<std::mutex> lock(waiting_mutex);
  waiting.wait(lock, [] { return stop.load(); });
}

// Two threads, each with a lock that the other wants. They never end.
__attribute__((noinline)) void TakeBoth(std::mutex& mine, std::mutex& other,
                                        std::atomic<int>& ready) {
  mine.lock();
  ++ready;
  while (ready < 2) usleep(100);
  other.lock();
}

}  // namespace shop

namespace {

std::thread Named(const char* name, void (*run)()) {
  return std::thread([name, run] {
    pthread_setname_np(pthread_self(), name);
    run();
  });
}

pprof::ProfileType Type(const std::string& name) {
  pprof::ProfileType type;
  type.name = name;
  type.description = "Made up for the tests: <b onclick=alert(1)>names</b>";
  type.values = {{"samples", "count", pprof::ValueType::Delta::kDifference},
                 {"weight", "bytes", pprof::ValueType::Delta::kDifference}};
  return type;
}

pprof::ProfileType Hostile() {
  pprof::ProfileType type = Type("test.hostile");
  type.collect = [](pprof::SnapshotBuilder& builder) {
    builder.AddNamed("<script>window.hostile=1</script>", {5, 5 << 10});
    builder.AddNamed("<img src=x onerror=window.hostile=1>", {4, 4 << 10});
    builder.AddNamed("\"'><svg onload=window.hostile=1>", {3, 3 << 10});
    // NOLINTNEXTLINE(misc-misleading-bidirectional): on purpose
    builder.AddNamed("safe\u202egnp.exe\u2066\u200b", {2, 2 << 10});
    builder.AddNamed("javascript:window.hostile=1//" + std::string(65536, 'A'), {1, 1 << 10});
    builder.AddComment("<iframe src=javascript:window.hostile=1></iframe>");
    builder.AddLost(7);
    return pprof::Status();
  };
  return type;
}

// Stacks of 20 to 40 frames that share their outer parts.
pprof::ProfileType Large() {
  pprof::ProfileType type = Type("test.large");
  type.collect = [](pprof::SnapshotBuilder& builder) {
    std::mt19937 random(1);
    for (int stack = 0; stack < 2000; ++stack) {
      std::vector<uintptr_t> pcs(20 + random() % 20);
      for (size_t i = 0; i < pcs.size(); ++i) {
        pcs[pcs.size() - 1 - i] = 0x1000 + i * 0x1000 + random() % (i + 1) * 8;
      }
      builder.Add(pprof::StackView{pcs.data(), pcs.size(), true}, {1, int64_t{1} << random() % 20});
    }
    return pprof::Status();
  };
  return type;
}

pprof::http::Options ReadOptions(int argc, char** argv) {
  pprof::http::Options options;
  options.address = "127.0.0.1:0";
  options.dumps_per_second = options.dump_burst = 1e6;
  for (int i = 1; i + 1 < argc; ++i) {
    if (std::string(argv[i]) == "--token") options.token = argv[i + 1];
  }
  return options;
}

std::vector<std::thread> StartThreads() {
  std::vector<std::thread> threads;
  threads.push_back(Named("<i>burner</i>", shop::Burn));
  for (int i = 0; i < 2; ++i) threads.push_back(Named("holder", shop::HoldLock));
  for (int i = 0; i < 5; ++i) threads.push_back(Named("waiter", shop::WaitForTheEnd));
  static std::atomic<int> ready{0};
  std::thread([] { shop::TakeBoth(shop::first_lock, shop::second_lock, ready); }).detach();
  std::thread([] { shop::TakeBoth(shop::second_lock, shop::first_lock, ready); }).detach();
  while (ready < 2) usleep(1000);
  return threads;
}

}  // namespace

int main(int argc, char** argv) {
  shop::FillHeap();
  for (pprof::ProfileType type : {Hostile(), Large()}) {
    const pprof::Status status = pprof::Register(std::move(type));
    if (!status.ok()) std::cerr << status.message() << "\n";
  }
  auto server = pprof::http::Server::Start(ReadOptions(argc, argv));
  if (!server.ok()) {
    std::cerr << server.status().message() << "\n";
    return 1;
  }
  std::vector<std::thread> threads = StartThreads();
  std::cout << "port " << server.value().port() << "\n" << std::flush;
  while (std::cin.get() != EOF) {
  }
  {
    const std::lock_guard<std::mutex> lock(shop::waiting_mutex);
    shop::stop = true;
  }
  shop::waiting.notify_all();
  for (std::thread& thread : threads) thread.join();
  return 0;
}
