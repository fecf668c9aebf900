// The HTTP service: /healthz, /orders/ID and /stats on its own port.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>

#include "demo_app/options.h"

namespace httplib {
class Server;
struct Request;
struct Response;
}  // namespace httplib

class Service {
 public:
  // `debug_mount`: also serves the profiles below /debug/pprof/ on this port.
  Service(Fix fix, Leak leak, bool debug_mount);
  ~Service();  // stops the service
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;

  // Binds in the calling thread and serves on others. Returns "" or an error message.
  std::string Start(const std::string& address);

  // Ends open connections and waits for requests in progress.
  void Stop();

  uint16_t port() const { return port_; }

 private:
  void Route(const httplib::Request& http_request, httplib::Response& response);
  void ServeOrder(const httplib::Request& http_request, httplib::Response& response);
  std::string Stats() const;

  const Fix fix_;
  const Leak leak_;
  const bool debug_mount_;
  const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  std::unique_ptr<httplib::Server> server_;
  std::thread listener_;
  uint16_t port_ = 0;
};
