// Serves a profile of a large program that is not running: its code is mapped into this process,
// and the stacks consist of given addresses.
//
//   foreign_profile_server FILE ADDRESSES     ADDRESSES: a file, one hexadecimal address per line
//
// Prints the port and serves /debug/pprof/foreign until it is killed.
#include <elf.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include "pprof/http.h"
#include "pprof/pprof.h"
#include "pprof/snapshot_builder.h"

namespace {

constexpr size_t kDepth = 30;

// Address in this process minus address in the file; maps the code segment like a loader.
uint64_t MapCode(const char* path) {
  const int fd = open(path, O_RDONLY | O_CLOEXEC);
  Elf64_Ehdr header;
  if (fd < 0 || pread(fd, &header, sizeof header, 0) != sizeof header) return 0;
  for (int i = 0; i < header.e_phnum; ++i) {
    Elf64_Phdr segment;
    const off_t at = static_cast<off_t>(header.e_phoff) + off_t{i} * header.e_phentsize;
    if (pread(fd, &segment, sizeof segment, at) != sizeof segment) return 0;
    if (segment.p_type != PT_LOAD || (segment.p_flags & PF_X) == 0) continue;
    const uint64_t into_page = segment.p_offset % 4096;
    void* code = mmap(nullptr, segment.p_filesz + into_page, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd,
                      static_cast<off_t>(segment.p_offset - into_page));
    if (code == MAP_FAILED) return 0;
    return reinterpret_cast<uint64_t>(code) + into_page - segment.p_vaddr;
  }
  return 0;
}

std::vector<uintptr_t> ReadAddresses(const char* path, uint64_t bias) {
  std::vector<uintptr_t> addresses;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    // Callers' addresses are return addresses.
    addresses.push_back(std::strtoull(line.c_str(), nullptr, 16) + bias + 1);
  }
  return addresses;
}

pprof::Status Collect(const std::vector<uintptr_t>& addresses, pprof::SnapshotBuilder& builder) {
  for (size_t i = 0; i + kDepth <= addresses.size(); ++i) {
    builder.Add(pprof::StackView{&addresses[i], kDepth, false, false}, {1});
  }
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: foreign_profile_server FILE ADDRESSES\n");
    return 2;
  }
  const uint64_t bias = MapCode(argv[1]);
  const std::vector<uintptr_t> addresses = ReadAddresses(argv[2], bias);
  pprof::ProfileType type;
  type.name = "foreign";
  type.description = "Synthetic stacks of a program that does not run";
  type.values = {{"samples", "count", pprof::ValueType::Delta::kDifference}};
  type.collect = [&](pprof::SnapshotBuilder& builder) { return Collect(addresses, builder); };
  pprof::http::Options options;
  options.address = "127.0.0.1:0";
  const pprof::Status registered = pprof::Register(type);
  auto server = pprof::http::Server::Start(options);
  if (bias == 0 || !registered.ok() || !server.ok()) {
    std::fprintf(stderr, "foreign_profile_server: cannot serve %s: %s %s\n", argv[1],
                 registered.message().c_str(), server.status().message().c_str());
    return 1;
  }
  std::printf("%d\n", static_cast<int>(server.value().port()));
  std::fflush(stdout);
  while (true) pause();
}
