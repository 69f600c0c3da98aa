#pragma once
// The command line of `vivace`.

#include <string>
#include <variant>

#include "app/config.h"

namespace vivace::app {

struct ServeCommand {
  ServeConfig config;
};
/// Nothing to run: help, version, or a mistake; `text` is to be printed.
struct ExitCommand {
  int code = 0;
  std::string text;
};

/// Reads the command line. Mistakes come back as an ExitCommand with code 2.
std::variant<ServeCommand, ExitCommand> ParseCommandLine(int argc, const char* const* argv);

/// "vivace 0.1.0" and the versions of the libraries in use.
std::string VersionText();

}  // namespace vivace::app
