#pragma once
// HTTP/2 and gRPC on one connection, over nghttp2. RFC 9113 and the gRPC over HTTP/2 protocol.

#include <memory>

#include "net/session.h"

namespace vivace::net {

/// Makes the session of a connection whose peer speaks HTTP/2. `port` leads back to it.
std::unique_ptr<Session> MakeHttp2Session(std::shared_ptr<const ListenerContext> listener,
                                          std::weak_ptr<SessionPort> port, Peer peer);

}  // namespace vivace::net
