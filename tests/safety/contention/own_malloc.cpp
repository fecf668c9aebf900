// A program whose own allocator takes a lock for every call, like old servers. Run under
// libpprof_preload.so: the lock hooks then run inside malloc, also for allocations of the dynamic
// linker. Exits with 0 unless something hung, crashed or lost memory.
#include <dlfcn.h>
#include <pthread.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <thread>
#include <vector>

namespace {

struct Block {
  size_t size;  // requested size, rounded up to a class
  Block* next;  // on the free list
};
static_assert(sizeof(Block) == 16, "keeps malloc's alignment");

constexpr size_t kClasses = 48;
constexpr size_t kArenaBytes = size_t{256} << 20;  // touched only as far as used
alignas(16) unsigned char arena[kArenaBytes];

pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
size_t used = 0;
Block* free_blocks[kClasses];

size_t ClassOf(size_t size) {
  return size <= 16 ? 4 : 64 - static_cast<size_t>(__builtin_clzl(size - 1));
}

void* Allocate(size_t size) {
  const size_t size_class = ClassOf(size);
  if (size_class >= 28) return nullptr;
  pthread_mutex_lock(&lock);
  Block* block = free_blocks[size_class];
  if (block != nullptr) {
    free_blocks[size_class] = block->next;
  } else if (used + sizeof(Block) + (size_t{1} << size_class) <= kArenaBytes) {
    block = reinterpret_cast<Block*>(arena + used);
    used += sizeof(Block) + (size_t{1} << size_class);
    block->size = size_t{1} << size_class;
  }
  pthread_mutex_unlock(&lock);
  return block == nullptr ? nullptr : block + 1;
}

void Release(void* memory) {
  if (memory == nullptr) return;
  Block* block = static_cast<Block*>(memory) - 1;
  pthread_mutex_lock(&lock);
  Block*& list = free_blocks[ClassOf(block->size)];
  block->next = list;
  list = block;
  pthread_mutex_unlock(&lock);
}

size_t SizeOf(void* memory) { return (static_cast<Block*>(memory) - 1)->size; }

}  // namespace

extern "C" {

__attribute__((visibility("default"))) void* malloc(size_t size) {
  void* memory = Allocate(size);
  if (memory == nullptr) errno = ENOMEM;
  return memory;
}
__attribute__((visibility("default"))) void free(void* memory) { Release(memory); }
__attribute__((visibility("default"))) void* calloc(size_t count, size_t size) {
  void* memory = malloc(count * size);
  return memory == nullptr ? nullptr : std::memset(memory, 0, count * size);
}
__attribute__((visibility("default"))) void* realloc(void* old, size_t size) {
  void* memory = malloc(size);
  if (memory != nullptr && old != nullptr) {
    const size_t kept = SizeOf(old);
    std::memcpy(memory, old, kept < size ? kept : size);
    Release(old);
  }
  return memory;
}

}  // extern "C"

namespace {

void Churn() {
  unsigned char* blocks[64] = {};
  for (size_t i = 0; i < 20000; ++i) {
    unsigned char*& block = blocks[i % 64];
    const size_t size = 20 + i * 37 % 900;
    if (block != nullptr && block[0] != block[19]) std::_Exit(2);
    std::free(block);
    block = static_cast<unsigned char*>(std::malloc(size));
    std::memset(block, static_cast<int>(i % 251), size);
  }
  for (unsigned char* block : blocks) std::free(block);
}

bool IsAnsweredBy(const char* function, const char* file) {
  Dl_info info;
  return dladdr(dlsym(RTLD_DEFAULT, function), &info) != 0 &&
         std::strstr(info.dli_fname, file) != nullptr;
}

}  // namespace

int main() {
  // Otherwise the test would prove nothing.
  if (dlsym(RTLD_DEFAULT, "malloc") != reinterpret_cast<void*>(&malloc)) return 3;
  if (!IsAnsweredBy("pthread_mutex_lock", "libpprof_preload.so")) return 4;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) threads.emplace_back(Churn);
  for (std::thread& thread : threads) thread.join();
  std::printf("own malloc: %zu KiB of the arena used\n", used >> 10);
  return 0;
}
