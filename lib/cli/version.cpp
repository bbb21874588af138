#include "cli/version.h"

#include <CLI/Version.hpp>
#include <nlohmann/json.hpp>

namespace tenon::cli {
namespace {

// "12.2.0": both compilers say so in __VERSION__, clang with its name in front.
std::string compiler() {
#if defined(__clang__)
  return __VERSION__;
#else
  return "GCC " __VERSION__;
#endif
}

std::string json_version() {
  return std::to_string(NLOHMANN_JSON_VERSION_MAJOR) + "." +
         std::to_string(NLOHMANN_JSON_VERSION_MINOR) + "." +
         std::to_string(NLOHMANN_JSON_VERSION_PATCH);
}

}  // namespace

// TENON_VERSION and its kin are set for this file by lib/CMakeLists.txt.
std::string version() {
  return TENON_VERSION;
}

std::string build_facts() {
  return "compiler: " + compiler() +
         "\n"
         "build: " TENON_BUILD_TYPE
         "\n"
         "sanitizers: " TENON_BUILD_SANITIZERS
         "\n"
         "threads: " TENON_BUILD_TEAM
         "\n"
         "kernels built: " TENON_BUILD_KERNELS
         "\n"
         "libraries: CLI11 " CLI11_VERSION ", nlohmann/json " +
         json_version() + "\n";
}

}  // namespace tenon::cli
