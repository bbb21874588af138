#pragma once

#include <map>
#include <string>
#include <vector>

#include "cli/option_table.h"

namespace tenon::cli {

/// An argument list taken apart, nothing converted yet. The only door to the parsing library.
struct Arguments {
  std::map<std::string, std::vector<std::string>> words;  // long name → its values, in order
  std::vector<std::string> positionals;                   // without the first "--"
  std::vector<std::string> unknown;                       // options that no table has
  std::string without_value;                              // "--seed" as the last argument
};

/// `options`: what is known. With `stop_at_positional`, everything from the first positional on is
/// left in `positionals` as it stands (a verb and what follows it). Switches give "true" and
/// "false";
/// --help gives "full" and -h "short".
Arguments split_arguments(const std::vector<const Option*>& options,
                          const std::vector<std::string>& arguments, bool stop_at_positional);

}  // namespace tenon::cli
