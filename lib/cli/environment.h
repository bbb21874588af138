#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// The environment: the one place of the suite that reads it.
namespace tenon::cli {

/// A variable that is set and not empty.
std::optional<std::string> environment(const std::string& name);

/// Names of the variables that begin with `prefix`, sorted.
std::vector<std::string> environment_names(std::string_view prefix);

}  // namespace tenon::cli
