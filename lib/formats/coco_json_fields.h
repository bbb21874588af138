#pragma once

#include <simdjson.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "evaluation/records.h"

/// For .cpp files of formats only: it includes all of simdjson.
namespace tenon::formats::coco {

using Field = std::optional<simdjson::dom::element>;

constexpr const char* kBoxHint = "boxes are [left, top, width, height]";

/// Where a value stands, for messages: file, array and index within it.
struct Place {
  const std::string& path;
  std::string_view array;
  std::size_t index;

  Error error(std::string_view field, const std::string& message) const {
    std::string pointer = std::string(array) + "/" + std::to_string(index);
    if (!field.empty()) pointer += "/" + std::string(field);
    return Error(ErrorKind::Input, message).at(path, 0, pointer);
  }
  /// Of an error from the masks below, which know no file.
  Error error(std::string_view field, const Error& cause) const {
    return error(field, cause.message()).hint(cause.hint());
  }
};

/// The fields of one object that any task asks for; of a repeated key the last, as in Python.
struct Fields {
  Field id, image_id, category_id, bbox, score, area, iscrowd, segmentation, keypoints,
      num_keypoints, width, height, name, file_name;

  Fields(const Place& place, simdjson::dom::element object);
};

/// The value of a field that must be there and of its type; an integer may be written as 42.0.
double number(const Place& place, std::string_view name, const Field& field);
std::int64_t integer(const Place& place, std::string_view name, const Field& field);
/// 0, 1, false, true; false where there is none.
bool flag(const Place& place, std::string_view name, const Field& field);
std::string text_or_empty(const Field& field);
/// Appends the numbers of an array.
void numbers(const Place& place, std::string_view name, simdjson::dom::element array,
             std::vector<double>& out);
evaluation::Box box(const Place& place, const Field& field);

/// `size` of a picture whose masks are asked for; throws where it is not known.
image::PictureSize known_size(const Place& place, image::PictureSize size);
/// Appends one object: polygons, runs or compressed runs; x, y, visibility of its points.
void append_mask(const Place& place, simdjson::dom::element segmentation, image::PictureSize size,
                 evaluation::MaskColumn& masks);
void append_keypoints(const Place& place, const Field& field,
                      evaluation::KeypointColumn& keypoints);

simdjson::dom::element parse(simdjson::dom::parser& parser, std::string_view text,
                             const std::string& path);
/// The array that a dataset must have under a name.
simdjson::dom::array member_array(simdjson::dom::element document, const char* name,
                                  const std::string& path);

/// The rows of a table by their ids.
class IdIndex {
 public:
  explicit IdIndex(const std::vector<std::int64_t>& ascending) : ids_(ascending) {}

  std::optional<std::uint32_t> find(std::int64_t id) {
    if (last_ < ids_.size() && ids_[last_] == id) return static_cast<std::uint32_t>(last_);
    const auto at = std::lower_bound(ids_.begin(), ids_.end(), id);
    if (at == ids_.end() || *at != id) return std::nullopt;
    last_ = static_cast<std::size_t>(at - ids_.begin());
    return static_cast<std::uint32_t>(last_);
  }

 private:
  const std::vector<std::int64_t>& ids_;
  std::size_t last_ = 0;  // records of one picture follow each other
};

}  // namespace tenon::formats::coco
