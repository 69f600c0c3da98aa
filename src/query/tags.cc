#include "query/tags.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <iterator>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "block/catalogue.h"
#include "query/matching_spans.h"
#include "traceql/printer.h"

namespace vivace::query {
namespace {

using block::CatalogueEntry;
using block::CatalogueLevel;
using traceql::AttributeReference;
using traceql::AttributeScope;
using traceql::Intrinsic;

constexpr std::string_view kServiceName = "service.name";

// Names of one answer; an adversary's random keys end here.
constexpr std::size_t kNamesMax = 100'000;

constexpr std::array<std::pair<TagScope, std::string_view>, 6> kScopes = {{
    {TagScope::kResource, "resource"},
    {TagScope::kSpan, "span"},
    {TagScope::kEvent, "event"},
    {TagScope::kLink, "link"},
    {TagScope::kInstrumentation, "instrumentation"},
    {TagScope::kIntrinsic, "intrinsic"},
}};

// What Tempo lists; numbers of trees are left out.
constexpr std::array<std::string_view, 25> kIntrinsicNames = {"duration",
                                                              "event:name",
                                                              "event:timeSinceStart",
                                                              "instrumentation:name",
                                                              "instrumentation:version",
                                                              "kind",
                                                              "link:spanID",
                                                              "link:traceID",
                                                              "name",
                                                              "rootName",
                                                              "rootServiceName",
                                                              "span:duration",
                                                              "span:id",
                                                              "span:kind",
                                                              "span:name",
                                                              "span:parentID",
                                                              "span:status",
                                                              "span:statusMessage",
                                                              "status",
                                                              "statusMessage",
                                                              "trace:duration",
                                                              "trace:id",
                                                              "trace:rootName",
                                                              "trace:rootService",
                                                              "traceDuration"};

std::optional<TagScope> ScopeOf(CatalogueLevel level) {
  switch (level) {
    case CatalogueLevel::kSpan:
      return TagScope::kSpan;
    case CatalogueLevel::kResource:
      return TagScope::kResource;
    case CatalogueLevel::kScope:
      return TagScope::kInstrumentation;
    case CatalogueLevel::kEvent:
      return TagScope::kEvent;
    case CatalogueLevel::kLink:
      return TagScope::kLink;
    case CatalogueLevel::kIntrinsic:
      return std::nullopt;
  }
  return std::nullopt;
}

bool Overlaps(const storage::SourceMeta& source, const std::optional<TimeWindow>& window) {
  return !window || (source.trace_start_min <= window->end_unix_ns &&
                     std::max(source.end_max, source.trace_start_max) >= window->start_unix_ns);
}

// A filter that every span satisfies needs no scan.
const traceql::Expression* FilterOf(const TagRange& range) {
  if (range.filter == nullptr) return nullptr;
  const traceql::Expression& condition = *range.filter->filter.condition;
  const auto* literal = std::get_if<traceql::Literal>(&condition.node);
  const auto* flag = literal != nullptr ? std::get_if<bool>(&literal->value) : nullptr;
  return flag != nullptr && *flag ? nullptr : &condition;
}

// The budget's end cuts an answer; a client that has gone needs none.
Status CutInsteadOfFailing(Status status, TagFigures& figures) {
  if (status.ok() || status.error().code() == ErrorCode::kCancelled) return status;
  figures.cuts.push_back(status.error().message());
  return OkStatus();
}

TagFigures FiguresOf(const storage::Snapshot& snapshot, const std::optional<TimeWindow>& window) {
  TagFigures figures;
  figures.cuts = snapshot.unavailable();
  for (const auto& source : snapshot.sources()) {
    if (!Overlaps(source->meta(), window)) continue;
    ++figures.sources;
    figures.bytes_inspected += source->meta().bytes;
  }
  return figures;
}

// --- names ---

class NameCollector {
 public:
  explicit NameCollector(std::optional<TagScope> only) : only_(only) {}

  void Add(TagScope scope, std::string_view name) {
    if (only_ && *only_ != scope) return;
    auto& names = names_[scope];
    if (names.find(name) != names.end()) return;
    if (count_ == kNamesMax) {
      cut_ = true;
      return;
    }
    ++count_;
    names.emplace(name);
  }
  void AddAll(TagScope scope, const std::vector<Attribute>& attributes) {
    for (const Attribute& attribute : attributes) Add(scope, attribute.key);
  }
  void AddSpan(const SpanRef& ref) {
    AddAll(TagScope::kSpan, ref.span->attributes);
    AddAll(TagScope::kResource, ref.resource->resource.attributes);
    AddAll(TagScope::kInstrumentation, ref.scope->scope.attributes);
    for (const SpanEvent& event : ref.span->events) AddAll(TagScope::kEvent, event.attributes);
    for (const SpanLink& link : ref.span->links) AddAll(TagScope::kLink, link.attributes);
  }
  void MoveTo(std::size_t limit, TagNames& out) && {
    if (cut_) out.figures.cuts.push_back(fmt::format("more than {} names", kNamesMax));
    for (const auto& [scope, scope_name] : kScopes) {
      if (only_ && *only_ != scope) continue;
      std::vector<std::string>& names = out.names[scope];
      const auto& found = names_[scope];
      names.assign(found.begin(), found.end());
      if (limit == 0 || names.size() <= limit) continue;
      out.figures.cuts.push_back(
          fmt::format("{} of {} {} names shown", limit, names.size(), scope_name));
      names.resize(limit);
    }
  }

 private:
  const std::optional<TagScope> only_;
  std::map<TagScope, std::set<std::string, std::less<>>> names_;
  std::size_t count_ = 0;
  bool cut_ = false;
};

Status CollectCatalogueNames(const storage::Snapshot& snapshot,
                             const std::optional<TimeWindow>& window, Budget& budget,
                             NameCollector& names, TagFigures& figures) {
  for (const auto& source : snapshot.sources()) {
    if (!Overlaps(source->meta(), window)) continue;
    RETURN_IF_ERROR(budget.Check());
    const auto catalogue = source->catalogue();
    if (!catalogue.ok()) {
      figures.cuts.push_back(
          fmt::format("{}: {}", source->meta().name, catalogue.error().message()));
      continue;
    }
    for (const CatalogueEntry& entry : (*catalogue)->entries) {
      if (const auto scope = ScopeOf(entry.level)) names.Add(*scope, entry.key);
    }
  }
  return OkStatus();
}

// --- values ---

std::string FloatText(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  return fmt::format("{}", value);
}

std::optional<TagValue> ToTagValue(const AttributeValue& value) {
  if (const auto* text = value.AsString()) return TagValue{TagValue::Type::kString, *text};
  if (const auto* flag = value.AsBool()) {
    return TagValue{TagValue::Type::kBool, *flag ? "true" : "false"};
  }
  if (const auto* integer = value.AsInt()) {
    return TagValue{TagValue::Type::kInt, fmt::format("{}", *integer)};
  }
  if (const auto* number = value.AsDouble()) {
    return TagValue{TagValue::Type::kFloat, FloatText(*number)};
  }
  return std::nullopt;
}

class ValueCollector {
 public:
  ValueCollector(std::size_t limit, TagFigures& figures) : limit_(limit), figures_(figures) {}

  bool full() const { return full_; }

  void Add(TagValue value) {
    if (full_ || values_.count(value) > 0) return;
    if (limit_ != 0 && values_.size() == limit_) {
      return Fill(fmt::format("more than {} values", limit_));
    }
    if (bytes_ + value.text.size() > kTagValueBytesMax) {
      return Fill(fmt::format("values of more than {} bytes", kTagValueBytesMax));
    }
    bytes_ += value.text.size();
    values_.insert(std::move(value));
  }
  void AddText(std::string_view text) { Add(TagValue{TagValue::Type::kString, std::string(text)}); }
  void AddAttribute(const AttributeValue& value) {
    if (auto converted = ToTagValue(value)) Add(*std::move(converted));
  }
  void AddAttributes(const std::vector<Attribute>& attributes, std::string_view name) {
    for (const Attribute& attribute : attributes) {
      if (attribute.key == name) AddAttribute(attribute.value);
    }
  }

  std::vector<TagValue> Take() { return {values_.begin(), values_.end()}; }

 private:
  void Fill(std::string reason) {
    full_ = true;
    figures_.cuts.push_back(std::move(reason));
  }

  const std::size_t limit_;
  TagFigures& figures_;
  std::set<TagValue> values_;
  std::size_t bytes_ = 0;
  bool full_ = false;
};

std::string KeywordOf(Intrinsic intrinsic, std::int64_t code) {
  if (intrinsic == Intrinsic::kStatus) {
    return traceql::Print(traceql::Literal{static_cast<StatusCode>(code)});
  }
  return traceql::Print(traceql::Literal{static_cast<SpanKind>(code)});
}

bool IsKeyword(Intrinsic intrinsic) {
  return intrinsic == Intrinsic::kStatus || intrinsic == Intrinsic::kKind;
}

// The levels and keys of catalogues that hold the values of a tag.
std::vector<std::pair<CatalogueLevel, std::string>> PlacesOf(
    const std::variant<AttributeReference, Intrinsic>& tag) {
  if (const auto* intrinsic = std::get_if<Intrinsic>(&tag)) {
    switch (*intrinsic) {
      case Intrinsic::kName:
      case Intrinsic::kKind:
      case Intrinsic::kStatus:
      case Intrinsic::kStatusMessage:
      case Intrinsic::kEventName:
      case Intrinsic::kInstrumentationName:
      case Intrinsic::kInstrumentationVersion:
        return {{CatalogueLevel::kIntrinsic, std::string(traceql::IntrinsicName(*intrinsic))}};
      default:
        return {};
    }
  }
  const auto& attribute = std::get<AttributeReference>(tag);
  switch (attribute.scope) {
    case AttributeScope::kUnscoped:
      return {{CatalogueLevel::kSpan, attribute.name}, {CatalogueLevel::kResource, attribute.name}};
    case AttributeScope::kSpan:
      return {{CatalogueLevel::kSpan, attribute.name}};
    case AttributeScope::kResource:
      return {{CatalogueLevel::kResource, attribute.name}};
    case AttributeScope::kEvent:
      return {{CatalogueLevel::kEvent, attribute.name}};
    case AttributeScope::kLink:
      return {{CatalogueLevel::kLink, attribute.name}};
    case AttributeScope::kInstrumentation:
      return {{CatalogueLevel::kScope, attribute.name}};
    case AttributeScope::kParent:
    case AttributeScope::kParentSpan:
    case AttributeScope::kParentResource:
      return {};
  }
  return {};
}

bool IsRootTag(const std::variant<AttributeReference, Intrinsic>& tag) {
  const auto* intrinsic = std::get_if<Intrinsic>(&tag);
  return intrinsic != nullptr &&
         (*intrinsic == Intrinsic::kRootName || *intrinsic == Intrinsic::kRootServiceName);
}

// Whether spans without service.name are shown as "".
bool AsksForService(const std::variant<AttributeReference, Intrinsic>& tag) {
  const auto* attribute = std::get_if<AttributeReference>(&tag);
  return attribute != nullptr && attribute->name == kServiceName &&
         (attribute->scope == AttributeScope::kResource ||
          attribute->scope == AttributeScope::kUnscoped);
}

class ValueFinder {
 public:
  ValueFinder(const storage::Snapshot& snapshot,
              const std::variant<AttributeReference, Intrinsic>& tag, const TagRange& range,
              Budget& budget, TagFigures& figures)
      : snapshot_(snapshot),
        tag_(tag),
        range_(range),
        budget_(budget),
        figures_(figures),
        values_(range.limit, figures) {}

  Status Run() {
    if (const traceql::Expression* filter = FilterOf(range_)) return FindFiltered(*filter);
    const auto places = PlacesOf(tag_);
    for (const auto& source : snapshot_.sources()) {
      if (values_.full()) break;
      if (!Overlaps(source->meta(), range_.window)) continue;
      RETURN_IF_ERROR(budget_.Check());
      if (IsRootTag(tag_)) RETURN_IF_ERROR(AddRoots(*source));
      if (!places.empty()) RETURN_IF_ERROR(AddCatalogued(*source, places));
    }
    return OkStatus();
  }

  std::vector<TagValue> Take() { return values_.Take(); }

 private:
  void AddEntry(const CatalogueEntry& entry) {
    const auto* intrinsic = std::get_if<Intrinsic>(&tag_);
    for (const block::CatalogueValue& value : entry.values) {
      if (intrinsic != nullptr && IsKeyword(*intrinsic)) {
        const auto* code = value.value.AsInt();
        if (code == nullptr) continue;
        values_.Add({TagValue::Type::kKeyword, KeywordOf(*intrinsic, *code)});
      } else {
        values_.AddAttribute(value.value);
      }
    }
  }

  Status AddCatalogued(const storage::Source& source,
                       const std::vector<std::pair<CatalogueLevel, std::string>>& places) {
    const auto catalogue = source.catalogue();
    if (!catalogue.ok()) {
      figures_.cuts.push_back(
          fmt::format("{}: {}", source.meta().name, catalogue.error().message()));
      return OkStatus();
    }
    std::uint64_t spans_with_service = 0;
    for (const auto& [level, key] : places) {
      bool complete = true;
      for (const CatalogueEntry& entry : (*catalogue)->entries) {
        if (entry.level != level || entry.key != key) continue;
        AddEntry(entry);
        complete = complete && entry.complete;
        if (level == CatalogueLevel::kResource) spans_with_service += entry.count;
      }
      if (!complete && !values_.full()) RETURN_IF_ERROR(AddScanned(source, level, key));
    }
    if (AsksForService(tag_) && spans_with_service < source.meta().spans) values_.AddText("");
    return OkStatus();
  }

  // The catalogue has the most frequent values only: the rows have all.
  Status AddScanned(const storage::Source& source, CatalogueLevel level, const std::string& key) {
    block::CatalogueBuilder::Limits limits;
    limits.values_max = kTagValueBytesMax;
    limits.values_tracked_max = kTagValueBytesMax;
    limits.value_bytes_max = kTagValueBytesMax;
    for (std::size_t i = 0; i < source.row_group_count() && !values_.full(); ++i) {
      RETURN_IF_ERROR(budget_.Check());
      const auto rows = source.LoadRowGroup(i);
      if (!rows.ok()) {
        figures_.cuts.push_back(fmt::format("{}: {}", source.meta().name, rows.error().message()));
        continue;
      }
      block::CatalogueBuilder builder(limits);
      builder.AddKey(**rows, level, key);
      for (const CatalogueEntry& entry : builder.Finish().entries) AddEntry(entry);
    }
    return OkStatus();
  }

  Status AddRoots(const storage::Source& source) {
    const bool names = std::get<Intrinsic>(tag_) == Intrinsic::kRootName;
    for (std::size_t i = 0; i < source.row_group_count() && !values_.full(); ++i) {
      RETURN_IF_ERROR(budget_.Check());
      const auto rows = source.LoadRowGroup(i);
      if (!rows.ok()) {
        figures_.cuts.push_back(fmt::format("{}: {}", source.meta().name, rows.error().message()));
        continue;
      }
      for (const block::TraceEntry& trace : (*rows)->traces()) {
        if (trace.root_row == block::kNoRow) continue;
        values_.AddText(names ? (*rows)->Name(trace.root_row)
                              : (*rows)->ServiceName((*rows)->ResourceOfRow(trace.root_row)));
      }
    }
    return OkStatus();
  }

  Status FindFiltered(const traceql::Expression& filter) {
    return ForEachMatchingSpan(
        snapshot_, filter, range_.window, budget_,
        [&](const SpanRef& ref) {
          AddSpan(ref);
          return !values_.full();
        },
        figures_.cuts);
  }

  void AddSpan(const SpanRef& ref) {
    if (const auto* attribute = std::get_if<AttributeReference>(&tag_)) {
      AddSpanAttribute(ref, *attribute);
      return;
    }
    const Intrinsic intrinsic = std::get<Intrinsic>(tag_);
    const Span& span = *ref.span;
    switch (intrinsic) {
      case Intrinsic::kName:
        values_.AddText(span.name);
        break;
      case Intrinsic::kKind:
      case Intrinsic::kStatus: {
        const auto code = intrinsic == Intrinsic::kKind
                              ? static_cast<std::int64_t>(span.kind)
                              : static_cast<std::int64_t>(span.status_code);
        values_.Add({TagValue::Type::kKeyword, KeywordOf(intrinsic, code)});
        break;
      }
      case Intrinsic::kStatusMessage:
        if (!span.status_message.empty()) values_.AddText(span.status_message);
        break;
      case Intrinsic::kEventName:
        for (const SpanEvent& event : span.events) values_.AddText(event.name);
        break;
      case Intrinsic::kInstrumentationName:
        values_.AddText(ref.scope->scope.name);
        break;
      case Intrinsic::kInstrumentationVersion:
        values_.AddText(ref.scope->scope.version);
        break;
      // Of the roots among the matching spans.
      case Intrinsic::kRootName:
        if (span.IsRoot()) values_.AddText(span.name);
        break;
      case Intrinsic::kRootServiceName:
        if (span.IsRoot()) values_.AddText(ServiceName(ref.resource->resource));
        break;
      default:
        break;
    }
  }

  void AddSpanAttribute(const SpanRef& ref, const AttributeReference& attribute) {
    const std::string& name = attribute.name;
    const auto& resource = ref.resource->resource.attributes;
    switch (attribute.scope) {
      case AttributeScope::kUnscoped:
        values_.AddAttributes(ref.span->attributes, name);
        values_.AddAttributes(resource, name);
        break;
      case AttributeScope::kSpan:
        values_.AddAttributes(ref.span->attributes, name);
        break;
      case AttributeScope::kResource:
        values_.AddAttributes(resource, name);
        break;
      case AttributeScope::kInstrumentation:
        values_.AddAttributes(ref.scope->scope.attributes, name);
        break;
      case AttributeScope::kEvent:
        for (const SpanEvent& event : ref.span->events)
          values_.AddAttributes(event.attributes, name);
        break;
      case AttributeScope::kLink:
        for (const SpanLink& link : ref.span->links) values_.AddAttributes(link.attributes, name);
        break;
      case AttributeScope::kParent:
      case AttributeScope::kParentSpan:
      case AttributeScope::kParentResource:
        break;
    }
    if (AsksForService(tag_) && FindAttribute(resource, kServiceName) == nullptr) {
      values_.AddText("");
    }
  }

  const storage::Snapshot& snapshot_;
  const std::variant<AttributeReference, Intrinsic>& tag_;
  const TagRange& range_;
  Budget& budget_;
  TagFigures& figures_;
  ValueCollector values_;
};

}  // namespace

std::string_view TagScopeName(TagScope scope) {
  for (const auto& [known, name] : kScopes) {
    if (known == scope) return name;
  }
  return "";
}

std::optional<TagScope> FindTagScope(std::string_view name) {
  for (const auto& [scope, known] : kScopes) {
    if (known == name) return scope;
  }
  return std::nullopt;
}

std::string_view TagTypeName(TagValue::Type type) {
  switch (type) {
    case TagValue::Type::kKeyword:
      return "keyword";
    case TagValue::Type::kString:
      return "string";
    case TagValue::Type::kInt:
      return "int";
    case TagValue::Type::kFloat:
      return "float";
    case TagValue::Type::kBool:
      return "bool";
  }
  return "string";
}

Result<TagNames> FindTagNames(const storage::Snapshot& snapshot, std::optional<TagScope> scope,
                              const TagRange& range, Budget& budget) {
  TagNames answer;
  answer.figures = FiguresOf(snapshot, range.window);
  NameCollector names(scope);
  for (const std::string_view intrinsic : kIntrinsicNames)
    names.Add(TagScope::kIntrinsic, intrinsic);
  if (const traceql::Expression* filter = FilterOf(range)) {
    names.Add(TagScope::kResource, kServiceName);
    RETURN_IF_ERROR(CutInsteadOfFailing(ForEachMatchingSpan(
                                            snapshot, *filter, range.window, budget,
                                            [&](const SpanRef& ref) {
                                              names.AddSpan(ref);
                                              return true;
                                            },
                                            answer.figures.cuts),
                                        answer.figures));
  } else {
    RETURN_IF_ERROR(CutInsteadOfFailing(
        CollectCatalogueNames(snapshot, range.window, budget, names, answer.figures),
        answer.figures));
  }
  std::move(names).MoveTo(range.limit, answer);
  return answer;
}

Result<TagValues> FindTagValues(const storage::Snapshot& snapshot,
                                const std::variant<AttributeReference, Intrinsic>& tag,
                                const TagRange& range, Budget& budget) {
  TagValues answer;
  answer.figures = FiguresOf(snapshot, range.window);
  ValueFinder finder(snapshot, tag, range, budget, answer.figures);
  RETURN_IF_ERROR(CutInsteadOfFailing(finder.Run(), answer.figures));
  answer.values = finder.Take();
  return answer;
}

}  // namespace vivace::query
