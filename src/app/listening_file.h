#pragma once
// Where a running server listens, for programs that started it with port 0.

#include <string>

#include "base/file_system.h"
#include "base/result.h"

namespace vivace::app {

struct ListeningAddresses {
  std::string http;
  std::string otlp_http;
  std::string otlp_grpc;
};

/// Writes `{"http": ..., "otlp_http": ..., "otlp_grpc": ...}` to `path`, whole or not at all.
/// Not synced: the file means nothing after a crash.
Status WriteListeningFile(FileSystem& files, const std::string& path,
                          const ListeningAddresses& addresses);

}  // namespace vivace::app
