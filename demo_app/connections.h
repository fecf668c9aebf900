// Ends the connections of a stopping server: httplib has no call for it, and a kept-alive
// connection would occupy its thread until the idle timeout.
#pragma once

#include <cstdint>

// Stops reading from every socket of this process with local port `port`: an answer in progress is
// still sent, then the owner closes.
void ShutDownConnections(uint16_t port);
