// Any text: the parser answers without crashing, and what it takes can be printed and read
// again as the same tree.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "traceql/parser.h"
#include "traceql/printer.h"
#include "traceql/type_check.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace vivace::traceql;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto query = ParseSyntax(text);
  if (query.ok()) {
    const auto again = ParseSyntax(Print(*query));
    // The printer's parentheses may pass the nesting bound that the query itself keeps.
    if (again.ok()) CHECK(*again == *query);
    if (!again.ok())
      CHECK(again.error().message().find("deeply") != std::string::npos ||
            again.error().message().find("maximum") != std::string::npos);
    vivace::IgnoreError(CheckTypes(*query), "either answer is right");
  }
  vivace::IgnoreError(ParseReference(text), "either answer is right");
  RemoveIncompleteComparisons(text);
  return 0;
}
