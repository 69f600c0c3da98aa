// Runs a fuzz target over a corpus without libFuzzer: each file as it is, then
// a few thousand seeded mutations of it. Every preset replays the corpus so.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

// Mutations per corpus file: enough to touch each decoder's error paths in
// about a second in all.
constexpr int kMutationsPerFile = 40;

std::string Mutate(std::string input, std::mt19937_64& random) {
  const int edits = 1 + static_cast<int>(random() % 4);
  for (int i = 0; i < edits; ++i) {
    const std::size_t at = input.empty() ? 0 : random() % input.size();
    switch (random() % 4) {
      case 0:
        if (!input.empty()) input[at] = static_cast<char>(random());
        break;
      case 1:
        input.insert(at, 1, static_cast<char>(random()));
        break;
      case 2:
        if (!input.empty()) input.erase(at, 1 + random() % 8);
        break;
      default:
        input.resize(at);
        break;
    }
  }
  return input;
}

void RunOne(const std::string& input) {
  // An exact heap copy, so that a sanitizer sees a read past the end.
  std::vector<std::uint8_t> bytes(input.begin(), input.end());
  LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: %s CORPUS_FOLDER\n", argv[0]);
    return 2;
  }
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(argv[1])) {
    if (entry.is_regular_file()) files.push_back(entry.path());
  }
  if (files.empty()) {
    std::fprintf(stderr, "no corpus in %s: a fuzz target needs at least one input\n", argv[1]);
    return 1;
  }
  std::sort(files.begin(), files.end());
  std::mt19937_64 random(1);
  std::size_t runs = 0;
  for (const auto& file : files) {
    std::ifstream in(file, std::ios::binary);
    const std::string input((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
    RunOne(input);
    ++runs;
    for (int i = 0; i < kMutationsPerFile; ++i, ++runs) RunOne(Mutate(input, random));
  }
  std::printf("%zu inputs from %zu corpus files, no failure\n", runs, files.size());
  return 0;
}
