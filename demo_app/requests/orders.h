// GET /orders/ID: the purpose of the service.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "demo_app/requests/request.h"

namespace orders {

inline constexpr std::string_view kPathPrefix = "/orders/";

// The number in "/orders/17"; empty unless it has 1 to 18 digits.
std::optional<int64_t> IdOf(std::string_view path);

// The order as JSON, for the authenticated user. REQUIRES: IdOf(request->path) has a value.
std::string Show(const RequestPtr& request);

}  // namespace orders
