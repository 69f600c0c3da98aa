#pragma once
// What a search answer shows of a matching span.

#include <string>
#include <variant>
#include <vector>

#include "model/attribute.h"
#include "query/plain_evaluator.h"
#include "traceql/ast.h"

namespace vivace::query {

/// The attributes and intrinsics that a query speaks of, in the order of the text, each once.
class ShownFields {
 public:
  explicit ShownFields(const traceql::Expression& condition);

  /// Their values for a matching span, by bare name (`http.route`, `status`, `event:name`);
  /// absent ones, and those that an answer has own fields for, are left out.
  std::vector<Attribute> Values(const SpanContext& context) const;
  /// Whether the query speaks of span names.
  bool shows_name() const { return shows_name_; }

 private:
  using Field = std::variant<traceql::AttributeReference, traceql::Intrinsic>;
  void Collect(const traceql::Expression& expression);
  void Add(Field field);

  std::vector<Field> fields_;
  bool shows_name_ = false;
};

}  // namespace vivace::query
