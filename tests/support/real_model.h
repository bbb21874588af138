#pragma once

#include <string>

namespace tenon::test {

/// Path of SmolLM2-135M-Instruct.Q4_1.gguf: TENON_TEST_MODEL, else the cache folder that
/// scripts/fetch_model fills. Throws std::runtime_error with the command that fetches it: tests
/// that need it do not skip.
std::string real_model_path();

}  // namespace tenon::test
