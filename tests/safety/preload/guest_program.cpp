// What programs do under the preload library, by name: see preload_test.py. Prints what it sees.
//
//   guest_program MODE [ARGUMENT]
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <map>
#include <string>
#include <thread>
#include <vector>

namespace {

constexpr timespec kNap{1, 300000000};  // longer than the time until the server starts

void OnSignal(int) {}

void Say(const std::string& text) {
  std::printf("%s\n", text.c_str());
  std::fflush(stdout);
}

// Waits until stdin has something, or for SIGUSR1.
const std::map<std::string, std::function<long()>> kWaits = {
    {"poll",
     [] {
       pollfd in{0, POLLIN, 0};
       return poll(&in, 1, -1);
     }},
    {"ppoll",
     [] {
       pollfd in{0, POLLIN, 0};
       return ppoll(&in, 1, nullptr, nullptr);
     }},
    {"select",
     [] {
       fd_set in;
       FD_ZERO(&in);
       FD_SET(0, &in);
       timeval time{100, 0};
       const int found = select(1, &in, nullptr, nullptr, &time);
       return FD_ISSET(0, &in) && time.tv_sec < 100 ? found : -2;
     }},
    {"pselect",
     [] {
       fd_set in;
       FD_ZERO(&in);
       FD_SET(0, &in);
       return pselect(1, &in, nullptr, nullptr, nullptr, nullptr);
     }},
    {"epoll_wait",
     [] {
       const int epoll = epoll_create1(0);
       epoll_event event{EPOLLIN, {}};
       epoll_ctl(epoll, EPOLL_CTL_ADD, 0, &event);
       return epoll_wait(epoll, &event, 1, -1);
     }},
    {"getchar", [] { return std::getchar() == 'x' ? 1 : 0; }},
    {"compute",
     [] {
       pollfd in{0, POLLIN, 0};
       volatile long work = 0;
       for (;;) {
         for (int i = 0; i < 1000000; ++i) work = work + i;
         if (poll(&in, 1, 0) != 0) return 1;
       }
     }},
    {"allocate",
     [] {
       pollfd in{0, POLLIN, 0};
       while (poll(&in, 1, 0) == 0) {
         for (size_t i = 1; i <= 1000; ++i) {
           void* volatile block = std::malloc(i);
           std::free(block);
         }
       }
       return 1;
     }},
    {"pause", [] { return pause() == -1 && errno == EINTR ? 1 : 0; }},
    {"sigsuspend",
     [] {
       sigset_t none;
       sigemptyset(&none);
       return sigsuspend(&none) == -1 && errno == EINTR ? 1 : 0;
     }},
    {"join",
     [] {
       std::thread([] { std::getchar(); }).join();
       return 1;
     }},
};

// 0 when the whole time is over.
const std::map<std::string, std::function<long()>> kNaps = {
    {"nanosleep", [] { return nanosleep(&kNap, nullptr); }},
    {"clock_nanosleep", [] { return clock_nanosleep(CLOCK_MONOTONIC, 0, &kNap, nullptr); }},
    {"clock_nanosleep_until",
     [] {
       timespec end;
       clock_gettime(CLOCK_REALTIME, &end);
       end.tv_sec += 2;
       return clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &end, nullptr);
     }},
    {"sleep", [] { return sleep(2); }},
    {"usleep", [] { return usleep(1300000); }},
    {"poll_time", [] { return poll(nullptr, 0, 1300); }},
    {"epoll_time",
     [] {
       epoll_event event;
       return epoll_wait(epoll_create1(0), &event, 1, 1300);
     }},
    {"select_time",
     [] {
       timeval time{1, 300000};
       const int found = select(0, nullptr, nullptr, nullptr, &time);
       return found == 0 && time.tv_sec == 0 && time.tv_usec == 0 ? 0 : -2;
     }},
};

// The loader's threads and numbers, before the program has done anything.
int Early() {
  const int first = dup(STDIN_FILENO);
  Say("first descriptor " + std::to_string(first));
  return execlp("ls", "ls", "/proc/self/task", nullptr);
}

int Listen(uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int listener = socket(AF_INET, SOCK_STREAM, 0);
  const int on = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) std::abort();
  if (listen(listener, 64) != 0) std::abort();
  return listener;
}

// Once the server runs: closes all, has 3 for its listener and 4 for its data, and answers "hello".
int CloseAll(uint16_t port, const char* data) {
  while (std::getchar() != '\n') {
  }
  closefrom(3);
  const int listener = Listen(port);
  const int file = open(data, O_RDWR | O_CREAT | O_TRUNC, 0600);
  if (write(file, "record 1\n", 9) != 9) return 1;
  Say("numbers " + std::to_string(listener) + " " + std::to_string(file));
  for (;;) {
    const int client = accept(listener, nullptr, nullptr);
    char request[1000];
    if (client < 0 || read(client, request, sizeof request) < 0) return 1;
    if (write(client, "hello\n", 6) != 6) return 1;
    close(client);
  }
}

__attribute__((noinline)) void LeakForTheHeapProfile() {
  for (int i = 0; i < 1000; ++i) {
    void* volatile block = std::malloc(100000);
    static_cast<void>(block);
  }
}

// The child lives until stdin of both ends.
int ForkOnce() {
  const pid_t child = fork();
  if (child != 0) Say("child " + std::to_string(child));
  while (std::getchar() != EOF) {
  }
  return child == 0 || waitpid(child, nullptr, 0) == child ? 0 : 1;
}

int ForkMany() {
  for (int i = 0; i < 200; ++i) {
    const pid_t child = fork();
    if (child == 0) _exit(access("/proc/self/task", F_OK));
    int status = 1;
    if (waitpid(child, &status, 0) != child || status != 0) return 1;
  }
  return 0;
}

int Daemon() {
  if (daemon(1, 1) != 0) return 1;
  Say("child " + std::to_string(getpid()));
  while (std::getchar() != EOF) {
  }
  return 0;
}

// A child that has another user may not enter its parent's folder.
int OtherUser() {
  const pid_t child = fork();
  if (child != 0) Say("child " + std::to_string(child));
  if (child == 0 && setuid(65534) != 0) return 1;
  while (std::getchar() != EOF) {
  }
  return 0;
}

// Ends with a signal at any system call that an allocating program does not need. In a forked
// child, as in sshd, in which nothing is known yet of the only thread.
int Sandbox(bool by_syscall) {
  std::vector<sock_filter> code = {BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr))};
  for (const unsigned call : {SYS_read, SYS_write, SYS_mmap, SYS_munmap, SYS_brk, SYS_madvise,
                              SYS_futex, SYS_exit_group, SYS_rt_sigreturn}) {
    code.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 0, 1));
    code.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
  }
  code.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS));
  const pid_t child = fork();
  if (child == 0) {
    const sock_fprog filter{static_cast<unsigned short>(code.size()), code.data()};
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    const long failed = by_syscall ? syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &filter)
                                   : prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter, 0, 0);
    if (failed != 0) _exit(3);
    for (int i = 0; i < 10000; ++i) {
      void* volatile block = std::malloc(1000);
      if (i % 2 == 0) std::free(block);
    }
    char end;
    _exit(read(STDIN_FILENO, &end, 1) < 0 ? 4 : 0);  // for longer than the server waits
  }
  int status = -1;
  waitpid(child, &status, 0);
  Say("status " + std::to_string(status));
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string mode = argc > 1 ? argv[1] : "";
  std::signal(SIGUSR1, OnSignal);
  if (const auto wait = kWaits.find(mode); wait != kWaits.end()) {
    Say("waited " + std::to_string(wait->second()));
    return 0;
  }
  if (const auto nap = kNaps.find(mode); nap != kNaps.end()) {
    const auto began = std::chrono::steady_clock::now();
    const long left = nap->second();
    const auto took = std::chrono::steady_clock::now() - began;
    Say("slept " + std::to_string(left) +
        (took >= std::chrono::milliseconds(1300) ? "" : " short"));
    return 0;
  }
  if (mode == "early") return Early();
  if (mode == "closes_all") return CloseAll(static_cast<uint16_t>(std::atoi(argv[2])), argv[3]);
  if (mode == "leak") {
    LeakForTheHeapProfile();
    return std::getchar() == EOF ? 0 : 1;
  }
  if (mode == "fork") return ForkOnce();
  if (mode == "fork_many") return ForkMany();
  if (mode == "daemon") return Daemon();
  if (mode == "prctl" || mode == "seccomp") return Sandbox(mode == "seccomp");
  if (mode == "other_user") return OtherUser();
  return 2;
}
