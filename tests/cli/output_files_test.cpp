#include "cli/output_files.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>

#include "base/error.h"
#include "folder.h"

using namespace tenon;
using namespace tenon::cli;

namespace {

namespace fs = std::filesystem;

void put(const std::string& path, const std::string& bytes, bool overwrite = false) {
  OutputSet outputs(overwrite, {});
  outputs.standard(path, false).write(bytes);
  outputs.keep();
}

}  // namespace

TEST_SUITE("output_files") {
  TEST_CASE("a file is seen under its name only when it is finished") {
    const Folder folder;
    {
      OutputSet outputs(false, {});
      Output& output = outputs.standard(folder.path("out"), false);
      output.write("bytes");
      output.flush();
      CHECK_FALSE(fs::exists(folder.path("out")));
      CHECK(folder.count() == 1);  // the file on the way
      outputs.keep();
      CHECK(folder.read("out") == "bytes");
    }
    CHECK(folder.count() == 1);
  }

  TEST_CASE("a file that is given up leaves nothing, and the old one as it was") {
    const Folder folder;
    folder.write("out", "old");
    {
      OutputSet outputs(true, {});
      outputs.standard(folder.path("out"), false).write("new");
      outputs.open(folder.path("other"), false).write("new");
    }
    CHECK(folder.read("out") == "old");
    CHECK(folder.count() == 1);
  }

  TEST_CASE("an existing file is refused, or replaced with its permissions") {
    const Folder folder;
    folder.write("out", "old");
    ::chmod(folder.path("out").c_str(), 0600);
    CHECK_THROWS_AS(put(folder.path("out"), "new"), Error);
    CHECK_THROWS_AS(check_output_path(folder.path("out"), false), Error);
    CHECK(folder.read("out") == "old");
    put(folder.path("out"), "new", true);
    CHECK(folder.read("out") == "new");
    CHECK(fs::status(folder.path("out")).permissions() == fs::perms(0600));
  }

  TEST_CASE("a file that appears meanwhile is not replaced") {
    const Folder folder;
    OutputSet outputs(false, {});
    outputs.standard(folder.path("out"), false).write("mine");
    folder.write("out", "theirs");
    CHECK_THROWS_WITH_AS(
        outputs.keep(),
        (folder.path("out") + ": was created by something else while this ran").c_str(), Error);
    CHECK(folder.read("out") == "theirs");
  }

  TEST_CASE("where one of several outputs fails none is kept") {
    const Folder folder;
    OutputSet outputs(false, {});
    outputs.open(folder.path("first"), false).write("1");
    outputs.open("/dev/full", false).write("2");
    CHECK_THROWS_AS(outputs.keep(), Error);
    CHECK_FALSE(fs::exists(folder.path("first")));
  }

  TEST_CASE("a symbolic link stays one") {
    const Folder folder;
    folder.write("deep/target", "old");
    fs::create_symlink("deep/target", folder.path("link"));
    fs::create_symlink("link", folder.path("link to link"));
    fs::create_symlink("deep/new", folder.path("dangling"));
    put(folder.path("link to link"), "new", true);
    CHECK(fs::is_symlink(folder.path("link to link")));
    CHECK(fs::is_symlink(folder.path("link")));
    CHECK(folder.read("deep/target") == "new");
    put(folder.path("dangling"), "fresh");
    CHECK(fs::is_symlink(folder.path("dangling")));
    CHECK(folder.read("deep/new") == "fresh");
  }

  TEST_CASE("the longest file name still has room beside it") {
    const Folder folder;
    const std::string name(255, 'n');
    put(folder.path(name), "bytes");
    CHECK(folder.read(name) == "bytes");
  }

  TEST_CASE("permissions of a new file follow the umask") {
    const Folder folder;
    const mode_t before = ::umask(027);
    put(folder.path("out"), "");
    ::umask(before);
    CHECK(fs::status(folder.path("out")).permissions() == fs::perms(0640));
  }

  TEST_CASE("one path cannot be two outputs") {
    const Folder folder;
    OutputSet outputs(false, {});
    outputs.open(folder.path("out"), false);
    CHECK_THROWS_AS(outputs.open(folder.path("out"), false), Error);
    outputs.standard("-", false);
    CHECK_THROWS_AS(outputs.open("-", false), Error);
    CHECK(&outputs.standard("-", false) ==
          &outputs.standard("-", false));  // but may be asked for again
  }

  TEST_CASE("folders, sockets and empty names are refused with the reason") {
    const Folder folder;
    folder.write("file", "");
    CHECK_THROWS_AS(check_output_path(folder.path(""), false), Error);
    CHECK_THROWS_AS(check_output_path(folder.path("gone/out"), false), Error);
    CHECK_THROWS_AS(check_output_path(folder.path("file/out"), false), Error);
    CHECK_THROWS_AS(check_output_path(folder.path("new/"), false), Error);
    CHECK_THROWS_AS(check_output_path("", false), Error);
    CHECK_NOTHROW(check_output_path("-", false));
    CHECK_NOTHROW(check_output_path("/dev/null", false));
    CHECK_NOTHROW(check_output_path(folder.path("out"), false));
  }

  TEST_CASE("more than the buffer arrives whole and in order") {
    const Folder folder;
    std::string expected;
    OutputSet outputs(false, {});
    Output& output = outputs.standard(folder.path("out"), true);
    for (int i = 0; i < 3000; ++i) {
      const std::string piece(static_cast<std::size_t>(i % 97), static_cast<char>('a' + i % 26));
      output.write(piece);
      expected += piece;
    }
    const std::string large(300000, 'z');
    output.write(large);
    expected += large;
    output.write("end");
    outputs.keep();
    CHECK(folder.read("out") == expected + "end");
  }

  TEST_CASE("a pipe whose reader has gone is told apart from an error") {
    const Folder folder;
    int ends[2];
    REQUIRE(::pipe(ends) == 0);
    const auto before = ::signal(SIGPIPE, SIG_IGN);
    ::close(ends[0]);
    OutputSet outputs(false, {});
    outputs.open("/dev/fd/" + std::to_string(ends[1]), false).write("x");
    CHECK_THROWS_AS(outputs.keep(), ClosedPipe);
    ::close(ends[1]);
    ::signal(SIGPIPE, before);
  }
}
