#pragma once

#include <string>

namespace tenon::cli {

std::string version();

/// Compiler, build type, sanitizers, thread backend and parsing libraries, one a line.
std::string build_facts();

}  // namespace tenon::cli
