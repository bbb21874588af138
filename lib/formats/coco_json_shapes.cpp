#include "formats/coco_json_fields.h"
#include "image/polygon_mask.h"

namespace tenon::formats::coco {

using simdjson::dom::element;

image::PictureSize known_size(const Place& place, image::PictureSize size) {
  if (size.height == 0)
    throw place.error("segmentation", "belongs to a picture whose height and width are not given");
  return size;
}

namespace {

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

}  // namespace

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

}  // namespace tenon::formats::coco
