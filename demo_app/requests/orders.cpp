#include "demo_app/requests/orders.h"

#include <charconv>
#include <nlohmann/json.hpp>

#include "demo_app/requests/auth.h"
#include "demo_app/requests/session.h"

namespace orders {

std::optional<int64_t> IdOf(std::string_view path) {
  if (path.substr(0, kPathPrefix.size()) != kPathPrefix) return std::nullopt;
  const std::string_view digits = path.substr(kPathPrefix.size());
  if (digits.empty() || digits.size() > 18) return std::nullopt;
  int64_t id = 0;
  auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), id);
  if (error != std::errc() || end != digits.data() + digits.size() || id < 0) return std::nullopt;
  return id;
}

__attribute__((noinline)) std::string Show(const RequestPtr& request) {
  const int64_t id = *IdOf(request->path);
  const nlohmann::json order = {
      {"id", id},
      {"customer", auth::User(request)},
      {"session", session::Get(request).id},
      {"items", {{{"article", 1000 + id % 100}, {"quantity", 1 + id % 3}}}},
      {"total_cents", 1999 + id % 5000},
  };
  // Header bytes may not be UTF-8; replace bad ones with U+FFFD instead of throwing.
  return order.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

}  // namespace orders
