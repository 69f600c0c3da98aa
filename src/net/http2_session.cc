#include "net/http2_session.h"
#include "net/http1_session.h"

#include <utility>

namespace vivace::net {

std::unique_ptr<Session> MakeHttp2Session(std::shared_ptr<const ListenerContext> listener,
                                          std::weak_ptr<SessionPort> port, Peer peer) {
  return MakeHttp1Session(std::move(listener), std::move(port), std::move(peer));
}

}  // namespace vivace::net
