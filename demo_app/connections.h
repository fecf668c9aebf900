// Ends the connections of a server that is stopping: httplib has no call for it, and a kept-alive
// connection would hold its thread until the idle time is over.
#pragma once

#include <cstdint>

// Ends reading from every socket of this process whose local port is `port`: an answer being made
// is still sent, then the owner closes.
void ShutDownConnections(uint16_t port);
