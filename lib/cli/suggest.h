#pragma once

#include <string>

#include "base/suggest.h"

namespace tenon::cli {

/// For a path that does not exist: what is there that looks like it, or else which part is missing. Empty
/// for one that exists, if only as a symbolic link that leads nowhere.
std::string did_you_mean_file(const std::string& path);

}  // namespace tenon::cli
