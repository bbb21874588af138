#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace tenon {

/// Letters to insert, delete, replace or swap with a neighbour to turn one word into the other
/// (optimal string alignment), upper and lower case being the same.
std::size_t edit_distance(std::string_view a, std::string_view b);

/// The candidates nearest to `word`: all at the least distance, as long as that is small for its
/// length, or that begin with it. At most three, in the given order.
std::vector<std::string> closest_words(std::string_view word,
                                       const std::vector<std::string>& candidates);

/// "did you mean --top-k or --top-p?", or nothing.
std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace tenon
