#include "formats/box_text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <optional>
#include <unordered_map>

#include "base/error.h"
#include "base/mapped_file.h"
#include "base/suggest.h"

namespace tenon::formats {

namespace {

using evaluation::Box;
using evaluation::Detections;
using evaluation::Truth;

std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> words;
  constexpr std::string_view kSpaces = " \t\r";
  for (;;) {
    const std::size_t begin = line.find_first_not_of(kSpaces);
    if (begin == std::string_view::npos) return words;
    line.remove_prefix(begin);
    const std::size_t length = std::min(line.find_first_of(kSpaces), line.size());
    words.push_back(line.substr(0, length));
    line.remove_prefix(length);
  }
}

/// Reads the lines of one picture.
class LineReader {
 public:
  LineReader(const std::string& path, std::uint32_t picture, const Truth& truth,
             const BoxTextOptions& options)
      : path_(path), picture_(picture), truth_(truth), options_(options) {}

  void read(std::string_view line, long line_number, Detections& detections) {
    line_ = line_number;
    const auto words = words_of(line);
    if (words.empty()) return;
    if (words.size() != 6)
      throw fail("has " + std::to_string(words.size()) + " words, it must have 6")
          .hint("a line is the class, its score and four numbers; names of classes have no spaces");
    std::array<double, 4> sides{};
    for (std::size_t i = 0; i < 4; ++i) sides[i] = number(words[i + 2]);
    const Box box = box_of(sides);
    if (box.width < 0 || box.height < 0)
      throw fail(options_.numbers == BoxNumbers::Corners
                     ? "its right is left of its left, or its bottom above its top"
                     : "its width or height is negative")
          .hint(options_.numbers == BoxNumbers::Corners
                    ? "corners are left top right bottom; these may be left top width height"
                    : "these may be corners, left top right bottom");
    detections.image.push_back(picture_);
    detections.category.push_back(category(words[0]));
    detections.scores.push_back(number(words[1]));
    detections.boxes.push_back(box);
    detections.areas.push_back(box.area());
  }

 private:
  Error fail(const std::string& message) const {
    return Error(ErrorKind::Input, message).at(path_, line_);
  }

  double number(std::string_view word) const {
    double value = 0.0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
    if (error != std::errc() || end != word.data() + word.size() || !std::isfinite(value))
      throw fail("has " + tenon::quoted(word) + " where a number belongs");
    return value;
  }

  Box box_of(const std::array<double, 4>& n) const {
    switch (options_.numbers) {
      case BoxNumbers::Corners:
        return {n[0], n[1], n[2] - n[0], n[3] - n[1]};
      case BoxNumbers::Sides:
        return {n[0], n[1], n[2], n[3]};
      case BoxNumbers::RelativeCentre:
        break;
    }
    const image::PictureSize size = truth_.images.sizes[picture_];
    if (size.width == 0)
      throw fail("is relative to a picture whose size is not known")
          .hint("the truth must give width and height of every picture");
    const double width = n[2] * size.width, height = n[3] * size.height;
    return {n[0] * size.width - width / 2, n[1] * size.height - height / 2, width, height};
  }

  std::uint32_t category(std::string_view word) const {
    std::string_view name = word;
    if (!options_.class_names.empty()) {
      std::size_t index = 0;
      const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), index);
      if (error != std::errc() || end != word.data() + word.size() ||
          index >= options_.class_names.size())
        throw fail("has the class " + tenon::quoted(word) + ", it must be a number from 0 to " +
                   std::to_string(options_.class_names.size() - 1));
      name = options_.class_names[index];
    }
    const auto& known = truth_.categories.names;
    const auto at = std::find(known.begin(), known.end(), name);
    if (at == known.end())
      throw fail("has the class " + tenon::quoted(name) + ", which the truth does not know")
          .hint(did_you_mean(name, known));
    return static_cast<std::uint32_t>(at - known.begin());
  }

  const std::string& path_;
  std::uint32_t picture_;
  const Truth& truth_;
  const BoxTextOptions& options_;
  long line_ = 0;
};

std::vector<std::filesystem::path> text_files(const std::string& folder) {
  std::error_code code;
  std::vector<std::filesystem::path> paths;
  for (std::filesystem::directory_iterator at(folder, code), end; !code && at != end;
       at.increment(code))
    if (at->path().extension() == ".txt") paths.push_back(at->path());
  if (code) throw Error(ErrorKind::Resource, "cannot be listed: " + code.message()).at(folder);
  if (paths.empty()) throw Error(ErrorKind::Input, "holds no *.txt file").at(folder);
  std::sort(paths.begin(), paths.end());
  return paths;
}

}  // namespace

void read_box_text(std::string_view text, const std::string& path, std::uint32_t picture,
                   const Truth& truth, const BoxTextOptions& options, Detections& detections) {
  TENON_CHECK(picture < truth.images.size());
  LineReader reader(path, picture, truth, options);
  for (long line = 1; !text.empty(); ++line) {
    const std::size_t length = std::min(text.find('\n'), text.size());
    reader.read(text.substr(0, length), line, detections);
    text.remove_prefix(std::min(length + 1, text.size()));
  }
}

Detections read_box_text_folder(const std::string& folder, const Truth& truth,
                                const BoxTextOptions& options) {
  std::unordered_map<std::string, std::uint32_t> pictures;
  for (std::size_t i = 0; i < truth.images.size(); ++i)
    pictures.emplace(std::filesystem::path(truth.images.names[i]).stem().string(),
                     static_cast<std::uint32_t>(i));
  Detections detections;
  for (const auto& path : text_files(folder)) {
    const auto picture = pictures.find(path.stem().string());
    if (picture == pictures.end())
      throw Error(ErrorKind::Input, "belongs to no picture of the truth").at(path.string());
    const MappedFile file(path.string());
    const auto bytes = file.bytes();
    read_box_text({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, path.string(),
                  picture->second, truth, options, detections);
  }
  return detections;
}

}  // namespace tenon::formats
