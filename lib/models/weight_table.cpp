#include "models/weight_table.h"

#include <algorithm>
#include <atomic>
#include <optional>
#include <unordered_set>

#include "base/error.h"

namespace tenon::models {

namespace {

constexpr std::int64_t kGrainRows = kernels::Kernels::kColumnGrain;
// What one worker reads at a time: stays in its second-level cache until it is packed.
constexpr std::size_t kPieceBytes = std::size_t{256} << 10;

// Of a tensor that is also read by rows.
constexpr std::string_view kPackedCopy = ".packed";

}  // namespace

WeightLoader::WeightLoader(const WeightSource& source, const SizeTable& sizes,
                           std::array<bool, 4> is_needed)
    : source_(source), sizes_(sizes), is_needed_(is_needed) {}

std::string WeightLoader::stored_name(std::string_view pattern, std::int64_t layer) {
  std::string name(pattern);
  const std::size_t at = name.find("{}");
  if (at != std::string::npos) name.replace(at, 2, std::to_string(layer));
  return name;
}

std::optional<TensorView> WeightLoader::find(std::string_view name, const std::string& stored,
                                             Size rows, Size columns, Need need,
                                             bool may_be_packed) {
  std::optional<TensorView> view;
  if (const auto packed = may_be_packed ? source_.find_packed(stored) : std::nullopt)
    view = TensorView{packed->dtype, packed->shape, nullptr};
  else
    view = source_.find(stored);
  if (!view) {
    if (!is_needed_[static_cast<std::size_t>(need)]) return std::nullopt;
    throw Error(ErrorKind::Input,
                "the tensor " + stored + " (" + std::string(name) + ") is missing")
        .at(source_.origin())
        .hint("the file is cut short, or is of another kind of model than it says");
  }
  const std::int64_t column_count = sizes_[static_cast<std::size_t>(columns)];
  const Shape expected = rows == Size::One
                             ? Shape{column_count}
                             : Shape{sizes_[static_cast<std::size_t>(rows)], column_count};
  if (!(view->shape == expected))
    throw Error(ErrorKind::Input, "the tensor " + stored + " (" + std::string(name) +
                                      ") has shape " + view->shape.to_string() + ", not " +
                                      expected.to_string())
        .at(source_.origin())
        .hint("shapes are [outputs, inputs] as the model's settings in the file give them");
  used_.push_back(stored);
  parameters_ += expected.elements();
  return view;
}

void WeightLoader::fill_vector(const TensorView& view, Vector& target) {
  target = Vector(static_cast<std::size_t>(view.shape.elements()));
  view.dequantize_row(0, target.span());
}

void WeightLoader::add_matrix(const TensorView& view, const std::string& name, Matrix& target) {
  std::optional<PackedTensor> packed = source_.find_packed(name);
  const std::string copy = name + std::string(kPackedCopy);
  if (!packed && (packed = source_.find_packed(copy))) used_.push_back(copy);
  if (packed && !(packed->shape == view.shape && packed->dtype == view.dtype))
    throw Error(ErrorKind::Input, "the tensor " + copy + " is not of the shape and type of " + name)
        .at(source_.origin());
  jobs_.push_back({view, name, &target, packed});
}

Error WeightLoader::named(const Error& error, const Job& job) const {
  return Error(error.kind(), "the tensor " + job.name + ": " + error.message())
      .at(source_.origin())
      .hint(error.hint());
}

std::unique_ptr<kernels::MatmulWeight> WeightLoader::adopt(const Job& job,
                                                           const kernels::Kernels& kernels,
                                                           kernels::Precision precision) const {
  const auto describe = [](const WeightLayout& layout) {
    return "layout " + std::to_string(layout.version) + " of the " + layout.provider + " kernels";
  };
  constexpr const char* kMend =
      "take the file that it was packed from, or pack that one anew: "
      "tenon-model quantize --layout packed MODEL.gguf PACKED.gguf";
  const WeightLayout stored = source_.packed_layout(), read = kernels.packed_layout();
  if (!(stored == read))
    throw Error(ErrorKind::Unsupported,
                "packed in " + describe(stored) + ", while here " +
                    (read.version == 0 ? "the " + read.provider + " kernels read no packed weights"
                                       : describe(read) + " is read"))
        .hint(kMend);
  if (precision == kernels::Precision::Exact)
    throw Error(ErrorKind::Unsupported, "packed weights cannot be computed with exactly")
        .hint("take the file that it was packed from, or --precision fast");
  return kernels.adopt_weight(*job.packed);
}

std::vector<WeightLoader::Piece> WeightLoader::place(const kernels::Kernels& kernels,
                                                     kernels::Precision precision,
                                                     bool may_repack) {
  // In the order of their bytes, so that each worker reads and writes straight on.
  std::ranges::stable_sort(jobs_, std::less{}, [](const Job& job) { return job.view.data; });
  std::vector<Piece> pieces;
  for (const Job& job : jobs_) {
    Matrix& matrix = *job.target;
    try {
      matrix = job.packed ? adopt(job, kernels, precision)
                          : kernels.place_weight(job.view, precision, may_repack);
    } catch (const Error& error) {
      throw named(error, job);
    }
    const std::size_t grain_bytes = kGrainRows * job.row_bytes();
    const auto step =
        static_cast<std::int64_t>(std::max<std::size_t>(1, kPieceBytes / grain_bytes));
    for (std::int64_t grain = 0; grain < matrix->grains; grain += step)
      pieces.push_back({&job, {grain, std::min(grain + step, matrix->grains)}});
  }
  return pieces;
}

void WeightLoader::pack(const Piece& piece, AlignedBuffer<std::byte>& buffer) const {
  const Job& job = *piece.job;
  const std::int64_t first = piece.grains.begin * kGrainRows;
  const std::int64_t rows = std::min(piece.grains.size() * kGrainRows, job.view.shape[0] - first);
  const std::size_t size = static_cast<std::size_t>(rows) * job.row_bytes();
  buffer.reserve_discarding(size);
  const auto bytes = source_.read(job.view, static_cast<std::size_t>(first) * job.row_bytes(), size,
                                  buffer.span());
  (*job.target)->pack(piece.grains, bytes.data());
}

std::size_t WeightLoader::prepare(const kernels::Kernels& kernels, kernels::Precision precision,
                                  bool may_repack, Team& team,
                                  const std::function<void()>& beside) {
  const std::vector<Piece> pieces = place(kernels, precision, may_repack);
  // A stretch of pieces for each worker; whoever is through with his own helps the next. Each piece
  // is packed by itself, so who did it leaves no trace.
  struct alignas(64) Stretch {
    std::atomic<std::ptrdiff_t> next;
    std::ptrdiff_t end;
  };
  std::vector<Stretch> stretches(static_cast<std::size_t>(team.size()));
  for (int i = 0; i < team.size(); ++i) {
    const Range range = split_range(static_cast<std::ptrdiff_t>(pieces.size()), i, team.size());
    stretches[static_cast<std::size_t>(i)].next = range.begin;
    stretches[static_cast<std::size_t>(i)].end = range.end;
  }
  team.run([&](Worker& worker) {
    if (worker.index() == 0 && beside) beside();
    AlignedBuffer<std::byte> buffer;
    for (int i = 0; i < worker.count(); ++i) {
      Stretch& stretch = stretches[static_cast<std::size_t>((worker.index() + i) % worker.count())];
      for (std::ptrdiff_t p = stretch.next++; p < stretch.end; p = stretch.next++)
        pack(pieces[static_cast<std::size_t>(p)], buffer);
    }
  });
  std::size_t bytes_owned = 0;
  for (const Job& job : jobs_) bytes_owned += (*job.target)->bytes_owned;
  jobs_.clear();
  return bytes_owned;
}

void WeightLoader::refuse_unused(std::string_view architecture,
                                 std::span<const std::string_view> ignored) const {
  const std::unordered_set<std::string_view> used(used_.begin(), used_.end());
  for (const std::string& name : source_.names()) {
    const auto is_ending = [&](std::string_view ending) { return name.ends_with(ending); };
    if (used.contains(name) || std::ranges::any_of(ignored, is_ending)) continue;
    throw Error(ErrorKind::Unsupported, "the tensor " + quoted(name) +
                                            " has no place in a model of the " +
                                            std::string(architecture) + " family")
        .at(source_.origin())
        .hint(
            "this is a variant that is not supported; without the tensor its output would be "
            "wrong");
  }
}

}  // namespace tenon::models
