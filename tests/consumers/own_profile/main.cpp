// The code of docs/adding_a_profile.md as a program: exits with 0 if the profile is served.
#include <pprof/http.h>
#include <pprof/pprof.h>

#include <cstdint>
#include <iostream>
#include <string>
#include <vector>

namespace {

struct Task {
  std::vector<uintptr_t> queued_at;
  int64_t bytes;
  std::string tenant;
};

// Two tasks queued by the same code for different tenants.
std::vector<Task> QueueCopy() {
  const auto here = reinterpret_cast<uintptr_t>(&QueueCopy) + 1;
  return {{{here}, 100, "blue"}, {{here}, 50, "green"}};
}

pprof::Status CollectQueue(pprof::SnapshotBuilder& builder) {
  builder.SetPeriod("queue", "count", 1);
  for (const Task& task : QueueCopy()) {
    builder.Add({task.queued_at.data(), task.queued_at.size()},  // return addresses, leaf first
                {1, task.bytes},                                 // one number a value type
                {{"tenant", task.tenant, 0, {}}});               // labels: pprof -tags
  }
  return {};
}

pprof::Status RegisterQueue() {
  pprof::ProfileType type;
  type.name = "queue";
  type.description = "Tasks that wait, by the stack that queued them";
  type.values = {{"tasks", "count", pprof::ValueType::Delta::kAtEnd},
                 {"size", "bytes", pprof::ValueType::Delta::kAtEnd}};
  type.collect = CollectQueue;
  return pprof::Register(std::move(type));
}

std::string Answer(const std::string& path, const std::string& query) {
  pprof::http::Request request;
  request.method = "GET";
  request.path = path;
  request.query = query;
  const pprof::http::Response response = pprof::http::Handle(request);
  return std::to_string(response.status) + " " + response.body;
}

bool Has(const std::string& text, const std::string& part) {
  if (text.find(part) != std::string::npos) return true;
  std::cerr << "\"" << part << "\" is not in:\n" << text << "\n";
  return false;
}

}  // namespace

int main() {
  const pprof::Status registered = RegisterQueue();
  if (!registered.ok()) std::cerr << registered.message() << "\n";
  const bool refused_twice = !RegisterQueue().ok();
  const std::string index = Answer("/debug/pprof/", "");
  const std::string text = Answer("/debug/pprof/queue", "debug=1");
  const bool served = Has(index, "href='queue?debug=1'") && Has(index, "Tasks that wait") &&
                      Has(text, "200 queue profile: total 2") && Has(text, "\"tenant\":\"blue\"") &&
                      Has(text, "QueueCopy");
  return registered.ok() && refused_twice && served ? 0 : 1;
}
