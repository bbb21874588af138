#include "formats/voc_xml.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <map>
#include <optional>
#include <pugixml.hpp>

#include "base/error.h"
#include "base/mapped_file.h"

namespace tenon::formats {

namespace {

using evaluation::Truth;

std::string_view trimmed(std::string_view text) {
  const auto is_space = [](char c) { return c == ' ' || (c >= '\t' && c <= '\r'); };
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

/// Reads the annotation of one picture.
class AnnotationReader {
 public:
  AnnotationReader(const std::string& path, std::map<std::string, std::uint32_t>& classes)
      : path_(path), classes_(classes), file_(path) {
    const auto bytes = file_.bytes();
    text_ = {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }

  void read(std::uint32_t picture, Truth& truth) {
    const pugi::xml_parse_result parsed = document_.load_buffer(text_.data(), text_.size());
    if (!parsed)
      throw Error(ErrorKind::Input, "is not valid XML: " + std::string(parsed.description()))
          .at(path_, line_at(parsed.offset));
    const pugi::xml_node annotation = document_.child("annotation");
    if (!annotation)
      throw Error(ErrorKind::Input, "is no VOC annotation: it has no element annotation").at(path_);
    truth.images.ids.push_back(picture);
    truth.images.names.push_back(std::filesystem::path(path_).stem().string());
    truth.images.sizes.push_back(size_of(annotation));
    for (const pugi::xml_node object : annotation.children("object"))
      read_object(object, picture, truth);
  }

 private:
  long line_at(std::ptrdiff_t offset) const {
    const auto end =
        std::min(text_.size(), static_cast<std::size_t>(std::max<std::ptrdiff_t>(offset, 0)));
    return 1 + std::count(text_.begin(), text_.begin() + static_cast<std::ptrdiff_t>(end), '\n');
  }
  Error fail(pugi::xml_node node, const std::string& message) const {
    return Error(ErrorKind::Input, message).at(path_, line_at(node.offset_debug()));
  }

  double number(pugi::xml_node parent, const char* name) const {
    const pugi::xml_node node = parent.child(name);
    if (!node) throw fail(parent, std::string(parent.name()) + " has no " + name);
    const std::string_view text = trimmed(node.text().get());
    double value = 0.0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value))
      throw fail(node, std::string(name) + " is " + tenon::quoted(text) + ", it must be a number");
    return value;
  }

  image::PictureSize size_of(pugi::xml_node annotation) const {
    const pugi::xml_node size = annotation.child("size");
    if (!size) return {};
    const auto side = [&](const char* name) {
      const double value = number(size, name);
      if (value < 0 || value > 65536 || value != std::floor(value))
        throw fail(size, std::string(name) + " is no number of pixels");
      return static_cast<std::uint32_t>(value);
    };
    return {side("height"), side("width")};
  }

  void read_object(pugi::xml_node object, std::uint32_t picture, Truth& truth) {
    const std::string name(trimmed(object.child("name").text().get()));
    if (name.empty()) throw fail(object, "object has no name");
    const pugi::xml_node corners = object.child("bndbox");
    if (!corners) throw fail(object, "object " + tenon::quoted(name) + " has no bndbox");
    const double left = number(corners, "xmin"), right = number(corners, "xmax");
    const double top = number(corners, "ymin"), bottom = number(corners, "ymax");
    if (right < left) throw fail(corners, "xmax is left of xmin").hint(kCornerHint);
    if (bottom < top) throw fail(corners, "ymax is above ymin").hint(kCornerHint);
    truth.image.push_back(picture);
    truth.category.push_back(
        classes_.try_emplace(name, static_cast<std::uint32_t>(classes_.size())).first->second);
    truth.boxes.push_back({left, top, right - left, bottom - top});
    truth.areas.push_back(truth.boxes.back().area());
    truth.ids.push_back(static_cast<std::int64_t>(truth.ids.size()) + 1);
    truth.is_crowd.push_back(0);
    truth.is_difficult.push_back(object.child("difficult") && number(object, "difficult") != 0);
    truth.labelled_points.push_back(0);
  }

  static constexpr const char* kCornerHint = "bndbox holds corners, not width and height";

  const std::string& path_;
  std::map<std::string, std::uint32_t>& classes_;
  MappedFile file_;
  std::string_view text_;
  pugi::xml_document document_;
};

/// Gives the classes, met in any order, rows in the order of their names.
void sort_classes(const std::map<std::string, std::uint32_t>& met, Truth& truth) {
  std::vector<std::uint32_t> rows(met.size());
  for (const auto& [name, first_row] : met) {
    rows[first_row] = static_cast<std::uint32_t>(truth.categories.size());
    truth.categories.ids.push_back(static_cast<std::int64_t>(truth.categories.size()) + 1);
    truth.categories.names.push_back(name);
  }
  for (std::uint32_t& category : truth.category) category = rows[category];
}

}  // namespace

Truth read_voc_annotations(const std::vector<std::string>& paths) {
  Truth truth;
  std::map<std::string, std::uint32_t> classes;
  std::map<std::string, std::string> pictures;
  for (const std::string& path : paths) {
    AnnotationReader(path, classes).read(static_cast<std::uint32_t>(truth.images.size()), truth);
    const auto [same, is_new] = pictures.try_emplace(truth.images.names.back(), path);
    if (!is_new)
      throw Error(ErrorKind::Input, "is the second annotation of picture " +
                                        tenon::quoted(same->first) + ", after " +
                                        tenon::quoted(same->second))
          .at(path);
  }
  sort_classes(classes, truth);
  return truth;
}

std::vector<std::string> voc_annotation_paths(const std::string& folder) {
  std::error_code code;
  std::vector<std::string> paths;
  for (std::filesystem::directory_iterator at(folder, code), end; !code && at != end;
       at.increment(code))
    if (at->path().extension() == ".xml") paths.push_back(at->path().string());
  if (code) throw Error(ErrorKind::Resource, "cannot be listed: " + code.message()).at(folder);
  if (paths.empty())
    throw Error(ErrorKind::Input, "holds no *.xml file")
        .at(folder)
        .hint("VOC keeps them in Annotations");
  std::sort(paths.begin(), paths.end());
  return paths;
}

}  // namespace tenon::formats
