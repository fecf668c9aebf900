// A large program for sections/45_memory.py: many sampled live blocks from many stacks, and threads
// that wait. Prints "port N" and serves until its standard input ends.
//
//   pprof_memory_host BLOCKS STACKS THREADS
#include <pprof/http.h>
#include <pprof/pprof.h>
#include <pthread.h>

#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

namespace {

constexpr int kDepth = 24;
pthread_barrier_t never;

void Allocate(std::vector<void*>& blocks, size_t count) {
  for (size_t i = 0; i < count; ++i) blocks.push_back(std::malloc(24));
}

void Right(unsigned path, int depth, std::vector<void*>& blocks, size_t count);

// The path's bits choose the functions: each path is another stack.
__attribute__((noinline)) void Left(unsigned path, int depth, std::vector<void*>& blocks,
                                    size_t count) {
  if (depth == 0) {
    Allocate(blocks, count);
  } else if ((path & 1) != 0) {
    Left(path >> 1, depth - 1, blocks, count);
  } else {
    Right(path >> 1, depth - 1, blocks, count);
  }
  asm volatile("");  // no tail call
}

__attribute__((noinline)) void Right(unsigned path, int depth, std::vector<void*>& blocks,
                                     size_t count) {
  if (depth == 0) {
    Allocate(blocks, count);
  } else if ((path & 1) != 0) {
    Left(path >> 1, depth - 1, blocks, count);
  } else {
    Right(path >> 1, depth - 1, blocks, count);
  }
  asm volatile("");
}

void* Wait(void*) {
  pthread_barrier_wait(&never);
  return nullptr;
}

void StartThreads(size_t count) {
  pthread_barrier_init(&never, nullptr, static_cast<unsigned>(count) + 1);
  pthread_attr_t small;
  pthread_attr_init(&small);
  pthread_attr_setstacksize(&small, size_t{32} << 10);
  for (size_t i = 0; i < count; ++i) {
    pthread_t thread;
    if (pthread_create(&thread, &small, Wait, nullptr) != 0) std::exit(4);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  const size_t blocks = std::stoul(argv[1]);
  const size_t stacks = std::stoul(argv[2]);
  std::vector<void*> live;
  live.reserve(blocks);
  pprof::Sampling sampling;
  sampling.heap_interval = 1;
  if (!pprof::SetSampling(sampling).ok()) return 3;
  for (size_t i = 0; i < stacks; ++i) {
    Left(static_cast<unsigned>(i * 2654435761U), kDepth, live, blocks / stacks);
  }
  if (!pprof::SetSampling(pprof::Sampling()).ok()) return 3;
  StartThreads(std::stoul(argv[3]));
  pprof::http::Options options;
  options.address = "127.0.0.1:0";
  auto server = pprof::http::Server::Start(options);
  if (!server.ok()) return 3;
  std::printf("port %d\n", server.value().port());
  std::fflush(stdout);
  for (std::string line; std::getline(std::cin, line);) {
  }
  std::quick_exit(0);  // the threads never end
}
