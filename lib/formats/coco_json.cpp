#include "formats/coco_json.h"

#include <simdjson.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>

#include "base/error.h"
#include "formats/json_syntax.h"
#include "image/polygon_mask.h"

namespace tenon::formats {

namespace {

using evaluation::Box;
using evaluation::Detections;
using evaluation::Task;
using evaluation::Truth;
using simdjson::dom::element;
using Field = std::optional<element>;

constexpr std::uint32_t kLongestSide = 1 << 16;  // pixels
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

  Fields(const Place& place, element object) {
    static constexpr std::pair<std::string_view, Field Fields::*> kNames[] = {
        {"image_id", &Fields::image_id},   {"category_id", &Fields::category_id},
        {"bbox", &Fields::bbox},           {"score", &Fields::score},
        {"area", &Fields::area},           {"id", &Fields::id},
        {"iscrowd", &Fields::iscrowd},     {"segmentation", &Fields::segmentation},
        {"keypoints", &Fields::keypoints}, {"num_keypoints", &Fields::num_keypoints},
        {"width", &Fields::width},         {"height", &Fields::height},
        {"name", &Fields::name},           {"file_name", &Fields::file_name}};
    simdjson::dom::object fields;
    if (object.get(fields) != simdjson::SUCCESS) throw place.error("", "is not an object");
    for (const auto& [key, value] : fields) {
      for (const auto& [name_known, member] : kNames) {
        if (key != name_known) continue;
        this->*member = value;
        break;
      }
    }
    if (bbox && bbox->is_array() && simdjson::dom::array(*bbox).size() == 0) bbox.reset();
  }
};

double number(const Place& place, std::string_view name, const Field& field) {
  if (!field) throw place.error("", "has no " + std::string(name));
  double value = 0.0;
  if (field->get(value) != simdjson::SUCCESS) throw place.error(name, "is not a number");
  return value;
}

std::int64_t integer(const Place& place, std::string_view name, const Field& field) {
  if (!field) throw place.error("", "has no " + std::string(name));
  std::int64_t value = 0;
  if (field->get(value) == simdjson::SUCCESS) return value;
  double real = 0.0;
  if (field->get(real) == simdjson::SUCCESS && real == std::floor(real) && std::abs(real) < 0x1p53)
    return static_cast<std::int64_t>(real);
  throw place.error(name,
                    field->is_string() ? "is a text, it must be an integer" : "is not an integer");
}

bool flag(const Place& place, std::string_view name, const Field& field) {
  if (!field) return false;
  if (field->is_bool()) return bool(*field);
  const std::int64_t value = integer(place, name, field);
  if (value != 0 && value != 1) throw place.error(name, "is neither 0 nor 1");
  return value == 1;
}

std::string text_or_empty(const Field& field) {
  std::string_view text;
  if (field && field->get(text) == simdjson::SUCCESS) return std::string(text);
  return {};
}

void numbers(const Place& place, std::string_view name, element array, std::vector<double>& out) {
  simdjson::dom::array values;
  if (array.get(values) != simdjson::SUCCESS) throw place.error(name, "is not an array");
  for (const element value : values) {
    double number_read = 0.0;
    if (value.get(number_read) != simdjson::SUCCESS)
      throw place.error(name, "holds something that is not a number");
    out.push_back(number_read);
  }
}

Box box(const Place& place, const Field& field) {
  if (!field) throw place.error("", "has no bbox").hint(kBoxHint);
  std::vector<double> sides;
  numbers(place, "bbox", *field, sides);
  if (sides.size() != 4)
    throw place.error("bbox", "has " + std::to_string(sides.size()) + " numbers, it must have 4")
        .hint(kBoxHint);
  for (const std::size_t side : {2, 3}) {
    if (sides[side] >= 0) continue;
    throw place
        .error("bbox",
               std::string(side == 2 ? "width" : "height") + " is negative, it must be 0 or more")
        .hint(kBoxHint);
  }
  return {sides[0], sides[1], sides[2], sides[3]};
}

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

image::PictureSize known_size(const Place& place, image::PictureSize size) {
  if (size.height == 0)
    throw place.error("segmentation", "belongs to a picture whose height and width are not given");
  return size;
}

void append_run_object(const Place& place, simdjson::dom::object object, image::PictureSize size,
                       image::RunList& runs) {
  element size_field, counts;
  std::vector<double> sides;
  if (object.at_key("size").get(size_field) != simdjson::SUCCESS ||
      object.at_key("counts").get(counts) != simdjson::SUCCESS)
    throw place.error("segmentation", "has no size or no counts");
  numbers(place, "segmentation/size", size_field, sides);
  if (sides.size() != 2 || sides[0] != size.height || sides[1] != size.width)
    throw place.error("segmentation/size", "is not the size of the picture, [" +
                                               std::to_string(size.height) + ", " +
                                               std::to_string(size.width) + "]");
  std::string_view text;
  if (counts.get(text) == simdjson::SUCCESS) return image::append_runs(text, size, runs);
  simdjson::dom::array lengths;
  if (counts.get(lengths) != simdjson::SUCCESS)
    throw place.error("segmentation/counts", "is neither a text nor an array");
  const std::size_t first = runs.size();
  for (const element length : lengths) {
    std::int64_t value = 0;
    if (length.get(value) != simdjson::SUCCESS || value < 0 || value > UINT32_MAX)
      throw place.error("segmentation/counts", "holds something that is no length of a run");
    runs.push_back(static_cast<std::uint32_t>(value));
  }
  image::check_runs(image::Runs(runs).subspan(first), size);
}

void append_polygons(const Place& place, simdjson::dom::array polygons, image::PictureSize size,
                     image::RunList& runs) {
  image::RunList mask;
  std::vector<double> xy;
  for (const element polygon : polygons) {
    xy.clear();
    numbers(place, "segmentation", polygon, xy);
    const image::RunList part = image::polygon_runs(xy, size);
    mask = mask.empty() ? part : image::unite(mask, part);
  }
  if (mask.empty())
    throw place.error("segmentation", "has no polygon").hint("leave objects without a mask out");
  runs.insert(runs.end(), mask.begin(), mask.end());
}

void append_mask(const Place& place, element segmentation, image::PictureSize size,
                 evaluation::MaskColumn& masks) try {
  known_size(place, size);
  simdjson::dom::object object;
  simdjson::dom::array polygons;
  if (segmentation.get(object) == simdjson::SUCCESS)
    append_run_object(place, object, size, masks.runs);
  else if (segmentation.get(polygons) == simdjson::SUCCESS)
    append_polygons(place, polygons, size, masks.runs);
  else
    throw place.error("segmentation", "is neither polygons nor runs");
  masks.finish();
} catch (const Error& error) {
  if (!error.pointer().empty()) throw;
  throw place.error("segmentation", error);
}

void append_keypoints(const Place& place, const Field& field,
                      evaluation::KeypointColumn& keypoints) {
  if (!field) throw place.error("", "has no keypoints");
  const std::size_t before = keypoints.values.size();
  numbers(place, "keypoints", *field, keypoints.values);
  const std::size_t count = keypoints.values.size() - before;
  if (count == 0 || count % 3 != 0)
    throw place.error("keypoints",
                      "has " + std::to_string(count) + " numbers, it must have 3 for each point");
  if (before == 0 && keypoints.points == 0) keypoints.points = count / 3;
  if (count != keypoints.points * 3)
    throw place.error("keypoints", "has " + std::to_string(count / 3) + " points, others have " +
                                       std::to_string(keypoints.points));
}

element parse(simdjson::dom::parser& parser, std::string_view text, const std::string& path) {
  element document;
  const simdjson::error_code code = parser.parse(text.data(), text.size()).get(document);
  if (code != simdjson::SUCCESS) throw json_syntax_error(text, path, simdjson::error_message(code));
  return document;
}

simdjson::dom::array member_array(element document, const char* name, const std::string& path) {
  simdjson::dom::object object;
  simdjson::dom::array array;
  if (document.get(object) != simdjson::SUCCESS)
    throw Error(ErrorKind::Input, "is not a COCO dataset: it must be an object")
        .at(path)
        .hint("results, an array, are the detections");
  if (object.at_key(name).get(array) != simdjson::SUCCESS)
    throw Error(ErrorKind::Input, "has no array " + quoted(name))
        .at(path)
        .hint("a COCO dataset has images, categories and annotations");
  return array;
}

/// Sorts rows by id; throws where two share one.
std::vector<std::size_t> rows_by_id(const std::vector<std::int64_t>& ids, std::string_view array,
                                    const std::string& path) {
  std::vector<std::size_t> rows(ids.size());
  std::iota(rows.begin(), rows.end(), std::size_t{0});
  std::stable_sort(rows.begin(), rows.end(),
                   [&](std::size_t a, std::size_t b) { return ids[a] < ids[b]; });
  for (std::size_t i = 1; i < rows.size(); ++i)
    if (ids[rows[i]] == ids[rows[i - 1]])
      throw Place{path, array, rows[i]}.error("id", "is " + std::to_string(ids[rows[i]]) +
                                                        ", as that of " + std::string(array) + "/" +
                                                        std::to_string(rows[i - 1]));
  return rows;
}

template <typename T>
std::vector<T> taken(const std::vector<T>& column, const std::vector<std::size_t>& rows) {
  std::vector<T> result;
  result.reserve(rows.size());
  for (const std::size_t row : rows) result.push_back(column[row]);
  return result;
}

image::PictureSize picture_size(const Place& place, const Fields& fields) {
  if (!fields.width && !fields.height) return {};
  const std::int64_t width = integer(place, "width", fields.width);
  const std::int64_t height = integer(place, "height", fields.height);
  for (const std::int64_t side : {width, height})
    if (side < 1 || side > kLongestSide)
      throw place.error(side == width ? "width" : "height",
                        "is " + std::to_string(side) + ", it must be 1 to 65536 pixels");
  return {static_cast<std::uint32_t>(height), static_cast<std::uint32_t>(width)};
}

void read_images(element document, const std::string& path, evaluation::Images& images) {
  evaluation::Images read;
  std::size_t index = 0;
  for (const element object : member_array(document, "images", path)) {
    const Place place{path, "/images", index++};
    const Fields fields(place, object);
    read.ids.push_back(integer(place, "id", fields.id));
    read.names.push_back(text_or_empty(fields.file_name));
    read.sizes.push_back(picture_size(place, fields));
  }
  const auto rows = rows_by_id(read.ids, "/images", path);
  images = {taken(read.ids, rows), taken(read.names, rows), taken(read.sizes, rows)};
}

void read_categories(element document, const std::string& path,
                     evaluation::Categories& categories) {
  evaluation::Categories read;
  std::size_t index = 0;
  for (const element object : member_array(document, "categories", path)) {
    const Place place{path, "/categories", index++};
    const Fields fields(place, object);
    read.ids.push_back(integer(place, "id", fields.id));
    read.names.push_back(text_or_empty(fields.name));
  }
  const auto rows = rows_by_id(read.ids, "/categories", path);
  categories = {taken(read.ids, rows), taken(read.names, rows)};
}

std::uint32_t image_row(const Place& place, const Fields& fields, IdIndex& images) {
  const std::int64_t id = integer(place, "image_id", fields.image_id);
  const auto row = images.find(id);
  if (!row)
    throw place.error("image_id", "is " + std::to_string(id) + ", the truth has no such picture");
  return *row;
}

Error unknown_class(const Place& place, std::int64_t id, const evaluation::Categories& known) {
  Error error =
      place.error("category_id", "is " + std::to_string(id) + ", the truth has no such class");
  if (!known.ids.empty())
    error.hint("its classes are " + std::to_string(known.ids.front()) + " to " +
               std::to_string(known.ids.back()) +
               "; class numbers may start at 0 here and at 1 there");
  return error;
}

void read_annotation(const Place& place, const Fields& fields, Task task, Truth& truth) {
  truth.ids.push_back(integer(place, "id", fields.id));
  truth.is_crowd.push_back(flag(place, "iscrowd", fields.iscrowd));
  truth.is_difficult.push_back(0);
  truth.areas.push_back(number(place, "area", fields.area));
  const bool needs_box = task != Task::Mask || fields.bbox;
  truth.boxes.push_back(needs_box ? box(place, fields.bbox) : Box{});
  if (task == Task::Mask) {
    if (!fields.segmentation) throw place.error("", "has no segmentation");
    append_mask(place, *fields.segmentation, truth.images.sizes[truth.image.back()], truth.masks);
  }
  std::int32_t labelled = 0;
  if (task == Task::Keypoints) {
    append_keypoints(place, fields.keypoints, truth.keypoints);
    const auto points = truth.keypoints[truth.size() - 1];
    for (std::size_t i = 2; i < points.size(); i += 3) labelled += points[i] > 0;
    if (fields.num_keypoints)
      labelled = integer(place, "num_keypoints", fields.num_keypoints) != 0 ? 1 : 0;
  }
  truth.labelled_points.push_back(labelled);
}

/// What gives a detection its area, and its box where it has none.
enum class Extent { Box, Mask, Keypoints };

Extent extent_of(const Place& place, const Fields& first) {
  if (first.bbox) return Extent::Box;
  if (first.segmentation) return Extent::Mask;
  if (first.keypoints) return Extent::Keypoints;
  throw place.error("", "has neither bbox nor segmentation nor keypoints");
}

Box keypoint_box(std::span<const double> points) {
  double left = points[0], right = left, top = points[1], bottom = top;
  for (std::size_t i = 0; i < points.size(); i += 3) {
    left = std::min(left, points[i]);
    right = std::max(right, points[i]);
    top = std::min(top, points[i + 1]);
    bottom = std::max(bottom, points[i + 1]);
  }
  return {left, top, right - left, bottom - top};
}

/// Reads the shape of one detection: box, area and what the task needs.
class ShapeReader {
 public:
  ShapeReader(const Truth& truth, Task task, Extent extent)
      : truth_(truth), task_(task), extent_(extent) {}

  void read(const Place& place, const Fields& fields, std::uint32_t picture,
            Detections& detections) {
    const image::PictureSize size = truth_.images.sizes[picture];
    if (extent_ == Extent::Box) {
      detections.boxes.push_back(box(place, fields.bbox));
      detections.areas.push_back(detections.boxes.back().area());
    }
    if (task_ == Task::Mask || extent_ == Extent::Mask) read_mask(place, fields, size, detections);
    if (task_ == Task::Keypoints || extent_ == Extent::Keypoints)
      read_keypoints(place, fields, detections);
  }

 private:
  void read_mask(const Place& place, const Fields& fields, image::PictureSize size,
                 Detections& detections) {
    evaluation::MaskColumn alone;
    evaluation::MaskColumn& masks = task_ == Task::Mask ? detections.masks : alone;
    if (fields.segmentation)
      append_mask(place, *fields.segmentation, size, masks);
    else
      append_box_mask(place, fields, size, masks);
    if (extent_ != Extent::Mask) return;
    const image::Runs mask = masks[masks.size() - 1];
    const image::PixelBox tight = image::tight_box(mask, size.height);
    const Box made{double(tight.left), double(tight.top), double(tight.width),
                   double(tight.height)};
    detections.boxes.push_back(fields.bbox ? box(place, fields.bbox) : made);
    detections.areas.push_back(static_cast<double>(image::mask_area(mask)));
  }

  void append_box_mask(const Place& place, const Fields& fields, image::PictureSize size,
                       evaluation::MaskColumn& masks) try {
    if (extent_ != Extent::Box) throw place.error("", "has no segmentation");
    const Box b = box(place, fields.bbox);
    masks.append(image::box_runs(b.left, b.top, b.width, b.height, known_size(place, size)));
  } catch (const Error& error) {
    if (!error.pointer().empty()) throw;
    throw place.error("bbox", error);
  }

  void read_keypoints(const Place& place, const Fields& fields, Detections& detections) {
    evaluation::KeypointColumn alone;
    auto& keypoints = task_ == Task::Keypoints ? detections.keypoints : alone;
    append_keypoints(place, fields.keypoints, keypoints);
    if (extent_ != Extent::Keypoints) return;
    const std::size_t width = keypoints.points * 3;
    detections.boxes.push_back(keypoint_box(std::span(keypoints.values).last(width)));
    detections.areas.push_back(detections.boxes.back().area());
  }

  const Truth& truth_;
  Task task_;
  Extent extent_;
};

}  // namespace

Truth read_coco_truth(std::string_view text, const std::string& path,
                      const CocoJsonOptions& options) {
  simdjson::dom::parser parser;
  const element document = parse(parser, text, path);
  Truth truth;
  read_images(document, path, truth.images);
  read_categories(document, path, truth.categories);
  IdIndex images(truth.images.ids), categories(truth.categories.ids);
  std::size_t index = 0;
  for (const element object : member_array(document, "annotations", path)) {
    const Place place{path, "/annotations", index++};
    const Fields fields(place, object);
    truth.image.push_back(image_row(place, fields, images));
    const std::int64_t id = integer(place, "category_id", fields.category_id);
    const auto category = categories.find(id);
    if (!category) throw unknown_class(place, id, truth.categories);
    truth.category.push_back(*category);
    read_annotation(place, fields, options.task, truth);
  }
  rows_by_id(truth.ids, "/annotations", path);
  return truth;
}

Detections read_coco_results(std::string_view text, const std::string& path, const Truth& truth,
                             const CocoJsonOptions& options) {
  simdjson::dom::parser parser;
  const element document = parse(parser, text, path);
  simdjson::dom::array records;
  const bool is_array = document.get(records) == simdjson::SUCCESS;
  if (!is_array) records = member_array(document, "annotations", path);
  IdIndex images(truth.images.ids), categories(truth.categories.ids);
  Detections detections;
  std::optional<ShapeReader> shapes;
  std::size_t index = 0;
  for (const element object : records) {
    const Place place{path, is_array ? "" : "/annotations", index++};
    const Fields fields(place, object);
    if (!shapes) shapes.emplace(truth, options.task, extent_of(place, fields));
    const std::uint32_t picture = image_row(place, fields, images);
    const std::int64_t id = integer(place, "category_id", fields.category_id);
    const auto category = categories.find(id);
    if (!category && options.drops_unknown_classes) continue;
    if (!category) throw unknown_class(place, id, truth.categories);
    detections.image.push_back(picture);
    detections.category.push_back(*category);
    detections.scores.push_back(number(place, "score", fields.score));
    shapes->read(place, fields, picture, detections);
  }
  return detections;
}

}  // namespace tenon::formats
