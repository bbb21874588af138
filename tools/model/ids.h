#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tenon::model_tool {

/// Token ids apart by spaces, line breaks or commas. Throws Error(Usage) for anything that is not an id
/// of a vocabulary of `vocab` tokens.
std::vector<std::int32_t> parse_ids(std::string_view text, std::int64_t vocab);
std::string join_ids(std::span<const std::int32_t> ids);

/// Counts apart by commas: "1,2,4,8,512". Throws Error(Usage) naming `option`.
std::vector<std::int64_t> parse_counts(std::string_view text, std::string_view option,
                                       std::int64_t minimum);

}  // namespace tenon::model_tool
