#include "endpoints/door/socket/visible_socket.h"

#include <fcntl.h>
#include <pthread.h>

#include <atomic>
#include <system_error>

namespace pprof::http {

// Never freed, since a fork may walk the list at any moment; the next socket reuses the entry.
struct VisibleSocket::Entry {
  std::atomic<bool> taken{true};
  std::atomic<int> number{-1};  // released after `identity`
  FileIdentity identity;
  Entry* next = nullptr;
};

namespace {

using Entry = VisibleSocket::Entry;

std::atomic<Entry*> entries{nullptr};

// Below the usual limit of 1024, above the numbers that programs and shells choose themselves.
constexpr int kFirstHighNumber = 900;
// Where RLIMIT_NOFILE is lower.
constexpr int kLowerNumbers[] = {240, 120, 60};

void CloseIfIntact(Entry& entry) {
  const int number = entry.number.exchange(-1, std::memory_order_acq_rel);
  if (number >= 0 && FileIdentity::OfDescriptor(number) == entry.identity) close(number);
}

// Lock-free: the parent's threads may have been anywhere.
void CloseAllInChild() {
  for (Entry* entry = entries.load(std::memory_order_acquire); entry != nullptr;
       entry = entry->next) {
    CloseIfIntact(*entry);
  }
}

Status RegisterForkHandler() {
  static std::atomic<bool> registered{false};
  if (registered.exchange(true)) return {};
  const int error = pthread_atfork(nullptr, nullptr, CloseAllInChild);
  if (error == 0) return {};
  registered = false;
  return {StatusCode::kInternal, "pthread_atfork: " + std::generic_category().message(error)};
}

Entry* TakeEntry() {
  for (Entry* entry = entries.load(std::memory_order_acquire); entry != nullptr;
       entry = entry->next) {
    if (!entry->taken.exchange(true)) return entry;
  }
  auto* entry = new Entry;
  entry->next = entries.load(std::memory_order_relaxed);
  while (!entries.compare_exchange_weak(entry->next, entry, std::memory_order_release)) {
  }
  return entry;
}

}  // namespace

// The program may replace the low number at any moment.
UniqueFd VisibleSocket::MoveUp(UniqueFd socket) {
  if (!socket.ok()) return socket;
  const FileIdentity identity = FileIdentity::OfDescriptor(socket.get());
  UniqueFd high(fcntl(socket.get(), F_DUPFD_CLOEXEC, kFirstHighNumber));
  for (const int first : kLowerNumbers) {
    if (!high.ok()) high = UniqueFd(fcntl(socket.get(), F_DUPFD_CLOEXEC, first));
  }
  if (!high.ok()) return socket;
  if (!(FileIdentity::OfDescriptor(socket.get()) == identity)) socket.Release();
  return high;
}

Result<VisibleSocket> VisibleSocket::Take(UniqueFd socket) {
  if (const Status registered = RegisterForkHandler(); !registered.ok()) return registered;
  Entry* entry = TakeEntry();
  entry->identity = FileIdentity::OfDescriptor(socket.get());
  entry->number.store(socket.Release(), std::memory_order_release);
  return VisibleSocket(entry);
}

VisibleSocket::~VisibleSocket() {
  if (entry_ == nullptr) return;
  CloseIfIntact(*entry_);
  entry_->taken.store(false, std::memory_order_release);
}

int VisibleSocket::number() const {
  return entry_ == nullptr ? -1 : entry_->number.load(std::memory_order_relaxed);
}

}  // namespace pprof::http
