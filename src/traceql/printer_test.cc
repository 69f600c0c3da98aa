#include "traceql/printer.h"

#include <limits>
#include <memory>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "base/random.h"
#include "traceql/parser.h"

namespace vivace::traceql {
namespace {

// Grows random trees from the grammar, types aside: the printer must not care.
class TreeGrower {
 public:
  explicit TreeGrower(std::uint64_t seed) : random_(seed) {}

  Query GrowQuery() {
    Query query;
    query.filter.condition = Grow(static_cast<int>(random_.Below(6)));
    for (std::uint64_t i = random_.Below(3); i > 0; --i) {
      query.hints.push_back(Hint{.key = "hint_" + std::to_string(i), .value = GrowLiteral()});
    }
    return query;
  }

 private:
  template <typename Node>
  static ExpressionPtr Make(Node node) {
    auto expression = std::make_unique<Expression>();
    expression->node = std::move(node);
    return expression;
  }

  std::string GrowText() {
    constexpr std::string_view kParts[] = {"a",    "service.name", "\"", "\\", " ", "\n",
                                           "\x01", "\xc3\xbc",     "5",  "{",  "}", "=",
                                           "//",   "span.",        "-"};
    std::string text;
    for (std::uint64_t i = random_.Below(4) + 1; i > 0; --i) {
      text += kParts[random_.Below(std::size(kParts))];
    }
    return text;
  }

  Literal GrowLiteral() {
    switch (random_.Below(8)) {
      case 0:
        return Literal{Nil{}};
      case 1:
        return Literal{random_.Chance(1, 2)};
      case 2: {
        constexpr std::int64_t kEdges[] = {0, 1, -1, std::numeric_limits<std::int64_t>::min(),
                                           std::numeric_limits<std::int64_t>::max()};
        if (random_.Chance(1, 2)) return Literal{kEdges[random_.Below(std::size(kEdges))]};
        return Literal{static_cast<std::int64_t>(random_.Next())};
      }
      case 3: {
        constexpr double kEdges[] = {0.0, -0.0, 1.5, -1e300, 5e-324, 1e15, 123456789.0};
        return Literal{kEdges[random_.Below(std::size(kEdges))]};
      }
      case 4:
        return Literal{GrowText()};
      case 5: {
        const auto count = static_cast<std::int64_t>(random_.Next() >> random_.Below(63));
        // The smallest duration has no positive counterpart and so no text.
        if (count == std::numeric_limits<std::int64_t>::min()) return Literal{Nil{}};
        return Literal{std::chrono::nanoseconds(count)};
      }
      case 6:
        return Literal{static_cast<StatusCode>(random_.Below(3))};
      default:
        return Literal{static_cast<SpanKind>(random_.Below(6))};
    }
  }

  ExpressionPtr Grow(int depth) {
    if (depth > 0 && random_.Chance(2, 3)) {
      auto op = static_cast<BinaryOperator>(random_.Below(16));
      BinaryExpression binary;
      binary.op = op;
      binary.left = Grow(depth - 1);
      const bool regex = op == BinaryOperator::kRegex || op == BinaryOperator::kNotRegex;
      binary.right = regex ? Make(Literal{std::string("a.*\\d")}) : Grow(depth - 1);
      return Make(std::move(binary));
    }
    if (depth > 0 && random_.Chance(1, 2)) {
      auto operand = Grow(depth - 1);
      const auto op = static_cast<UnaryOperator>(random_.Below(2));
      // A negated number is a negative literal, not an operation.
      if (std::holds_alternative<Literal>(operand->node)) return operand;
      return Make(UnaryExpression{op, std::move(operand)});
    }
    if (random_.Chance(1, 3)) return Make(GrowLiteral());
    if (random_.Chance(1, 2)) return Make(static_cast<Intrinsic>(random_.Below(22)));
    return Make(AttributeReference{static_cast<AttributeScope>(random_.Below(9)), GrowText()});
  }

  SeededRandom random_;
};

TEST(PrinterTest, WritesTextThatParsesToTheSameTree) {
  for (std::uint64_t seed = 0; seed < 20'000; ++seed) {
    const Query query = TreeGrower(seed).GrowQuery();
    const std::string text = Print(query);
    const auto parsed = ParseSyntax(text);
    ASSERT_TRUE(parsed.ok()) << "seed " << seed << ": " << text << "\n" << parsed.error().message();
    ASSERT_TRUE(*parsed == query) << "seed " << seed << ": " << text << "\n" << Print(*parsed);
  }
}

}  // namespace
}  // namespace vivace::traceql
