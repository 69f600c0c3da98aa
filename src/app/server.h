#pragma once
// The whole server on one machine: builds the parts in dependency order, stops them in reverse.

#include <memory>
#include <string>

#include "app/config.h"
#include "app/listening_file.h"
#include "base/result.h"

namespace vivace::app {

/// A running server. Start and Stop from one thread.
class Server {
 public:
  /// Opens the data folder (replaying its log), binds the listeners, serves, and writes
  /// `listening.json` into the data folder. On failure everything that was begun is ended.
  static Result<std::unique_ptr<Server>> Start(const ServeConfig& config);

  virtual ~Server() = default;

  virtual const ListeningAddresses& addresses() const = 0;
  /// Drains: no new connections, requests under way are answered within the grace, then the
  /// stores close. Blocks until done.
  virtual Status Stop() = 0;
};

}  // namespace vivace::app
