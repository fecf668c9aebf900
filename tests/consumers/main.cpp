// A program that uses pprof-cpp like its README: a server, and a non-empty heap profile.
#include <pprof/http.h>
#include <pprof/pprof.h>

#include <iostream>
#include <sstream>
#include <vector>

int main() {
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
  const pprof::Status written = heap.value().Symbolize().WriteTo(file);
  std::cout << "port " << server.value().port() << ", " << heap.value().sample_count()
            << " stacks, " << file.str().size() << " bytes, " << kept.size() << " MiB kept\n";
  return written.ok() && server.value().port() != 0 && heap.value().sample_count() > 0 ? 0 : 1;
}
