#pragma once
// What to look for in row groups: conditions on spans, without any query language.

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "block/attribute_table.h"

namespace vivace::block {

/// What a condition is about.
enum class ScanField : std::uint8_t {
  kName,                 ///< text
  kKind,                 ///< int: the SpanKind number
  kStatus,               ///< int: the StatusCode number
  kStatusMessage,        ///< text
  kDuration,             ///< number of nanoseconds
  kStart,                ///< number of nanoseconds since the epoch
  kEnd,                  ///< number of nanoseconds since the epoch
  kTraceId,              ///< text: hex digits, compared as a number
  kSpanId,               ///< text: hex digits, compared as a number
  kParentId,             ///< text: hex digits, compared as a number; 0 for a root
  kScopeName,            ///< text
  kScopeVersion,         ///< text
  kEventName,            ///< text; of an event
  kEventTimeSinceStart,  ///< number of nanoseconds from span start; of an event
  kLinkTraceId,          ///< text: hex digits, compared as a number; of a link
  kLinkSpanId,           ///< text: hex digits, compared as a number; of a link
  kSpanAttribute,
  kResourceAttribute,
  kScopeAttribute,
  kEventAttribute,           ///< of an event
  kLinkAttribute,            ///< of a link
  kSpanOrResourceAttribute,  ///< the span's if it has the key, else the resource's
  kUndecidable,              ///< cannot be decided per row: every row may match
};

/// How a value is compared with the operand.
enum class ScanOperator : std::uint8_t {
  kEqual,     ///< Of the operand's type (numbers mix) and equal; of an array: any element.
  kNotEqual,  ///< Present, of the operand's type, different; of an array: no element equal.
  kLess,
  kLessOrEqual,
  kGreater,
  kGreaterOrEqual,
  kMatches,     ///< Text for which `text_matches` is true; of an array: any element.
  kNotMatches,  ///< Text for which `text_matches` is false; of an array: no element.
  kExists,
  kAbsent,
};

/// Text, bool, int (also durations, kinds and statuses) or double.
using ScanOperand = std::variant<std::monostate, std::string, bool, std::int64_t, double>;

/// One condition.
struct ScanLeaf {
  ScanField field = ScanField::kUndecidable;
  std::string key;  ///< Of attribute fields.
  ScanOperator op = ScanOperator::kExists;
  ScanOperand operand;  ///< Not for kMatches, kNotMatches, kExists, kAbsent.
  /// For kMatches and kNotMatches; called once per distinct text. Thread-safe.
  std::function<bool(std::string_view)> text_matches;
};

/// A tree of conditions. Immutable once built; copy freely.
///
/// A leaf about an event (or link) must stand below kAnyEvent (kAnyLink): that node holds for a
/// span if its child holds for at least one of its events, so conditions that must meet on the
/// same event stand below the same node. Below such a node a leaf of another field holds for an
/// event as it does for its span.
struct ScanNode {
  enum class Kind : std::uint8_t { kAll, kAnd, kOr, kNot, kAnyEvent, kAnyLink, kLeaf };
  Kind kind = Kind::kAll;          ///< kAll: every span.
  std::vector<ScanNode> children;  ///< kAnd, kOr: any number. kNot, kAny*: one.
  ScanLeaf leaf;                   ///< kLeaf.

  static ScanNode All() { return {}; }
  static ScanNode Leaf(ScanLeaf leaf);
  static ScanNode And(std::vector<ScanNode> children);
  static ScanNode Or(std::vector<ScanNode> children);
  static ScanNode Not(ScanNode child);
  static ScanNode AnyEvent(ScanNode child);
  static ScanNode AnyLink(ScanNode child);
};

struct ScanRequest {
  ScanNode root;
};

}  // namespace vivace::block
