#pragma once
// The recorded request bodies under tests/data/otel-demo, for tests that run in the repository's
// root as ctest has it.

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace vivace::otlp {

/// All bodies, by file name; empty when the folder is not there, which tests must check.
inline std::vector<std::string> RecordedBodies() {
  std::vector<std::filesystem::path> paths;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator("tests/data/otel-demo", error)) {
    if (entry.path().extension() == ".bin") paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  std::vector<std::string> bodies;
  for (const auto& path : paths) {
    std::ifstream file(path, std::ios::binary);
    bodies.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
  }
  return bodies;
}

}  // namespace vivace::otlp
