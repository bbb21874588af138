#include "base/mapped_file.h"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "base/error.h"

using namespace tenon;

namespace {

class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "tenon-test-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path_ = name;
    std::filesystem::permissions(path_, std::filesystem::perms(0755));
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }
  std::string file(const std::string& name) const { return (path_ / name).string(); }
  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(file(name), std::ios::binary) << text;
    return file(name);
  }

 private:
  std::filesystem::path path_;
};

// Permissions do not bind the superuser: become nobody for a while.
class WithoutPrivilege {
 public:
  WithoutPrivilege() : is_root_(::geteuid() == 0) {
    if (is_root_) REQUIRE(::seteuid(65534) == 0);
  }
  ~WithoutPrivilege() {
    if (is_root_) CHECK(::seteuid(0) == 0);
  }

 private:
  bool is_root_;
};

std::string text_of(const MappedFile& file) {
  const auto bytes = file.bytes();
  return bytes.empty() ? ""
                       : std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

std::string failure(const std::string& path) {
  try {
    MappedFile file(path);
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::Resource);
    CHECK(error.file() == path);
    return error.message();
  }
  return "opened";
}

}  // namespace

TEST_SUITE("mapped_file") {
  TEST_CASE("the bytes are those of the file") {
    const TemporaryFolder folder;
    const std::string text("a\0b\n\xFF", 5);
    const MappedFile file(folder.write("bytes", text));
    CHECK(text_of(file) == text);
    CHECK(file.path() == folder.file("bytes"));
  }

  TEST_CASE("an empty file has no bytes") {
    const TemporaryFolder folder;
    const MappedFile file(folder.write("empty", ""));
    CHECK(file.bytes().empty());
  }

  TEST_CASE("moving keeps the bytes where they are") {
    const TemporaryFolder folder;
    MappedFile first(folder.write("first", "one"));
    const std::byte* data = first.bytes().data();
    MappedFile second(std::move(first));
    CHECK(second.bytes().data() == data);
    CHECK(first.bytes().empty());
    MappedFile third(folder.write("third", "three"));
    third = std::move(second);
    CHECK(text_of(third) == "one");
    CHECK(third.path() == folder.file("first"));
  }

  TEST_CASE("the bytes stay when the file is removed") {
    const TemporaryFolder folder;
    const MappedFile file(folder.write("gone", "still here"));
    std::filesystem::remove(file.path());
    CHECK(text_of(file) == "still here");
  }

  TEST_CASE("bytes can be read beside the mapping, and a file that became shorter is refused") {
    const TemporaryFolder folder;
    std::string text(100000, 'a');
    for (std::size_t i = 0; i < text.size(); ++i) text[i] = static_cast<char>(i * i % 251);
    const MappedFile file(folder.write("whole", text));
    std::string copy(70001, '?');
    file.read(123, std::as_writable_bytes(std::span(copy)));
    CHECK(copy == text.substr(123, copy.size()));
    file.read(text.size(), {});
    CHECK_THROWS_AS(file.read(text.size() - 1, std::as_writable_bytes(std::span(copy))), Error);
    std::filesystem::resize_file(file.path(), 50000);
    try {
      file.read(0, std::as_writable_bytes(std::span(copy)));
      FAIL("read beyond the end");
    } catch (const Error& error) {
      CHECK(error.message() == "has become shorter while it was read");
      CHECK(error.kind() == ErrorKind::Resource);
    }
  }

  TEST_CASE("a missing file, a directory, a pipe and a device are refused with the reason") {
    const TemporaryFolder folder;
    CHECK(failure(folder.file("missing")) == "cannot open: No such file or directory");
    CHECK(failure(folder.file(".")) == "is a directory, a file is needed");
    REQUIRE(::mkfifo(folder.file("pipe").c_str(), 0600) == 0);
    CHECK(failure(folder.file("pipe")) == "is not a regular file, so it cannot be mapped");
    CHECK(failure("/dev/null") == "is not a regular file, so it cannot be mapped");
    CHECK(failure(folder.write("plain", "x") + "/below") == "cannot open: Not a directory");
  }

  TEST_CASE("a file without permission to read is refused, with it is opened") {
    const TemporaryFolder folder;
    const std::string closed = folder.write("closed", "x"), open = folder.write("open", "x");
    std::filesystem::permissions(closed, std::filesystem::perms(0000));
    std::filesystem::permissions(open, std::filesystem::perms(0444));
    const WithoutPrivilege nobody;
    CHECK(failure(open) == "opened");
    CHECK(failure(closed) == "cannot open: Permission denied");
  }

  TEST_CASE("a file is open as long as the object lives, a refused one not at all") {
    const TemporaryFolder folder;
    const std::string path = folder.write("many", "x");
    const auto open_files = [] {
      int count = 0;
      for ([[maybe_unused]] const auto& entry :
           std::filesystem::directory_iterator("/proc/self/fd"))
        ++count;
      return count;
    };
    const int before = open_files();
    for (int i = 0; i < 10; ++i) {
      const MappedFile file(path);
      CHECK(open_files() == before + 1);
      failure(folder.file("."));
    }
    CHECK(open_files() == before);
  }
}
