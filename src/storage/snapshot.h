#pragma once
// All of one tenant's data at one moment.

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "storage/source.h"

namespace vivace::storage {

/// The sources that held one tenant's data when the snapshot was taken. Immutable,
/// thread-safe; keeps alive what it shows, also when a block is cut or removed meanwhile.
/// Every span lies in exactly one source (a cut replaces live data by its block in one step);
/// the spans of one trace may lie in several.
class Snapshot {
 public:
  using Sources = std::vector<std::shared_ptr<const Source>>;

  /// `sources` in the order of sources(). Made by Store; public for tests of queries.
  explicit Snapshot(Sources sources, std::vector<std::string> unavailable = {})
      : sources_(std::move(sources)), unavailable_(std::move(unavailable)) {}

  /// Newest first: by trace_start_max descending, then by name.
  const Sources& sources() const { return sources_; }

  /// What belongs to the tenant and cannot be served, one text for people each, such as
  /// "block 3f..: quarantined: ...". An answer from this snapshot is partial if there is any.
  const std::vector<std::string>& unavailable() const { return unavailable_; }

 private:
  const Sources sources_;
  const std::vector<std::string> unavailable_;
};

}  // namespace vivace::storage
