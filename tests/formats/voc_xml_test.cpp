#include "formats/voc_xml.h"

#include <doctest/doctest.h>

#include <unistd.h>
#include <filesystem>
#include <fstream>

#include "base/error.h"

using namespace tenon;

namespace {

const std::string kPicture =
    "<annotation>\n<size><width>500</width><height>375</height></size>\n"
    "<object>\n<name>dog</name>\n<difficult>1</difficult>\n"
    "<bndbox>\n<xmin>10</xmin><ymin>20</ymin><xmax>30.5</xmax><ymax>60</ymax></bndbox></object>\n"
    "<object><name>cat</name><bndbox><xmin>1</xmin><ymin>1</ymin><xmax>1</xmax><ymax>9</ymax></"
    "bndbox>"
    "<part><name>head</name></part></object>\n</annotation>\n";

/// Files in a folder of their own, gone at the end.
class Folder {
 public:
  Folder()
      : path_(std::filesystem::temp_directory_path() / ("tenon-voc-" + std::to_string(getpid()))) {
    std::filesystem::create_directories(path_);
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  std::string add(const std::string& name, const std::string& text) const {
    std::ofstream(path_ / name) << text;
    return (path_ / name).string();
  }
  std::string path() const { return path_.string(); }

 private:
  std::filesystem::path path_;
};

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const auto at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

}  // namespace

TEST_SUITE("formats") {
  TEST_CASE("voc_xml reads pictures, classes by name, boxes and difficult objects") {
    const Folder folder;
    folder.add("b.xml", kPicture);
    folder.add("a.xml", "<annotation></annotation>");
    folder.add("notes.txt", "no annotation");
    const auto paths = formats::voc_annotation_paths(folder.path());
    REQUIRE(paths.size() == 2);
    const auto truth = formats::read_voc_annotations(paths);
    CHECK(truth.images.names == std::vector<std::string>{"a", "b"});
    CHECK(truth.images.sizes[1] == image::PictureSize{375, 500});
    CHECK(truth.categories.names == std::vector<std::string>{"cat", "dog"});
    CHECK(truth.category == std::vector<std::uint32_t>{1, 0});
    CHECK(truth.image == std::vector<std::uint32_t>{1, 1});
    CHECK(truth.boxes[0] == evaluation::Box{10, 20, 20.5, 40});
    CHECK(truth.boxes[1] == evaluation::Box{1, 1, 0, 8});
    CHECK(truth.is_difficult == std::vector<std::uint8_t>{1, 0});
  }

  TEST_CASE("voc_xml refuses what is wrong, naming the file and line") {
    const Folder folder;
    struct Case {
      const char *from, *to, *message;
      long line;
    };
    const Case cases[] = {
        {"<xmax>30.5", "<xmax>3", "xmax is left of xmin", 6},
        {"<ymax>60", "<ymax>6", "ymax is above ymin", 6},
        {"<xmin>10", "<xmin>ten", "xmin is \"ten\", it must be a number", 7},
        {"<xmin>10", "<xmin>nan", "xmin is \"nan\", it must be a number", 7},
        {"<xmin>10</xmin>", "", "bndbox has no xmin", 6},
        {"<name>dog</name>", "", "object has no name", 3},
        {"<annotation>", "<annotations>", "is not valid XML: Start-end tags mismatch", 9},
    };
    for (const Case& one : cases) {
      const std::string path = folder.add("x.xml", replaced(kPicture, one.from, one.to));
      CAPTURE(one.to);
      try {
        formats::read_voc_annotations({path});
        FAIL("accepted");
      } catch (const Error& error) {
        CHECK(error.message() == one.message);
        CHECK(error.line() == one.line);
        CHECK(error.file() == path);
      }
    }
    const std::string path = folder.add("x.xml", kPicture);
    CHECK_THROWS_AS(formats::read_voc_annotations({path, path}), Error);
    CHECK_THROWS_AS(formats::voc_annotation_paths(folder.path() + "/none"), Error);
  }

  TEST_CASE("voc_xml survives a file that ends anywhere") {
    const Folder folder;
    for (std::size_t size = 0; size + 2 < kPicture.size(); size += 3) {
      const std::string path = folder.add("x.xml", kPicture.substr(0, size));
      CHECK_THROWS_AS(formats::read_voc_annotations({path}), Error);
    }
  }
}
