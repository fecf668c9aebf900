// Servers for tests, and waiting for conditions.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <thread>
#include <utility>

#include "pprof/http.h"
#include "tests/unit/endpoints/test_profiles.h"

namespace pprof::http {

// On a free port.
inline Options Local() {
  Profiles();
  Options options;
  options.address = "127.0.0.1:0";
  return options;
}

inline Server Started(const Options& options = Local()) {
  auto server = Server::Start(options);
  EXPECT_TRUE(server.ok()) << server.status().message();
  return std::move(server).value();
}

// Polls `condition`; false after a minute.
inline bool Eventually(const std::function<bool()>& condition) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return true;
}

}  // namespace pprof::http
