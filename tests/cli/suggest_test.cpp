#include "cli/suggest.h"

#include <doctest/doctest.h>

#include "folder.h"

using namespace tenon::cli;

TEST_SUITE("suggest") {
  TEST_CASE("a missing file is answered with what is there") {
    const Folder folder;
    folder.write("models/tiny.gguf", "");
    const std::string base = folder.path("");
    CHECK(did_you_mean_file(base + "models/tiny.guf") ==
          "did you mean \"" + base + "models/tiny.gguf\"?");
    CHECK(did_you_mean_file(base + "model/tiny.gguf") ==
          "did you mean \"" + base + "models/tiny.gguf\"?");
    CHECK(did_you_mean_file(base + "model/other.gguf") == "did you mean \"" + base + "models\"?");
    CHECK(did_you_mean_file(base + "nowhere/x").find("nowhere\" does not exist") !=
          std::string::npos);
    CHECK(did_you_mean_file(base + "models/quite_else").find("there is nothing of that name") == 0);
    CHECK(did_you_mean_file(base + "models/tiny.gguf").empty());
    CHECK(did_you_mean_file(base + "models/tiny.gguf/x").empty());
    CHECK(did_you_mean_file("").empty());
  }
}
