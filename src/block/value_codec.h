#pragma once
// One attribute value as bytes, exactly. Described in docs/block-format.md ("values").

#include "base/bytes.h"
#include "base/result.h"
#include "model/attribute.h"

namespace vivace::block {

/// Nesting of arrays and maps in a stored value: 1 for a plain value. Receivers bound nesting
/// at 100 or fewer; coding and the model's own destructors are recursive.
inline constexpr int kValueDepthMax = 128;

/// True if `value` is nested at most kValueDepthMax deep.
bool DepthFits(const AttributeValue& value);
/// Appends `value`, which must fit (checked).
void EncodeValue(const AttributeValue& value, ByteWriter& out);
/// kCorruption: unknown type, a length past the end, or nested too deep.
Result<AttributeValue> DecodeValue(ByteReader& in);

}  // namespace vivace::block
