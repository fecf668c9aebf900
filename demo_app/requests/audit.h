// The other leak of the demo, with --leak lost: records that nothing points to any more. The heap
// profile says who allocated them; `leak` says that nobody can free them.
#pragma once

#include "demo_app/requests/request.h"

namespace audit {

// Makes a record of the request, and forgets it.
void Record(const RequestPtr& request);

}  // namespace audit
