// Checks which system calls of the application return EINTR when they are hit by a signal meant for
// a running thread (the table in docs/signal_safety.md), and that profiles do not signal waiting
// threads.
#include <errno.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <semaphore.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/msg.h>
#include <sys/select.h>
#include <sys/sem.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <fstream>
#include <functional>
#include <map>
#include <mutex>
#include <sstream>
#include <string>
#include <thread>

#include "pprof/recording.h"
#include "profiler/sys/thread/tasks.h"
#include "profiler/sys/thread/this_thread.h"
#include "profiler/sys/thread/thread_signal.h"

namespace pprof {
namespace {

struct Pipe {
  Pipe() { static_cast<void>(pipe(ends) + 0); }
  ~Pipe() {
    close(ends[0]);
    close(ends[1]);
  }
  int ends[2];
};

// The time after which calls end by themselves. It is long where the test ends them, so that they
// still wait then on any machine, and short where they must come back without that.
std::chrono::milliseconds patience{0};

timespec Patience() { return {patience.count() / 1000, patience.count() % 1000 * 1000000}; }
int PatienceMillis() { return static_cast<int>(patience.count()); }
timespec PatienceFromNow(clockid_t clock) {
  timespec time{};
  clock_gettime(clock, &time);
  const timespec more = Patience();
  const long nanos = time.tv_nsec + more.tv_nsec;
  return {time.tv_sec + more.tv_sec + nanos / 1000000000, nanos % 1000000000};
}

// A call that waits; `release` ends it. It returns errno, 0 for success.
struct WaitingCall {
  std::function<int()> call;
  std::function<void()> release;
};

int ErrorOf(long result) { return result < 0 ? errno : 0; }

// A listening socket without a client yet.
struct Listener {
  explicit Listener(bool with_limit) : fd(socket(AF_UNIX, SOCK_STREAM, 0)) {
    address.sun_family = AF_UNIX;  // an abstract name: of this process
    std::snprintf(address.sun_path + 1, sizeof address.sun_path - 1, "pprof-eintr-%d-%d", getpid(),
                  fd);
    EXPECT_EQ(bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(listen(fd, 1), 0);
    const timeval limit{60, 0};
    if (with_limit) setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  }
  void Knock() const {
    const int other = socket(AF_UNIX, SOCK_STREAM, 0);
    EXPECT_EQ(connect(other, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    close(other);
  }
  WaitingCall Accept() const {
    return {[this] {
              const int accepted = accept(fd, nullptr, nullptr);
              const int error = ErrorOf(accepted);
              if (accepted >= 0) close(accepted);
              return error;
            },
            [this] { Knock(); }};
  }
  sockaddr_un address{};
  int fd;
};

// Kernel objects that would outlive the process.
struct KernelObjects {
  ~KernelObjects() {
    msgctl(queue, IPC_RMID, nullptr);
    semctl(semaphores, 0, IPC_RMID);
  }
  int queue = msgget(IPC_PRIVATE, 0600);
  int semaphores = semget(IPC_PRIVATE, 1, 0600);
};

std::map<std::string, WaitingCall> MoreCalls() {
  static const Listener plain(false), limited(true);
  static const KernelObjects objects;
  static const int queue = objects.queue, semaphores = objects.semaphores;
  struct Message {
    long type;
    char text[1];
  };
  std::map<std::string, WaitingCall> calls;
  calls["accept"] = plain.Accept();
  calls["accept with SO_RCVTIMEO"] = limited.Accept();
  calls["clock_nanosleep"] = {[] {
                                const timespec time = Patience();
                                return clock_nanosleep(CLOCK_MONOTONIC, 0, &time, nullptr);
                              },
                              [] {}};
  calls["ppoll"] = {[] {
                      const timespec time = Patience();
                      return ErrorOf(ppoll(nullptr, 0, &time, nullptr));
                    },
                    [] {}};
  calls["msgrcv"] = {[] {
                       Message message;
                       return ErrorOf(msgrcv(queue, &message, 1, 0, 0));
                     },
                     [] {
                       const Message message{1, {'x'}};
                       msgsnd(queue, &message, 1, 0);
                     }};
  calls["semop"] = {[] {
                      sembuf take{0, -1, 0};
                      return ErrorOf(semop(semaphores, &take, 1));
                    },
                    [] {
                      sembuf give{0, 1, 0};
                      semop(semaphores, &give, 1);
                    }};
  return calls;
}

// The calls in the table, by name.
std::map<std::string, WaitingCall> Calls() {
  static Pipe wire;
  static int pair[2];
  static int timed[2];
  static sem_t semaphore;
  static std::mutex mutex;
  static std::condition_variable condition;
  static int poller = epoll_create1(0);
  static const bool ready = [] {
    sem_init(&semaphore, 0, 0);
    const timeval limit{60, 0};
    return socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0 &&
           socketpair(AF_UNIX, SOCK_STREAM, 0, timed) == 0 &&
           setsockopt(timed[0], SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) == 0;
  }();
  EXPECT_TRUE(ready);
  const auto write_to = [](int fd) { return [fd] { EXPECT_EQ(write(fd, "x", 1), 1); }; };
  const auto read_from = [](int fd) {
    return [fd] {
      char byte;
      return ErrorOf(read(fd, &byte, 1));
    };
  };
  const auto nothing = [] {};
  std::map<std::string, WaitingCall> calls;
  calls["read"] = {read_from(wire.ends[0]), write_to(wire.ends[1])};
  calls["recv"] = {read_from(pair[0]), write_to(pair[1])};
  calls["recv with SO_RCVTIMEO"] = {read_from(timed[0]), write_to(timed[1])};
  calls["sem_wait"] = {[] { return ErrorOf(sem_wait(&semaphore)); }, [] { sem_post(&semaphore); }};
  calls["sem_timedwait"] = {[] {
                              const timespec end = PatienceFromNow(CLOCK_REALTIME);
                              const int error = ErrorOf(sem_timedwait(&semaphore, &end));
                              return error == ETIMEDOUT ? 0 : error;
                            },
                            nothing};
  calls["pthread_mutex_lock"] = {[] {
                                   const std::lock_guard<std::mutex> lock(mutex);
                                   return 0;
                                 },
                                 [] { mutex.unlock(); }};
  calls["pthread_cond_timedwait"] = {[] {
                                       static std::mutex own;
                                       std::unique_lock<std::mutex> lock(own);
                                       condition.wait_for(lock, patience);
                                       return 0;
                                     },
                                     [] { condition.notify_all(); }};
  calls["nanosleep"] = {[] {
                          const timespec time = Patience();
                          return ErrorOf(nanosleep(&time, nullptr));
                        },
                        nothing};
  calls["usleep"] = {
      [] { return ErrorOf(usleep(static_cast<useconds_t>(PatienceMillis()) * 1000)); }, nothing};
  calls["poll"] = {[] { return ErrorOf(poll(nullptr, 0, PatienceMillis())); }, nothing};
  calls["select"] = {[] {
                       timeval time{patience.count() / 1000, patience.count() % 1000 * 1000};
                       return ErrorOf(select(0, nullptr, nullptr, nullptr, &time));
                     },
                     nothing};
  calls["epoll_wait"] = {[] {
                           epoll_event event;
                           return ErrorOf(epoll_wait(poller, &event, 1, PatienceMillis()));
                         },
                         nothing};
  calls["sigtimedwait"] = {[] {
                             sigset_t set;
                             sigemptyset(&set);
                             sigaddset(&set, SIGUSR2);
                             const timespec time = Patience();
                             const int result = sigtimedwait(&set, nullptr, &time);
                             return result < 0 && errno == EAGAIN ? 0 : ErrorOf(result);
                           },
                           nothing};
  if (ready) mutex.lock();
  for (auto& call : MoreCalls()) calls.insert(call);
  return calls;
}

// Runs the call in a thread, calls `disturb` while it waits, and returns its errno.
int Disturbed(const WaitingCall& waiting, const std::function<void(int32_t)>& disturb) {
  std::atomic<int32_t> tid{0};
  std::atomic<int> error{-1};
  std::thread thread([&] {
    tid = sys::ThreadId();
    error = waiting.call();
  });
  sys::TaskSyscall call;
  sys::TaskStat stat;
  while (error < 0 && (tid == 0 || !sys::ReadTaskStat(tid, &stat) || stat.state != 'S' ||
                       sys::ReadTaskSyscall(tid, &call) != sys::TaskRead::kOk || !call.in_kernel)) {
    std::this_thread::yield();
  }
  disturb(tid);
  waiting.release();
  thread.join();
  return error;
}

// The table's rows: "| `name` | yes |".
std::map<std::string, bool> DocumentedTable() {
  std::ifstream file(PPROF_DOCS "/signal_safety.md");
  std::map<std::string, bool> table;
  bool in_section = false;
  for (std::string line; std::getline(file, line);) {
    if (line.rfind("## ", 0) == 0) in_section = line == "## System calls that can see EINTR";
    if (!in_section || line.rfind("| `", 0) != 0) continue;
    const size_t end = line.find('`', 3);
    const size_t bar = line.find("| ", end);
    table[line.substr(3, end - 3)] = line.compare(bar + 2, 3, "yes") == 0;
  }
  return table;
}

std::atomic<int> handled{0};
void Count(int, void*, void*) { ++handled; }

// Returns after the handler has run, so that the call does not end before.
void Signal(int32_t tid) {
  const int before = handled;
  sys::SignalThread(tid, SIGUSR1);
  while (handled == before) std::this_thread::yield();
}

TEST(Eintr, TheTableOfTheDocumentIsTrue) {
  patience = std::chrono::minutes(1);
  const auto table = DocumentedTable();
  ASSERT_TRUE(sys::InstallHandler(SIGUSR1, Count));  // with the flags of our own handlers
  const auto calls = Calls();
  EXPECT_EQ(table.size(), calls.size()) << "a row of the table is not tried";
  for (const auto& [name, waiting] : calls) {
    ASSERT_EQ(table.count(name), 1u) << name << " is not in docs/signal_safety.md";
    const int error = Disturbed(waiting, Signal);
    EXPECT_EQ(error == EINTR, table.at(name)) << name << ": errno " << error;
  }
}

// Verified to fail if signals are sent to all threads.
TEST(Eintr, NoProfileInterruptsAThreadThatWaits) {
  patience = std::chrono::milliseconds(700);
  auto wall = Recording::Start("wall", 250);
  ASSERT_TRUE(wall.ok());
  for (const auto& [name, waiting] : Calls()) {
    const int error = Disturbed(waiting, [](int32_t) {
      for (int i = 0; i < 5; ++i) ASSERT_TRUE(Collect("goroutine").ok());
    });
    EXPECT_NE(error, EINTR) << name;
  }
}

}  // namespace
}  // namespace pprof
