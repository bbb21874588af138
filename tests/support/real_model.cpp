#include "support/real_model.h"

#include <cstdlib>
#include <filesystem>
#include <stdexcept>

namespace tenon::test {

namespace {

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

}  // namespace

std::string real_model_path() {
  std::string path = variable("TENON_TEST_MODEL");
  if (path.empty()) {
    const std::string cache = variable("XDG_CACHE_HOME");
    path = (cache.empty() ? variable("HOME") + "/.cache" : cache) +
           "/tenon/SmolLM2-135M-Instruct.Q4_1.gguf";
  }
  if (!std::filesystem::is_regular_file(path))
    throw std::runtime_error("the model " + path +
                             " is missing; fetch it with scripts/fetch_model");
  return path;
}

}  // namespace tenon::test
