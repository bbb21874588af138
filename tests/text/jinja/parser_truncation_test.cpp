#include <filesystem>

#include "golden_file.h"

using namespace tenon;
using namespace tenon::text;

TEST_SUITE_BEGIN("jinja");

TEST_CASE("a template cut at any byte is rendered or refused with a place") {
  constexpr RenderLimits kLimits{.steps = 100'000, .memory_bytes = 4 << 20};
  int refused = 0, rendered = 0;
  for (const auto& entry : std::filesystem::directory_iterator(data_path("templates"))) {
    const std::string source = read_file(entry.path().string());
    // Every byte of the smaller ones; the large ones have no other constructs.
    const std::size_t stride = source.size() > 7000 ? 41 : 1;
    for (std::size_t size = 0; size < source.size(); size += stride) {
      try {
        ChatTemplate(std::string_view(source).substr(0, size))
            .render({{"user", "Hi"}, {"assistant", "Ho"}}, {.date = "2026-07-26"}, kLimits);
        ++rendered;
      } catch (const Error& error) {
        const bool has_place = error.line() > 0 && error.file() == "chat template";
        if (!has_place) FAIL_CHECK(entry.path().string() << " at " << size << ": " << error.what());
        ++refused;
      }
    }
  }
  CHECK(refused > 50'000);
  CHECK(rendered > 400);
}

TEST_SUITE_END();
