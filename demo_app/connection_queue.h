// The threads that serve connections, and the profile "connections" of open ones.
#pragma once

#include <httplib.h>
#include <pprof/resource_profile.h>

#include <functional>
#include <memory>
#include <utility>

// httplib passes each accepted connection as one task, which ends with the connection.
class ConnectionQueue : public httplib::TaskQueue {
 public:
  explicit ConnectionQueue(size_t threads) : pool_(threads) {}

  // Returns void up to httplib 0.14, bool (accepted) since.
  auto enqueue(std::function<void()> serve)
      -> decltype(std::declval<httplib::TaskQueue&>().enqueue(nullptr)) override {
    auto held = std::make_shared<pprof::ResourceProfile::Entry>(Connections().Add());
    return pool_.enqueue([held, serve = std::move(serve)] { serve(); });
  }

  void shutdown() override { pool_.shutdown(); }

 private:
  static pprof::ResourceProfile& Connections() {
    static auto& profile =
        *new pprof::ResourceProfile("connections", "Where the open connections were accepted");
    return profile;
  }

  httplib::ThreadPool pool_;
};
