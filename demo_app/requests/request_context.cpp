#include "demo_app/requests/request_context.h"

#include <mutex>
#include <shared_mutex>
#include <vector>

namespace reqctx {
namespace {

struct Entry {
  RequestPtr request;  // keeps the key's address in use
  Values values;
};

using Data = std::unordered_map<const Request*, Entry>;
using SetTimes = std::unordered_map<const Request*, int64_t>;

struct Table {
  std::shared_mutex mutex;  // guards the members below
  Data data;
  SetTimes datat;  // milliseconds of the first Set
};

// Never freed: requests may end while the process exits.
Table& GlobalTable() {
  static auto* table = new Table;
  return *table;
}

int64_t SteadyMilliseconds() {
  auto now = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

int64_t (*g_now_milliseconds)() = SteadyMilliseconds;

const Values* Find(const Table& table, const RequestPtr& request) {
  auto it = table.data.find(request.get());
  return it == table.data.end() ? nullptr : &it->second.values;
}

}  // namespace

__attribute__((noinline)) void Set(const RequestPtr& request, std::string_view key,
                                   const std::any& value) {
  Table& table = GlobalTable();
  std::unique_lock lock(table.mutex);
  Entry& entry = table.data[request.get()];
  if (!entry.request) {
    entry.request = request;
    table.datat[request.get()] = g_now_milliseconds();
  }
  entry.values[std::string(key)] = value;
}

std::pair<std::any, bool> GetOk(const RequestPtr& request, std::string_view key) {
  Table& table = GlobalTable();
  std::shared_lock lock(table.mutex);
  const Values* values = Find(table, request);
  if (values == nullptr) return {{}, false};
  auto it = values->find(std::string(key));
  if (it == values->end()) return {{}, false};
  return {it->second, true};
}

std::any Get(const RequestPtr& request, std::string_view key) { return GetOk(request, key).first; }

std::pair<Values, bool> GetAllOk(const RequestPtr& request) {
  Table& table = GlobalTable();
  std::shared_lock lock(table.mutex);
  const Values* values = Find(table, request);
  if (values == nullptr) return {{}, false};
  return {*values, true};
}

std::optional<Values> GetAll(const RequestPtr& request) {
  auto [values, known] = GetAllOk(request);
  if (!known) return std::nullopt;
  return std::move(values);
}

void Delete(const RequestPtr& request, std::string_view key) {
  Table& table = GlobalTable();
  std::unique_lock lock(table.mutex);
  auto it = table.data.find(request.get());
  if (it != table.data.end()) it->second.values.erase(std::string(key));
}

void Clear(const RequestPtr& request) {
  Table& table = GlobalTable();
  Data::node_type removed;  // freed after unlocking, as by a garbage collector
  std::unique_lock lock(table.mutex);
  removed = table.data.extract(request.get());
  table.datat.erase(request.get());
}

size_t Purge(std::chrono::milliseconds max_age) {
  Table& table = GlobalTable();
  Data all;
  std::vector<Data::node_type> removed;  // both are freed after unlocking
  std::unique_lock lock(table.mutex);
  if (max_age.count() <= 0) {
    all.swap(table.data);
    SetTimes().swap(table.datat);  // swap, not clear(): clear() would keep the bucket array
    return all.size();
  }
  const int64_t oldest_kept = g_now_milliseconds() - max_age.count();
  for (auto it = table.data.begin(); it != table.data.end();) {
    auto entry = it++;
    auto set_time = table.datat.find(entry->first);
    if (set_time->second >= oldest_kept) continue;
    table.datat.erase(set_time);
    removed.push_back(table.data.extract(entry));
  }
  return removed.size();
}

Handler ClearHandler(Handler next) {
  return [next = std::move(next)](const RequestPtr& request) {
    struct ClearAtEnd {
      explicit ClearAtEnd(const RequestPtr& ended) : request(ended) {}
      ~ClearAtEnd() { Clear(request); }
      ClearAtEnd(const ClearAtEnd&) = delete;
      ClearAtEnd& operator=(const ClearAtEnd&) = delete;
      const RequestPtr& request;
    };
    const ClearAtEnd clear_at_end(request);
    next(request);
  };
}

size_t Count() {
  Table& table = GlobalTable();
  std::shared_lock lock(table.mutex);
  return table.data.size();
}

void SetClockForTesting(int64_t (*now_milliseconds)()) {
  g_now_milliseconds = now_milliseconds != nullptr ? now_milliseconds : SteadyMilliseconds;
}

}  // namespace reqctx
