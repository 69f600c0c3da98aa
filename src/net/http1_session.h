#pragma once
// HTTP/1.1 and HTTP/1.0 on one connection. RFC 9112.

#include <memory>

#include "net/session.h"

namespace vivace::net {

/// Makes the session of a connection whose peer speaks HTTP/1. `port` leads back to it.
std::unique_ptr<Session> MakeHttp1Session(std::shared_ptr<const ListenerContext> listener,
                                          std::weak_ptr<SessionPort> port, Peer peer);

}  // namespace vivace::net
