// A program that uses pprof-cpp like its README: a server, and a non-empty heap profile.
#include <pprof/http.h>
#include <pprof/pprof.h>
#include <pprof/version.h>

#include <iostream>
#include <sstream>
#include <string>
#include <vector>

static_assert(PPROF_CPP_VERSION >= 200, "the headers are older than this program");

#ifdef PACKAGE_VERSION  // find_package says it; the header says the same
bool HeaderAndPackageAgree() {
  return std::to_string(PPROF_CPP_VERSION_MAJOR) + "." + std::to_string(PPROF_CPP_VERSION_MINOR) +
             "." + std::to_string(PPROF_CPP_VERSION_PATCH) ==
         PACKAGE_VERSION;
}
#else
bool HeaderAndPackageAgree() { return true; }
#endif

int main() {
  if (!HeaderAndPackageAgree()) {
    std::cerr << "pprof/version.h and the CMake package have different versions\n";
    return 1;
  }
  pprof::http::Options options;
  options.address = "127.0.0.1:0";
  auto server = pprof::http::Server::Start(options);
  if (!server.ok()) {
    std::cerr << server.status().message() << "\n";
    return 1;
  }
  std::vector<std::vector<char>> kept(64, std::vector<char>(1 << 20));
  auto heap = pprof::Collect("heap");
  if (!heap.ok()) {
    std::cerr << heap.status().message() << "\n";
    return 1;
  }
  std::ostringstream file;
  const pprof::Status written = heap.value().WriteTo(file);
  std::cout << "port " << server.value().port() << ", " << heap.value().sample_count()
            << " stacks, " << file.str().size() << " bytes, " << kept.size() << " MiB kept\n";
  return written.ok() && server.value().port() != 0 && heap.value().sample_count() > 0 ? 0 : 1;
}
