// The containers of the standard library, and what programs make of them.
#include <any>
#include <array>
#include <cstring>
#include <deque>
#include <functional>
#include <future>
#include <list>
#include <map>
#include <memory>
#include <memory_resource>
#include <shared_mutex>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "scenarios.h"

namespace reqctx {
namespace {

struct Request {
  std::string path;
};
struct Entry {
  std::shared_ptr<Request> request;
  std::unordered_map<std::string, std::any> values;
};
struct Table {
  std::shared_mutex mutex;
  std::unordered_map<const Request*, Entry> data;
  std::unordered_map<const Request*, int64_t> times;
};
Table& GlobalTable() {
  static auto* table = new Table;
  return *table;
}

}  // namespace
}  // namespace reqctx

namespace pprof::holders_test {
namespace {

using Verdict = Expectation::Verdict;

constexpr int kMany = 300;
int Some(std::mt19937& random) { return kMany + static_cast<int>(random() % kMany); }

struct Session {
  std::string id;
  std::map<std::string, std::string> values;
};

void ContextMap(std::mt19937& random) {
  for (int i = Some(random); i > 0; --i) {
    auto request = std::make_shared<reqctx::Request>();
    request->path = "/orders/" + std::to_string(i) + std::string(40, 'x');
    Session session;
    session.values["csrf"] = std::string(64, 'c');
    session.values["cart"] = std::string(512, 'x');
    reqctx::Entry& entry = reqctx::GlobalTable().data[request.get()];
    entry.request = request;
    entry.values["session"] = std::move(session);
    reqctx::GlobalTable().times[request.get()] = i;
  }
}

class Registry {
 public:
  virtual ~Registry() = default;
  std::unordered_map<int, std::unique_ptr<std::string>> names;
};
std::unique_ptr<Registry> registry;
void Singleton(std::mt19937& random) {
  registry = std::make_unique<Registry>();
  for (int i = Some(random); i > 0; --i)
    registry->names[i] = std::make_unique<std::string>(200, 'n');
}

std::list<std::string> long_list;
void LongList(std::mt19937& random) {
  for (int i = 10 * Some(random); i > 0; --i) long_list.emplace_back(100, 'l');
}

std::list<std::string> spliced_to;
void Spliced(std::mt19937& random) {
  static std::list<std::string> spliced_from;
  for (int i = Some(random); i > 0; --i) spliced_from.emplace_back(80, 's');
  spliced_to.splice(spliced_to.end(), spliced_from);
}

std::function<int()> function_with_capture;
void Function(std::mt19937&) {
  auto big = std::make_shared<std::array<char, 1000>>();
  std::array<char, 200> more{};
  function_with_capture = [big, more] { return int{(*big)[0]} + more[0]; };
}

std::deque<std::unique_ptr<char[]>> deque_of_buffers;
void Deque(std::mt19937& random) {
  for (int i = Some(random); i > 0; --i) deque_of_buffers.emplace_back(Buffer(150));
}

std::vector<std::weak_ptr<std::array<char, 300>>> weak_pointers;
void WeakPointers(std::mt19937& random) {
  for (int i = Some(random); i > 0; --i) {
    weak_pointers.push_back(std::make_shared<std::array<char, 300>>());
  }
}

// Filled to the last byte of their size class: their end is the start of the next object.
std::vector<std::vector<uint64_t>> full_vectors;
void FullVectors(std::mt19937& random) {
  full_vectors.reserve(2 * kMany);
  for (int i = Some(random); i > 0; --i) full_vectors.emplace_back(16, uint64_t{7});
}

struct Named {
  std::string short_name;  // within itself
  char rest[64];
};
std::vector<std::unique_ptr<Named>> small_strings;
void SmallStrings(std::mt19937& random) {
  for (int i = Some(random); i > 0; --i) small_strings.push_back(std::make_unique<Named>());
}

// What a pool has not handed out yet, its blocks had before.
class Zeroed : public std::pmr::memory_resource {
  void* do_allocate(size_t bytes, size_t alignment) override {
    return std::memset(std::pmr::new_delete_resource()->allocate(bytes, alignment), 0, bytes);
  }
  void do_deallocate(void* block, size_t bytes, size_t alignment) override {
    std::pmr::new_delete_resource()->deallocate(block, bytes, alignment);
  }
  bool do_is_equal(const std::pmr::memory_resource& other) const noexcept override {
    return this == &other;
  }
};
Zeroed zeroed;
std::pmr::unsynchronized_pool_resource pool(&zeroed);
std::pmr::vector<std::pmr::string>* in_pool;
void Pool(std::mt19937& random) {
  in_pool = new std::pmr::vector<std::pmr::string>(&pool);
  for (int i = Some(random); i > 0; --i) in_pool->emplace_back(std::string(100, 'p'));
}

template <class Key>
struct CacheOf {
  static std::map<Key, std::string> entries;
};
template <class Key>
std::map<Key, std::string> CacheOf<Key>::entries;
void TemplateStatic(std::mt19937& random) {
  for (int i = Some(random); i > 0; --i) CacheOf<int>::entries[i] = std::string(90, 't');
}

std::vector<std::shared_future<std::string>> futures;
void Futures(std::mt19937& random) {
  for (int i = Some(random); i > 0; --i) {
    std::promise<std::string> promise;
    futures.push_back(promise.get_future().share());
    promise.set_value(std::string(120, 'f'));
  }
}

std::vector<std::shared_ptr<int>> aliases;
void Aliases(std::mt19937& random) {
  struct Whole {
    char before[100];
    int part;
  };
  for (int i = Some(random); i > 0; --i) {
    auto whole = std::make_shared<Whole>();
    aliases.push_back(std::shared_ptr<int>(whole, &whole->part));
  }
}

std::vector<std::shared_ptr<std::string>> shared_by_vector;
std::map<int, std::shared_ptr<std::string>> shared_by_map;
void Shared(std::mt19937&) {
  shared_by_vector.reserve(kMany);
  for (int i = 0; i < kMany; ++i) {
    shared_by_vector.push_back(std::make_shared<std::string>(300, 's'));
    shared_by_map[i] = shared_by_vector.back();
  }
}

// What a compiler makes of a suspended coroutine: a block with its variables, in someone's queue.
struct Frame {
  void (*resume)(Frame*);
  void (*destroy)(Frame*);
  std::unique_ptr<char[]> variable;
};
std::deque<Frame*> ready;
void CoroutineFrames(std::mt19937& random) {
  for (int i = Some(random); i > 0; --i) {
    ready.push_back(new Frame{nullptr, nullptr, std::unique_ptr<char[]>(Buffer(170))});
  }
}

}  // namespace

std::vector<Scenario> ContainerScenarios() {
  constexpr Verdict kHeld = Verdict::kHeld;
  return {
      {{"context map", kHeld, "reqctx::(anonymous namespace)::GlobalTable()::table"}, ContextMap},
      {{"singleton", kHeld, "::registry"}, Singleton},
      {{"long list", kHeld, "::long_list"}, LongList},
      {{"spliced list", kHeld, "::spliced_to"}, Spliced},
      {{"std::function", kHeld, "::function_with_capture"}, Function},
      {{"deque", kHeld, "::deque_of_buffers"}, Deque},
      {{"weak_ptr", kHeld, "::weak_pointers"}, WeakPointers},
      {{"full vectors", kHeld, "::full_vectors"}, FullVectors},
      {{"small strings", kHeld, "::small_strings"}, SmallStrings},
      {{"pmr pool", kHeld, "::pool|::in_pool"}, Pool},
      {{"static in a template", kHeld, "CacheOf"}, TemplateStatic},
      {{"futures", kHeld, "::futures"}, Futures},
      {{"aliasing shared_ptr", kHeld, "::aliases"}, Aliases},
      {{"two roots", Verdict::kShared, "::shared_by_"}, Shared},
      {{"coroutine frames", kHeld, "::ready"}, CoroutineFrames}};
}

}  // namespace pprof::holders_test
