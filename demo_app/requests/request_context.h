// Values of single requests, in a global table: a port of Go's gorilla/context with the same names
// and the same flaw. A caller of Set() must ensure that Clear() is called after the request, or the
// table keeps the request and its values forever.
//
//   reqctx::Set(request, "user", user);
//   auto user = reqctx::GetOk(request, "user");
//   reqctx::Clear(request);                        // forgotten: a leak
//
// Two differences from Go: the clock counts milliseconds, so that the purge can be shown in
// seconds; and the table holds the RequestPtr. Go's collector keeps a key alive; here the address
// of a freed request would be reused and show one user another user's session.
#pragma once

#include <any>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "demo_app/requests/request.h"

// Thread safety: all functions are safe; one std::shared_mutex guards the table.
namespace reqctx {

using Values = std::unordered_map<std::string, std::any>;

// Stores a copy of `value`. The first Set of a request determines its age.
void Set(const RequestPtr& request, std::string_view key, const std::any& value);

// The value, or an empty any; GetOk also returns whether it exists.
std::any Get(const RequestPtr& request, std::string_view key);
std::pair<std::any, bool> GetOk(const RequestPtr& request, std::string_view key);

// A copy of all values; empty if the request is unknown.
std::optional<Values> GetAll(const RequestPtr& request);

// A copy of all values and whether the request is known; an unknown one has no values.
std::pair<Values, bool> GetAllOk(const RequestPtr& request);

// Removes one value. The request's entry stays and counts, even if empty.
void Delete(const RequestPtr& request, std::string_view key);

// Removes the request and all its values.
void Clear(const RequestPtr& request);

// Removes the requests whose first Set is more than `max_age` ago; all of them for zero or less.
// Returns their number. Scans the whole table under the write lock: all requests wait meanwhile.
size_t Purge(std::chrono::milliseconds max_age);

using Handler = std::function<void(const RequestPtr&)>;

// A handler that calls `next` and then clears the request, even if `next` throws.
Handler ClearHandler(Handler next);

// Number of requests in the table.
size_t Count();

// Replaces the clock; nullptr restores the real one.
void SetClockForTesting(int64_t (*now_milliseconds)());

}  // namespace reqctx
