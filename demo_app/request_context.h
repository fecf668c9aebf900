// Values that belong to one request, kept in a global table: a port of Go's gorilla/context with
// the same names and the same flaw. Whoever calls Set() must see to it that Clear() is called when
// the request has ended, or the table keeps the request and its values for ever.
//
//   reqctx::Set(request, "user", user);
//   auto user = reqctx::GetOk(request, "user");
//   reqctx::Clear(request);                        // forgotten: a leak
//
// Two things differ from Go. The clock counts milliseconds, so that the purge can be shown in
// seconds. And the table holds the RequestPtr itself: Go's collector keeps a key alive, here a
// freed request's address would be handed out again and show one user another user's session.
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

#include "demo_app/request.h"

// Thread safety: all functions are safe; one std::shared_mutex guards the table.
namespace reqctx {

using Values = std::unordered_map<std::string, std::any>;

// Stores a copy of `value`. The first Set of a request fixes its age; later ones do not renew it.
void Set(const RequestPtr& request, std::string_view key, const std::any& value);

// The value, or an empty any; GetOk also says whether there was one.
std::any Get(const RequestPtr& request, std::string_view key);
std::pair<std::any, bool> GetOk(const RequestPtr& request, std::string_view key);

// A copy of all values; nothing when the request is unknown.
std::optional<Values> GetAll(const RequestPtr& request);

// A copy of all values and whether the request is known; an unknown one has an empty copy.
std::pair<Values, bool> GetAllOk(const RequestPtr& request);

// Removes one value. The request's entry stays, even when it is empty now, and still counts.
void Delete(const RequestPtr& request, std::string_view key);

// Removes the request with all its values.
void Clear(const RequestPtr& request);

// Removes the requests whose first Set is more than `max_age` ago; all of them for zero or less.
// Returns how many. The whole table is scanned under the write lock: every request waits meanwhile.
size_t Purge(std::chrono::milliseconds max_age);

using Handler = std::function<void(const RequestPtr&)>;

// A handler that calls `next` and clears the request afterwards, also when `next` throws.
Handler ClearHandler(Handler next);

// How many requests the table holds.
size_t Count();

// Replaces the clock; nullptr brings the real one back.
void SetClockForTesting(int64_t (*now_milliseconds)());

}  // namespace reqctx
