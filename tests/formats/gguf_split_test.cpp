#include "formats/gguf_split.h"

#include <doctest/doctest.h>

#include "formats/format_files.h"
#include "formats/gguf.h"

using namespace tenon;
using namespace tenon::formats;
using namespace tenon::formats::test;

namespace {

const char* const kParts[] = {"split-00001-of-00003.gguf", "split-00002-of-00003.gguf",
                              "split-00003-of-00003.gguf"};

std::string open_error(const std::string& path) {
  return error_of([&] { GgufFile::open(path); });
}

/// One part with a tensor of its own; `first` ones say the total.
std::string part(std::uint16_t number, std::uint16_t count, const char* tensor, int total = -1) {
  FileBytes file;
  file.head(3, 1, total >= 0 ? 3 : 2);
  file.key("split.no", 2).number(number).key("split.count", 2).number(count);
  if (total >= 0) file.key("split.tensors.count", 5).number<std::int32_t>(total);
  file.tensor(tensor, {1}, 0, 0).pad().number(1.0f).pad();
  return file.text;
}

}  // namespace

TEST_SUITE("gguf split") {
  TEST_CASE("any part opens the whole split file that the gguf package wrote") {
    for (const char* name : kParts) {
      const GgufFile file = GgufFile::open(data_path(name));
      CHECK(file.parts().size() == 3);
      CHECK(file.names() == std::vector<std::string>{"blk.0.weight", "blk.1.weight", "blk.2.weight",
                                                     "blk.3.weight", "blk.4.weight"});
      for (int i = 0; i < 5; ++i) {
        const auto view = file.find("blk." + std::to_string(i) + ".weight");
        REQUIRE(view);
        CHECK(view->floats()[5] == static_cast<float>(i));
      }
      CHECK(file.tensors()[4].part == 2);
      CHECK(file.metadata().require_string("general.architecture") == "llama");
      CHECK(file.origin() == data_path(kParts[0]));
    }
  }

  TEST_CASE("a missing part is named, and so is the file that asked for it") {
    const TemporaryFolder folder;
    folder.write("big-00001-of-00002.gguf", part(0, 2, "a", 2));
    const std::string message = open_error(folder.path("big-00001-of-00002.gguf"));
    CHECK(message ==
          folder.path("big-00002-of-00002.gguf") + ": cannot open: No such file or directory");
  }

  TEST_CASE("a renamed part is refused with how to name it") {
    const TemporaryFolder folder;
    try {
      GgufFile::open(folder.write("model.gguf", part(0, 12, "a", 12)));
      FAIL("not refused");
    } catch (const Error& error) {
      CHECK(error.message().starts_with("the file is a part of 12 but is not named like one"));
      CHECK(error.hint().find("NAME-00001-of-00012.gguf") != std::string::npos);
    }
    CHECK(open_error(folder.write("model-00001-of-00003.gguf", part(0, 2, "a", 2)))
              .find("is not named like one") != std::string::npos);
  }

  TEST_CASE("parts that contradict one another are refused") {
    const TemporaryFolder folder;
    const std::string first = "x-00001-of-00002.gguf", second = "x-00002-of-00002.gguf";
    const auto error = [&](const std::string& a, const std::string& b) {
      folder.write(first, a);
      folder.write(second, b);
      return open_error(folder.path(first));
    };
    CHECK(error(part(0, 2, "a", 2), part(1, 2, "b")) == "no error");
    CHECK(error(part(0, 2, "a", 3), part(1, 2, "b")) ==
          folder.path(first) + " at split.tensors.count: is 3, the parts hold 2");
    CHECK(error(part(0, 2, "a", 2), part(0, 2, "b")) ==
          folder.path(second) + " at split.no: is 0, this file is in the place of 1");
    CHECK(error(part(0, 2, "a", 2), part(1, 3, "b")) ==
          folder.path(second) + " at split.count: is 3, the first part says 2");
    CHECK(error(part(0, 2, "a", 2), part(1, 2, "a")) ==
          folder.path(second) + ": tensor \"a\" is also in " + folder.path(first));
    FileBytes plain;
    plain.head(3, 0, 0);
    CHECK(error(part(0, 2, "a", 2), plain.text) ==
          folder.path(second) + " at split.no: the key is missing");
  }
}
